"""What the rolling check has compared, by epoch and time of receipt: the evidence of the guardrail."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import F, QuerySet, Sum

from rollout.consistency.judging import Judged
from rollout.consistency.outcomes import AGREE, MISMATCH
from rollout.models import CheckTally

SECONDS = 10
KEPT_S = 14 * 24 * 3600


def add(kind: str, judged: Sequence[Judged]) -> None:
    """Count what a chunk has compared, in the caller's transaction."""
    counted: Counter[tuple[int, int, bool]] = Counter()
    for each in judged:
        if each.outcome in AGREE or each.outcome in MISMATCH:
            begin = each.promise.received_ms // 1000 // SECONDS * SECONDS
            counted[each.promise.origin.epoch, begin, each.outcome in AGREE] += 1
    for epoch, begin in sorted({(epoch, begin) for epoch, begin, _ in counted}):
        matched, mismatched = counted[epoch, begin, True], counted[epoch, begin, False]
        row = CheckTally.objects.filter(kind=kind, epoch=epoch, begin=begin)
        if not row.update(matched=F("matched") + matched, mismatched=F("mismatched") + mismatched):
            CheckTally.objects.create(kind=kind, epoch=epoch, begin=begin, matched=matched, mismatched=mismatched)


def of(kind: str, *, epoch: int, since: float) -> tuple[int, int]:
    """Matched and mismatched records of an epoch that were received at `since` (seconds since 1970) or later, as far
    as whole tens of seconds tell."""
    return counted(CheckTally.objects.filter(kind=kind, epoch=epoch, begin__gte=since))


def between(kind: str, *, since: float, until: float) -> int:
    """Records of all epochs that were compared of those that were received in this time, to whole tens of seconds."""
    return sum(counted(CheckTally.objects.filter(kind=kind, begin__gte=since // SECONDS * SECONDS, begin__lt=until)))


def counted(rows: "QuerySet[CheckTally]") -> tuple[int, int]:
    """Matched and mismatched records of `rows`. Raises django.db.Error."""
    found = rows.aggregate(matched=Sum("matched"), mismatched=Sum("mismatched"))
    return found["matched"] or 0, found["mismatched"] or 0


def prune(*, now: float) -> int:
    """Delete what is two weeks old; returns how many rows."""
    return CheckTally.objects.filter(begin__lt=now - KEPT_S).delete()[0]
