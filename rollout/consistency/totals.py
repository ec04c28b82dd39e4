"""The counts of a check over all its kinds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rollout.consistency.outcomes import AGREE, MISMATCH, Outcome
from rollout.models import CheckProgress


@dataclass(frozen=True, slots=True)
class Totals:
    """Records by class, and the stretches that could not be judged."""

    checked: int
    counts: dict[Outcome, int]
    holes: int

    @property
    def mismatched(self) -> int:
        return sum(self.counts[outcome] for outcome in MISMATCH)

    @property
    def rate(self) -> float | None:
        """What agrees, of all that was compared; None when nothing was. Dead letters are no comparison."""
        matched = sum(self.counts[outcome] for outcome in AGREE)
        compared = matched + self.mismatched
        return matched / compared if compared else None

    def as_dict(self) -> dict[str, Any]:
        counts = {outcome.value: count for outcome, count in self.counts.items()}
        return {"checked": self.checked, **counts, "rate": self.rate}


def totals(rows: Iterable[CheckProgress]) -> Totals:
    """Those of all of `rows` together."""
    rows = list(rows)
    counts = {outcome: sum(getattr(row, outcome.value) for row in rows) for outcome in Outcome}
    return Totals(sum(row.checked for row in rows), counts, sum(row.holes for row in rows))
