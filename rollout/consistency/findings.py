"""Findings: written with the chunk that found them, resolved by whatever finds the same record mended."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone

from ljwx.portions import ROW, portions
from rollout.consistency.acknowledging import end_known
from rollout.consistency.holes import Hole
from rollout.consistency.ids import Id
from rollout.consistency.judging import Judged
from rollout.consistency.outcomes import MISMATCH, Outcome
from rollout.models import CheckFinding, CheckProgress

# Of one check and kind: what is beyond is counted, and found again once these are mended.
MOST = 10_000
# One hole of a check is like the next: they need no place in an entry.
OF_HOLE = -1

# Not of a promise: a chunk that finds the promise kept does not end them.
STAY = (CheckFinding.Outcome.HOLE, CheckFinding.Outcome.EXTRA)

Place = tuple[int, int, int]


def still_open(kind: str) -> "QuerySet[CheckFinding]":
    """The findings of `kind` that nobody has resolved."""
    return CheckFinding.objects.filter(kind=kind, resolved_at__isnull=True)


def record(row: CheckProgress, judged: Sequence[Judged], *, hole: Hole | None, since: Id, through: Id) -> None:
    """Write what a chunk has found, in the caller's transaction, and resolve what it has found mended: open findings
    of any check of the entries after `since` up to `through`."""
    found = [_finding(row, each) for each in judged if each.outcome in MISMATCH]
    if hole is not None:
        found.append(_of_hole(row, hole))
    if found:
        end_known(found)
        there = CheckFinding.objects.filter(check_run=row.check_run_id, kind=row.kind).count()
        for part in portions(found[: max(0, MOST - there)], weigh=lambda row: ROW + len(row.payload)):
            CheckFinding.objects.bulk_create(part)
    if judged:
        _resolve(row, judged, since=since, through=through)


def _resolve(row: CheckProgress, judged: Sequence[Judged], *, since: Id, through: Id) -> None:
    known = (
        still_open(row.kind).filter(entry_ms__range=(since.ms, through.ms)).exclude(outcome=CheckFinding.Outcome.HOLE)
    )
    places = {place(each) for each in judged}
    wrong = {place(each) for each in judged if each.outcome in MISMATCH}
    mended = [
        pk
        for pk, *at in known.values_list("pk", "entry_ms", "entry_seq", "ordinal")
        if tuple(at) in places and tuple(at) not in wrong
    ]
    resolve(mended, by=f"check {row.check_run_id}")


def resolve(pks: Sequence[int], *, by: str) -> int:
    """Say of open findings that they are mended or known; returns how many were open."""
    if not pks:
        return 0
    rows = CheckFinding.objects.filter(pk__in=pks, resolved_at__isnull=True)
    return rows.update(resolved_at=timezone.now(), resolved_by=by[:255])


def resolve_everywhere(mended: Sequence[CheckFinding], *, by: str) -> int:
    """The same of findings of one class that were looked at, and of those of other checks with the same records;
    returns how many of `mended` were open."""
    for kind in {row.kind for row in mended}:
        own = {_at(row): row.outcome for row in mended if row.kind == kind}
        others = still_open(kind).filter(
            entry_ms__in={ms for ms, _seq, _ordinal in own}, outcome__in=set(own.values())
        ).exclude(pk__in=[row.pk for row in mended])  # fmt: skip
        resolve([row.pk for row in others.defer("payload") if own.get(_at(row)) == row.outcome], by=by)
    return resolve([row.pk for row in mended], by=by)


def _at(row: CheckFinding) -> Place:
    return row.entry_ms, row.entry_seq, row.ordinal


def place(each: Judged) -> Place:
    """Where in the stream the promise stands."""
    identifier = each.promise.entry.id
    return (identifier.ms, identifier.seq, each.promise.ordinal)


def _finding(row: CheckProgress, each: Judged) -> CheckFinding:
    promise, kept = each.promise, each.outcome is Outcome.MISSING
    letter = promise.letter
    identifier = promise.entry.id
    return CheckFinding(
        check_run_id=row.check_run_id,
        outcome=each.outcome.value,
        kind=row.kind,
        of_kind=letter.kind[:16],
        entry_ms=identifier.ms,
        entry_seq=identifier.seq,
        ordinal=promise.ordinal,
        device_sn=letter.device_sn[:64],
        path=promise.origin.path,
        epoch=promise.origin.epoch,
        received_ms=promise.received_ms,
        differences=[[known.column, known.wanted, known.held] for known in each.differences],
        reason=letter.reason[:255],
        beside=list(each.beside) if each.beside else None,
        form=letter.form,
        payload=letter.payload if kept else b"",
        found_at=timezone.now(),
    )


def _of_hole(row: CheckProgress, hole: Hole) -> CheckFinding:
    return CheckFinding(
        check_run_id=row.check_run_id,
        outcome=CheckFinding.Outcome.HOLE,
        kind=row.kind,
        of_kind=row.kind,
        entry_ms=hole.since.ms,
        entry_seq=hole.since.seq,
        ordinal=OF_HOLE,
        until_ms=hole.until.ms,
        reason=hole.reason,
        found_at=timezone.now(),
    )
