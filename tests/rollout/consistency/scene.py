"""Entries as the edge appends them now, consumed or not, and the checks that follow."""

import time
from collections.abc import Sequence
from typing import Any

from ingest.records import Health
from ljwx.redis import client
from rollout import consistency
from rollout.models import CheckFinding, CheckProgress
from streaming.envelope import Reject
from tests.streaming import entries

GRACE_S = 60


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def send(*records: Any, kind: str = "health", rejects: Sequence[Reject] = (), **values: Any) -> bytes:
    """One entry, received now; returns its id."""
    return entries.put(kind, *records, rejects=rejects, **{"received_ms": now_ms(), **values})


def consume() -> int:
    return entries.drain(entries.consumer())


def readings(count: int, serial: str = "A", **values: Any) -> list[Health]:
    """Readings whose values tell them apart."""
    return [
        Health(serial, entries.FIVE + 10 * number, heart_rate=60 + number % 60, step=number, **values)
        for number in range(count)
    ]


def settled(after_s: float = GRACE_S + 1.0) -> float:
    """A time at which everything sent by now is settled."""
    return time.time() + after_s


def advance(*, now: float | None = None, times: int = 20) -> None:
    """The rolling check, as often as the controller would call it."""
    for _ in range(times):
        consistency.advance(now=settled() if now is None else now)


def progress(kind: str = "health") -> CheckProgress:
    return CheckProgress.objects.get(check_run__rolling=True, kind=kind)


def counts(row: CheckProgress) -> dict[str, int]:
    """Its counts that are not zero."""
    names = ("checked", "match", "missing", "extra", "different", "duplicate", "dead", "late")
    return {name: value for name in names if (value := getattr(row, name))}


def found(**values: Any) -> list[tuple[str, str, str]]:
    """Class, kind and device of each open finding."""
    rows = CheckFinding.objects.filter(resolved_at__isnull=True, **values).order_by("entry_ms", "entry_seq", "ordinal")
    return [(row.outcome, row.of_kind, row.device_sn) for row in rows]


def holed(others: int = 2) -> CheckFinding:
    """An entry was deleted before it was judged, beside `others` that were stored."""
    advance(now=settled(0.0))
    gone = send(*readings(1))
    send(*readings(others, "B"))
    consume()
    client("control").xdel("health_data_stream", gone)
    advance()
    return CheckFinding.objects.get(outcome="hole")
