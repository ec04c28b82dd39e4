"""Rows that nobody has sent: where a missing record was stored under another time instead."""

from collections.abc import Iterator

from rollout.consistency.looking import ZERO, page
from rollout.consistency.promises import of_entry
from rollout.models import Check, CheckFinding
from streaming import registry
from streaming.registry import Key

PAGE = 500
Name = tuple[str, Key]


def find(check: Check) -> list[CheckFinding]:
    """The rows beside missing records of `check` that no entry in the streams has promised, as findings that are not
    written yet. Costs a walk through the streams when there are any candidates. Raises redis.RedisError."""
    rows = CheckFinding.objects.filter(check_run=check, outcome=CheckFinding.Outcome.MISSING, beside__isnull=False)
    candidates: dict[Name, CheckFinding] = {}
    for row in rows.order_by("entry_ms", "entry_seq", "ordinal"):
        candidates.setdefault((row.of_kind, tuple(row.beside or ())), row)
    if candidates:
        for name in _promised(check):
            candidates.pop(name, None)
    return [
        CheckFinding(
            check_run=check, outcome=CheckFinding.Outcome.EXTRA, kind=row.kind, of_kind=row.of_kind,
            entry_ms=row.entry_ms, entry_seq=row.entry_seq, ordinal=row.ordinal, device_sn=row.device_sn,
            path=row.path, epoch=row.epoch, received_ms=row.received_ms, beside=row.beside, found_at=row.found_at,
        )
        for row in candidates.values()
    ]  # fmt: skip


def _promised(check: Check) -> Iterator[Name]:
    """The names of all rows that the streams promise."""
    for name in check.kinds:
        kind, after = registry.get(name), ZERO
        while entries := page(kind, after=after, bound=None, most=PAGE):
            for entry in entries:
                for promise in of_entry(entry):
                    if promise.record is not None and (key := promise.key) is not None:
                        yield promise.kind.name, key
            after = entries[-1].id
