"""What a person says who takes devices off the stream."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout.admin.duration import DurationField
from rollout.models import Rollback, Route
from rollout.models.route import PERCENT

S = Rollback.Strategy


class RollbackForm(forms.Form):
    """Made so that in an emergency only the reason is left to write."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=255,
        widget=forms.TextInput({"class": "ljwx-reason", "autofocus": True}),
        help_text=gettext_lazy("Kept in the history."),
    )
    strategy = forms.ChoiceField(
        label=gettext_lazy("Strategy"), choices=S.choices, initial=S.IMMEDIATE, widget=forms.RadioSelect
    )
    target = forms.DecimalField(
        label=gettext_lazy("To (%)"),
        required=False,
        max_digits=5,
        decimal_places=2,
        validators=PERCENT,
        help_text=gettext_lazy("Only for “to a percentage”."),
    )
    interval = DurationField(
        label=gettext_lazy("Interval"),
        required=False,
        help_text=gettext_lazy("Between the steps back, for “back through the steps”: minutes, or like 30 s, 2 min."),
    )
    kinds = forms.MultipleChoiceField(label=gettext_lazy("Kinds"), widget=forms.CheckboxSelectMultiple)
    force = forms.BooleanField(
        label=gettext_lazy("At once, even if the legacy path can not carry it"),
        required=False,
        help_text=gettext_lazy("What it can not take is answered 503 and sent again by the devices."),
    )

    def __init__(self, *args: Any, chosen: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = list(Route.objects.order_by("kind").values_list("kind", flat=True))
        field = self.fields["kinds"]
        field.choices = [(kind, kind) for kind in kinds]  # type: ignore[attr-defined]
        field.initial = kinds if chosen is None else chosen

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("strategy") == S.TO_PERCENTAGE and values.get("target") is None and "target" not in self.errors:
            self.add_error("target", ValidationError(_("Say to which percentage.")))
        return values

    def asked(self) -> dict[str, Any] | None:
        """What the preview and the rollback are asked for; None while that can not be said. The reason may lack."""
        if not self.is_bound:
            return {"strategy": S.IMMEDIATE.value, "kinds": list(self.fields["kinds"].initial), "force": False}
        if set(self.errors) - {"reason"}:
            return None
        values = self.cleaned_data
        asked = {"strategy": values["strategy"], "kinds": values["kinds"], "force": values["force"]}
        if values["strategy"] == S.TO_PERCENTAGE:
            asked["target"] = values["target"]
        return asked
