"""Acknowledging: somebody answers for findings that nothing can mend, so that what is verified goes on behind them."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.consistency.errors import NotAcknowledged
from rollout.consistency.seen import is_seen_in_time
from rollout.models import Acknowledgement, CheckFinding
from rollout.plans.moving import atomic

Outcome = CheckFinding.Outcome
MOST = 1_000


@atomic
def acknowledge(pks: Sequence[int], *, actor: str, reason: str) -> int:
    """End open findings, and those of other checks that say the same, with a record of who and why; returns how many
    ended. One that has ended before stays as it is.

    What is missing is not acknowledged but repaired. Raises NotAcknowledged, django.db.Error.
    """
    if len(pks) > MOST:
        raise NotAcknowledged(_("At most %d findings at a time.") % MOST)
    chosen = list(_open().filter(pk__in=pks).order_by("pk").select_for_update())
    if any(each.outcome == Outcome.MISSING for each in chosen):
        raise NotAcknowledged(_("What is missing can be repaired; nothing was acknowledged."))
    same = {row.pk: row for each in chosen for row in _open().filter(_place(each)) if covers(each, row)}
    if not chosen:
        return 0
    known = Acknowledgement.objects.create(actor=actor, reason=reason, created_at=timezone.now())
    ended = _end({each.pk for each in chosen} | set(same), known)
    wider = [row for each in chosen if each.outcome == Outcome.HOLE for row in _open().filter(_place(each))]
    return ended + _end({row.pk for row in wider if is_seen_in_time(row)}, known)


def _end(pks: set[int], known: Acknowledgement) -> int:
    rows = CheckFinding.objects.filter(pk__in=pks)
    return rows.update(resolved_at=known.created_at, resolved_by=known.actor, acknowledgement=known)


def end_known(found: Sequence[CheckFinding]) -> None:
    """Of findings of one stream that are not written yet, end those that somebody has acknowledged when another check
    found them, and the holes that the rolling check has seen in time. Raises django.db.Error."""
    looked = [each for each in found if each.outcome != Outcome.MISSING]
    if not looked:
        return
    first = min(each.entry_ms for each in looked)
    last = max(max(each.entry_ms, each.until_ms or 0) for each in looked)
    rows = CheckFinding.objects.filter(kind=looked[0].kind, acknowledgement__isnull=False, entry_ms__lte=last)
    rows = rows.filter(Q(entry_ms__gte=first) | Q(until_ms__gte=first)).select_related("acknowledgement")
    known = list(rows.defer("payload"))
    for each in looked if known else ():
        if (row := next((row for row in known if covers(row, each)), None)) is not None:
            each.resolved_at, each.resolved_by = each.found_at, row.resolved_by
            each.acknowledgement = row.acknowledgement
    for each in looked:
        if each.outcome == Outcome.HOLE and each.resolved_at is None and is_seen_in_time(each):
            each.resolved_at, each.resolved_by = each.found_at, "rolling"


def covers(known: CheckFinding, other: CheckFinding) -> bool:
    """Whether who knows of `known` knows all that `other` says."""
    if (known.kind, known.outcome) != (other.kind, other.outcome):
        return False
    if known.outcome == Outcome.HOLE:
        return _since(known) <= _since(other) and (other.until_ms or 0) <= (known.until_ms or 0)
    return (_since(known), known.ordinal, known.differences) == (_since(other), other.ordinal, other.differences)


def _since(finding: CheckFinding) -> tuple[int, int]:
    return finding.entry_ms, finding.entry_seq


def _place(finding: CheckFinding) -> Q:
    """Where findings that say the same are looked for."""
    place = Q(kind=finding.kind, outcome=finding.outcome)
    if finding.outcome == Outcome.HOLE:
        return place & Q(entry_ms__lte=finding.until_ms or 0, until_ms__gte=finding.entry_ms)
    return place & Q(entry_ms=finding.entry_ms, entry_seq=finding.entry_seq, ordinal=finding.ordinal)


def _open() -> "QuerySet[CheckFinding]":
    return CheckFinding.objects.filter(resolved_at__isnull=True)
