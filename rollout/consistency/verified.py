"""Up to which time everything is verified, and what stops it."""

from dataclasses import dataclass

from django.db.models import QuerySet

from rollout.consistency import findings
from rollout.consistency.seen import settled
from rollout.models import CheckFinding, CheckProgress

# A row that nobody has sent breaks no promise.
NO_STOP = CheckFinding.Outcome.EXTRA


@dataclass(frozen=True, slots=True)
class Verified:
    """Everything that the edge accepted for a stream of `kind` from `since_ms` through `through_ms` (epoch
    milliseconds) is stored as it was sent. `stopped_by`: the finding that it goes no further for."""

    kind: str
    since_ms: int
    through_ms: int
    stopped_by: CheckFinding | None = None


def through(kind: str) -> Verified | None:
    """How far `kind` is verified by all checks together; None before the rolling check has begun. Raises
    django.db.Error."""
    row = settled(kind)
    return None if row is None else of(row, findings.still_open(kind))


def of(row: CheckProgress, known: "QuerySet[CheckFinding]") -> Verified:
    """How far the check of `row` is good, with `known` as the open findings that stop it."""
    open_here = known.filter(entry_ms__gte=row.begin_ms).exclude(outcome=NO_STOP)
    first = open_here.order_by("entry_ms", "entry_seq").first()
    if first is None or first.entry_ms > row.cursor_ms:
        return Verified(row.kind, row.begin_ms, row.cursor_ms)
    # Whatever lies behind a hole is verified, but not without a gap.
    return Verified(row.kind, row.begin_ms, first.entry_ms - 1, first)
