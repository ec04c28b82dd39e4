"""How a plan differs from what somebody approved."""

from typing import Any

from django.utils.translation import gettext as _

from rollout.admin.duration import shown

Content = dict[str, Any]


def differences(before: Content, after: Content) -> list[str]:
    """One line for each part of the canonical plan that is not the same; empty when they are equal."""
    found = []
    for name, label in (("name", _("name")), ("kinds", _("kinds")), ("auto_execute", _("advances by itself"))):
        if before.get(name) != after.get(name):
            found.append(f"{label}: {_value(before.get(name))} → {_value(after.get(name))}")
    old, new = before.get("steps", []), after.get("steps", [])
    for place in range(max(len(old), len(new))):
        was = line(old[place]) if place < len(old) else "–"
        now = line(new[place]) if place < len(new) else "–"
        if was != now:
            found.append(f"{_('step')} {place + 1}: {was} → {now}")
    return found


def line(step: Content) -> str:
    """A step of the canonical plan, as people read it."""
    return f"{step['percentage']} %, {shown(step['observe_s'])}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return _("yes") if value else _("no")
        case list():
            return ", ".join(str(each) for each in value)
        case _other:
            return str(value)
