"""Silences, made by people for a time."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ljwx.admin.paging import BoundedPaginator
from ljwx.admin.shown import moment
from monitoring.alerts import registry
from monitoring.alerts.groups import GROUPS
from monitoring.models import Silence

ANY = ("", gettext_lazy("any"))


class SilenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is silenced, until when, and why."""

    rule = forms.ChoiceField(label=gettext_lazy("Rule"), required=False)
    group = forms.ChoiceField(label=gettext_lazy("Group"), required=False, choices=[ANY, *GROUPS.items()])

    class Meta:
        model = Silence
        fields = ("rule", "group", "prefix", "reason", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One of another version stays what it is.
        names = {rule.name for rule in registry.rules()} | {self.instance.rule} - {""}
        self.fields["rule"].choices = [ANY, *((name, name) for name in sorted(names))]  # type: ignore[attr-defined]

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at <= timezone.now():
            raise ValidationError(_("A silence expires in the future; delete one to end it now."))
        return expires_at

    def clean(self) -> Any:
        found = super().clean() or self.cleaned_data
        if not any(found.get(name) for name in ("rule", "group", "prefix")):
            raise ValidationError(_("Say what is silenced: a rule, a group or the prefix of a label."))
        return found


@admin.register(Silence)
class SilenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Made, changed and deleted by people, each time with a line in the log."""

    form = SilenceForm
    list_display = ("__str__", "reason", "created_by", moment(Silence, "created_at"), moment(Silence, "expires_at"))
    ordering = ("-id",)
    paginator = BoundedPaginator
    show_full_result_count = False
    sortable_by: ClassVar[Any] = ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user.get_username()
        super().save_model(request, obj, form, change)
