"""One chunk of a check: entries read, judged, and counted with the cursor in one transaction."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from ljwx import failpoints
from rollout.consistency import figures, findings, holes, judging, mirrored, tallies
from rollout.consistency.figures import Counted
from rollout.consistency.holes import Hole
from rollout.consistency.ids import Id
from rollout.consistency.judging import Judged
from rollout.consistency.looking import Look, look, page
from rollout.consistency.outcomes import Outcome
from rollout.consistency.promises import Entry, Promise, of_entry
from rollout.lease import Fence
from rollout.models import CheckProgress
from rollout.plans.moving import atomic
from streaming import registry

LEAST_RECORDS = 50
MOST_RECORDS_AT_ONCE = 2_000


class Moved(Exception):
    """Raised when somebody else has moved a check meanwhile: this chunk counts for nothing."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a chunk was: whether there is more to judge now, its records, and how long it waited for the database."""

    more: bool
    records: int
    database_s: float


class Pace:
    """How many records a chunk has, so that it takes the database no longer than `budget_s`. The result of a check
    does not depend on it."""

    def __init__(self, budget_s: float) -> None:
        self.records = 200
        self._budget_s = budget_s

    def told(self, chunk: Chunk) -> None:
        """Learn from a chunk: grow below a third of the budget, shrink above half, so that one that meets a busy
        database keeps within it too. What a transaction costs however small it is keeps no chunk small."""
        used = chunk.database_s / self._budget_s
        if used > 1 / 2 and chunk.records:
            self.records = max(LEAST_RECORDS, round(chunk.records / 3 / used))
        elif used < 1 / 3 and chunk.records >= self.records // 2:
            self.records = min(round(self.records * 1.5), MOST_RECORDS_AT_ONCE)


def step(row: CheckProgress, *, now: float, records: int, fence: Fence | None = None) -> Chunk:
    """Judge about `records` records after the cursor of `row`, which is brought up to date.

    A stretch that can not be verified becomes a finding, and the cursor goes behind it. Raises Moved, LeaseLost,
    redis.RedisError, django.db.Error: then nothing counts, and the same chunk comes again.
    """
    kind, check, now_ms = registry.get(row.kind), row.check_run, round(now * 1000)
    cursor = Id(row.cursor_ms, row.cursor_seq)
    before = look(kind, now_ms=now_ms)
    bound = before.bound(now_ms=now_ms, grace_s=check.grace_s)
    if check.until_ms is not None:
        bound = min(bound, Id(check.until_ms))
    entries = _of(page(kind, after=cursor, bound=bound, most=max(1, records // 2)), records=records)
    # Looked again after reading: what was trimmed in between is not taken for what was never there.
    seen = look(kind, now_ms=now_ms)
    hole = holes.find(seen, cursor=cursor, seen=Id(row.seen_ms, row.seen_seq), added=row.added, bound=bound)
    if hole is not None:
        _save(row, _behind(row, hole, seen), judged=(), hole=hole, fence=fence)
        return Chunk(True, 0, 0.0)
    promises = [promise for _entry, held in entries for promise in held]
    began = _waiting()
    judged = (mirrored if kind.shadow_of else judging).judge(promises, grace_s=check.grace_s)
    more = bool(entries)
    through = entries[-1][0].id if entries else max(min(bound, before.clock).before(), cursor)
    _save(row, _moved(row, through, entries, judged, seen, more), judged=judged, hole=None, fence=fence)
    return Chunk(more, len(promises), max(0.0, _waiting() - began))


def _waiting() -> float:
    """Grows while this thread waits, by seconds: what it computes itself costs the database nothing."""
    return time.perf_counter() - time.thread_time()


def _of(entries: Sequence[Entry], *, records: int) -> list[tuple[Entry, list[Promise]]]:
    """As many whole entries as have at most `records` records; at least one."""
    found: list[tuple[Entry, list[Promise]]] = []
    held = 0
    for entry in entries:
        promises = of_entry(entry)
        if found and held + len(promises) > records:
            break
        found.append((entry, promises))
        held += len(promises)
    return found


def _behind(row: CheckProgress, hole: Hole, seen: Look) -> dict[str, Any]:
    return {
        "cursor_ms": hole.through.ms, "cursor_seq": hole.through.seq, "seen_ms": 0, "seen_seq": 0, "added": seen.added,
        "holes": row.holes + 1,
    }  # fmt: skip


def _moved(
    row: CheckProgress,
    through: Id,
    entries: Sequence[tuple[Entry, list[Promise]]],
    judged: Sequence[Judged],
    seen: Look,
    more: bool,
) -> dict[str, Any]:
    counted = Counter(each.outcome for each in judged)
    by_origin = row.figures
    if judged and not row.check_run.rolling:
        by_origin = figures.add(
            by_origin, (Counted(each.promise.origin.path, each.promise.device, each.outcome) for each in judged)
        )
    last = entries[-1][0].id if entries else Id(row.seen_ms, row.seen_seq)
    limit = row.check_run.until_ms
    return {
        "cursor_ms": through.ms,
        "cursor_seq": through.seq,
        "seen_ms": last.ms,
        "seen_seq": last.seq,
        "added": seen.added,
        "entries": row.entries + len(entries),
        "checked": row.checked + len(judged),
        "done": limit is not None and not more,
        "figures": by_origin,
        **{name.value: getattr(row, name.value) + counted[name] for name in Outcome if counted[name]},
    }


@atomic
def _write(
    row: CheckProgress, values: dict[str, Any], judged: Sequence[Judged], hole: Hole | None, fence: Fence | None
) -> None:
    if fence is not None:
        fence()
    found = CheckProgress.objects.filter(pk=row.pk, version=row.version)
    if found.update(**values, version=F("version") + 1) != 1:
        raise Moved(f"{row} was moved by somebody else")
    begun, through = Id(row.cursor_ms, row.cursor_seq), Id(values["cursor_ms"], values["cursor_seq"])
    findings.record(row, judged, hole=hole, since=begun, through=through)
    if row.check_run.rolling:
        tallies.add(row.kind, judged)


def _save(
    row: CheckProgress, values: dict[str, Any], *, judged: Sequence[Judged], hole: Hole | None, fence: Fence | None
) -> None:
    failpoints.reach("check.judged")
    _write(row, values, judged, hole, fence)
    failpoints.reach("check.committed")
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
