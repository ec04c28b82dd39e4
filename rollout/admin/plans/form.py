"""What a person fills in to make or edit a plan."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout.admin.duration import DurationField
from rollout.models import Plan, Route
from rollout.plans import templates
from rollout.plans.templates import StepDraft

STEPS, GENERATED = "steps", "generated"
EMPTY_ROWS = 8
MORE_ROWS = 3


class PlanForm(forms.Form):
    """The plan but for its steps, and where they come from."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The kinds of upload that this plan moves."),
    )
    auto_execute = forms.BooleanField(
        label=gettext_lazy("Advances by itself"),
        required=False,
        help_text=gettext_lazy(
            "The controller goes to the next step when all gates pass; else a person does, every time."
        ),
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Steps from"),
        widget=forms.RadioSelect,
        initial="three-phase",
        choices=[
            (
                "three-phase",
                gettext_lazy("three phases: 5, 10 % for 2 h, 30 % for 6 h, 50 % for 12 h, 75, 100 % for 24 h"),
            ),
            ("fast", gettext_lazy("fast: 10, 25, 50, 100 % for 10 min each")),
            (GENERATED, gettext_lazy("generated: target, step size and observation below")),
            (STEPS, gettext_lazy("the table of steps below")),
        ],
    )
    target = forms.DecimalField(
        label=gettext_lazy("Target (%)"), required=False, initial=100, max_digits=5, decimal_places=2
    )
    step_size = forms.DecimalField(
        label=gettext_lazy("Step size (%)"), required=False, initial=10, max_digits=5, decimal_places=2
    )
    interval = DurationField(label=gettext_lazy("Observation of each step"), required=False, initial=30 * 60)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=255,
        widget=forms.TextInput({"class": "ljwx-reason"}),
        help_text=gettext_lazy("Kept in the history."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = list(Route.objects.order_by("kind").values_list("kind", flat=True))
        field = self.fields["kinds"]
        field.choices = [(kind, kind) for kind in kinds]  # type: ignore[attr-defined]
        field.initial = kinds

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("source") == GENERATED:
            for name in ("target", "step_size", "interval"):
                if values.get(name) is None and name not in self.errors:
                    self.add_error(name, ValidationError(_("Needed to generate the steps.")))
        return values


class StepForm(forms.Form):
    """One row of the table: empty ones are passed over."""

    percentage = forms.DecimalField(label=gettext_lazy("Share (%)"), max_digits=5, decimal_places=2)
    observe_s = DurationField(label=gettext_lazy("Observation"), help_text="")


class StepFormSet(BaseFormSet):  # type: ignore[type-arg]
    """The table of steps, in order."""

    def drafts(self) -> list[StepDraft]:
        """The rows that are filled in."""
        return [StepDraft(row["percentage"], row["observe_s"]) for form in self.forms if (row := form.cleaned_data)]


def table(data: Any = None, *, steps: Sequence[Any] = (), more: bool = False) -> Any:
    """The table, with empty rows below what is there; `more`: with more of them than what was sent."""
    if more:
        data = data.copy()
        rows = data.get("steps-TOTAL_FORMS", "")
        data["steps-TOTAL_FORMS"] = str((int(rows) if rows.isdecimal() else 0) + MORE_ROWS)
    extra = MORE_ROWS if steps else EMPTY_ROWS
    made = formset_factory(
        StepForm, formset=StepFormSet, extra=extra, max_num=templates.MOST_STEPS, validate_max=True, absolute_max=120
    )
    initial = [{"percentage": step.percentage, "observe_s": step.observe_s} for step in steps]
    return made(data, prefix="steps", initial=initial or None)


def initial(plan: Plan) -> dict[str, Any]:
    """The form's values for a plan that is there."""
    return {
        "name": plan.name,
        "kinds": plan.kinds,
        "auto_execute": plan.auto_execute,
        "source": STEPS,
        "version": plan.version,
    }


def drafts(values: dict[str, Any], steps: StepFormSet) -> Sequence[StepDraft]:
    """The steps that the form asks for. Raises Invalid."""
    match values["source"]:
        case "steps":
            return steps.drafts()
        case "generated":
            return templates.generated(
                target=values["target"], step_size=values["step_size"], interval_s=values["interval"]
            )
        case name:
            return templates.TEMPLATES[name]
