"""The checklists of a plan, by phase."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout import checklists
from rollout.models import Plan, Signature

TITLES = {
    "before": gettext_lazy("Before"),
    "during": gettext_lazy("During"),
    "after": gettext_lazy("After"),
}
STATES = {
    "green": gettext_lazy("in order"),
    "red": gettext_lazy("not in order"),
    "unknown": gettext_lazy("unknown"),
    "signed": gettext_lazy("signed"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One item. `signature`: who answered for it. Only what is unknown can be signed."""

    code: str
    text: str
    state: str
    label: str
    value: str
    measured_at: Any
    signature: Signature | None

    @property
    def signable(self) -> bool:
        return self.state == "unknown"


def phases(plan: Plan) -> list[tuple[str, list[Check]]]:
    """Title and items of each phase."""
    signatures = {signature.item: signature for signature in plan.signatures.all()}
    found: dict[str, list[Check]] = {phase: [] for phase in TITLES}
    for item in checklists.items(plan):
        state = str(item.state)
        check = Check(
            code=str(item.code),
            text=str(item.text),
            state=state,
            label=str(STATES.get(state, _("unknown"))),
            value="" if item.value is None else str(item.value),
            measured_at=item.measured_at,
            signature=signatures.get(item.code),
        )
        found.setdefault(str(item.phase), []).append(check)
    return [(str(TITLES.get(phase, phase)), items) for phase, items in found.items() if items]


def signable(plan: Plan, code: str) -> Check | None:
    """The item called `code`, when a person can sign it now."""
    items = [check for _title, checks in phases(plan) for check in checks]
    return next((check for check in items if check.code == code and check.signable), None)
