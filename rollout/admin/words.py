"""Words for what programs wrote down as codes."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollout.controller import codes
from rollout.plans.actions import ACTIONS

# What is no action of a person's: the controller's and the rollback's.
DEEDS: dict[str, str | Promise] = {
    "create": _("created"),
    "begin": _("share raised"),
    "confirm": _("confirmed by all processes"),
    "observe": _("observed anew"),
    "hold": _("held"),
    "release": _("no longer held"),
    "pass": _("passed"),
    "soak": _("soaking"),
    "drain": _("draining"),
    "end": _("rolled back"),
}
VERDICTS: dict[str, str | Promise] = {
    "pass": _("pass"),
    "hold": _("hold"),
    "no_data": _("no data"),
    "act": _("act"),
}


def deed(name: str) -> str:
    """What a transition's action is called."""
    return str(ACTIONS[name].label if name in ACTIONS else DEEDS.get(name, name))


def verdict(name: str) -> str:
    """What a verdict is called."""
    return str(VERDICTS.get(name, name))


def blocks(found: Iterable[str]) -> list[str]:
    """What blocks a plan, in words."""
    return [codes.text(code) for code in found]
