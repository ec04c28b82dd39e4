"""One field for each threshold of a policy, whatever thresholds there are."""

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout.admin.policies.words import GROUPS, PERCENT, Path, group, word

JOINT = "__"
ACTIONS = {
    "none": gettext_lazy("nothing"),
    "add_consumers": gettext_lazy("add consumers"),
    "pause": gettext_lazy("pause"),
    "roll_back": gettext_lazy("roll back"),
}


def thresholds(policy: Any, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Path and value of every threshold of a policy, which is a struct of structs."""
    for name in policy.__struct_fields__:
        value = getattr(policy, name)
        if isinstance(value, msgspec.Struct):
            yield from thresholds(value, (*above, name))
        else:
            yield (*above, name), value


class NumbersField(forms.CharField):
    """Numbers, separated by commas."""

    def to_python(self, value: Any) -> Any:
        try:
            return [float(part) for part in str(super().to_python(value)).split(",")]
        except ValueError:
            raise ValidationError(_("Write numbers, separated by commas.")) from None

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{part:g}" for part in value) if isinstance(value, list | tuple) else value


class PolicyForm(forms.Form):
    """The thresholds of a new version: those of `policy` to begin with. Shares are percent here, 0 to 1 in a policy."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=255, widget=forms.TextInput({"class": "ljwx-reason"})
    )
    hours = forms.IntegerField(
        label=gettext_lazy("Try on the last (h)"), min_value=1, max_value=168, initial=24, required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, policy: Any, version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy, self.types = policy, dict(thresholds(policy))
        for path, value in self.types.items():
            self.fields[JOINT.join(path)] = _field(path, value)
        self.fields["version"].initial = version

    def fieldsets(self) -> list[tuple[Any, dict[str, Any]]]:
        """Why first, then the metrics in their order."""
        found: dict[str, list[str]] = {name: [] for name in GROUPS}
        for path in self.types:
            found.setdefault(group(path), []).append(JOINT.join(path))
        metrics = [(GROUPS.get(name, (name,))[0], {"fields": fields}) for name, fields in found.items() if fields]
        return [(None, {"fields": ["reason", "hours", "version"]}), *metrics]

    def thresholds(self) -> dict[str, Any]:
        """The policy that was asked for, as nested JSON."""
        values: dict[str, Any] = {}
        for path, before in self.types.items():
            place = values
            for name in path[:-1]:
                place = place.setdefault(name, {})
            place[path[-1]] = _read(path, before, self.cleaned_data[JOINT.join(path)])
        return values

    def changed(self) -> list[str]:
        """Every threshold that is not what it was, in words."""
        shown = []
        for path, before in self.types.items():
            name = JOINT.join(path)
            field, now = self.fields[name], self.cleaned_data[name]
            if _read(path, before, now) != (list(before) if isinstance(before, tuple) else _plain(before)):
                heading = GROUPS.get(group(path), (group(path),))[0]
                was = field.prepare_value(field.initial)
                shown.append(f"{heading}, {field.label}: {was} → {field.prepare_value(now)}")
        return shown


def _field(path: Path, value: Any) -> forms.Field:
    said = word(path)
    label = format_lazy("{} ({})", said.label, said.unit) if said.unit else said.label
    more: dict[str, Any] = {"label": label, "help_text": said.help}
    match value:
        case Enum():
            choices = [(each.value, ACTIONS.get(str(each.value), each.value)) for each in type(value)]
            return forms.ChoiceField(choices=choices, initial=value.value, **more)
        case bool():
            return forms.BooleanField(required=False, initial=value, **more)
        case int():
            return forms.IntegerField(min_value=0, initial=value, **more)
        case float():
            shown = Decimal(repr(value)) * (100 if _is_share(path) else 1)
            return forms.DecimalField(min_value=0, initial=f"{shown.normalize():f}", **more)
        case _numbers:
            widget = forms.TextInput({"class": "ljwx-reason"})
            return NumbersField(initial=value, widget=widget, **more)


def _read(path: Path, before: Any, value: Any) -> Any:
    if isinstance(before, float):
        return float(value / 100) if _is_share(path) else float(value)
    return value


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _is_share(path: Path) -> bool:
    return word(path).unit == PERCENT
