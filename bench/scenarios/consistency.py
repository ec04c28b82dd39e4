"""A check of 200,000 readings: healthy, then with 1 in 1,000 of each sort of damage, then repaired."""

import resource
import time
from typing import Any

import msgspec
from django.db import connection

from bench.ground import Ground
from bench.options import Options
from bench.records import START, readings
from bench.report import say, table
from ingest.records import Health
from ljwx.redis import client
from rollout import consistency
from rollout.consistency import DatabaseConsistencyChecker
from rollout.models import Check, CheckFinding
from streaming import groups, registry
from streaming.consumer import Consumer
from streaming.envelope import FIELD, VERSION, Envelope, encode
from tests.rollout.consistency.damage import plant, without_key

IN_ENTRY = 20
GRACE_S = 60.0


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Each check with its seconds, the longest chunk by the database's time, and the memory of its process."""
    count = options.either(200_000, 2_000)
    ground.reset(share=100)
    Check.objects.all().delete()
    with without_key():
        _send(count)
        found = {"healthy": _measured(count)}
        plant(every=options.either(1_000, 100))
        found["damaged"] = _measured(count)
        began = time.perf_counter()
        done = consistency.repair(found["damaged"]["check"], actor="bench", reason="bench", approved_by="bench2")
        found["repair"] = {"seconds": time.perf_counter() - began, "stored": done.stored, "left": done.left}
        found["repaired"] = _measured(count)
    heads = (
        "check",
        "records",
        "s",
        "records/s",
        "longest chunk ms",
        "MB",
        "missing",
        "extra",
        "different",
        "duplicate",
    )
    names = ("missing", "extra", "different", "duplicate")
    say(f"\nRepair: {done.stored:,} stored in {found['repair']['seconds']:.1f} s, {done.left} left\n")
    table(
        heads,
        [
            (
                name, f"{row['checked']:,}", f"{row['seconds']:.1f}", f"{row['checked'] / row['seconds']:,.0f}",
                f"{row['longest_chunk_ms']:.0f}", f"{row['memory_mb']:.0f}", *(str(row[each]) for each in names),
            )
            for name, row in found.items() if name != "repair"
        ],
    )  # fmt: skip
    _proven(found, count, damaged=count // options.either(1_000, 100))
    CheckFinding.objects.all().delete()
    return found


def _proven(found: dict[str, Any], count: int, *, damaged: int) -> None:
    healthy, hurt, again = found["healthy"], found["damaged"], found["repaired"]
    agree = healthy["match"] + healthy["late"]
    seen = (hurt["missing"], hurt["extra"], hurt["different"], hurt["duplicate"])
    if agree != count or seen != (2 * damaged, damaged, damaged, damaged) or again["missing"]:
        raise AssertionError(
            f"of {count}, {damaged} of each sort: healthy {agree}, found {seen}, then {again['missing']}"
        )


def _send(count: int) -> None:
    kind, stream = registry.get("health"), client("control")
    groups.ensure(stream, kind)
    for start in range(0, count, IN_ENTRY * 100):
        pipe = stream.pipeline(transaction=False)
        for first in range(start, min(count, start + IN_ENTRY * 100), IN_ENTRY):
            values = (VERSION, kind.name, time.time_ns() // 1_000_000, "stream", 1)
            pipe.xadd(kind.stream, {FIELD: encode(Envelope(*values, _apart(first)))})
        pipe.execute()
    consumer = Consumer(
        name="bench:1", kinds=[kind], connection=client("consume"), batch_size=200, claim_idle_ms=60_000
    )
    while consumer.step(block_ms=0):
        pass


def _apart(first: int) -> list[Health]:
    """Readings of a device are ten seconds apart: one that is moved by a second is nobody else's."""
    return [
        msgspec.structs.replace(each, timestamp=each.timestamp * 10 - START * 9) for each in readings(first, IN_ENTRY)
    ]


def _measured(count: int) -> dict[str, Any]:
    with connection.cursor() as cursor:
        # A table that grew within a minute has statistics of an empty one, and is read as a whole for any key.
        cursor.execute("ANALYZE TABLE t_user_health_data")
        cursor.fetchall()
    chunks_s: list[float] = []
    checker = DatabaseConsistencyChecker(
        kinds=["health"], rest=False, told=lambda chunk: chunks_s.append(chunk.database_s)
    )
    # All of it is older than the grace then.
    checker.clock = lambda: time.time() + GRACE_S + 1.0
    began = time.perf_counter()
    report = checker.run_comprehensive_check(60)
    if report.checked != count:
        raise AssertionError(f"{report.checked} of {count} were checked")
    return {
        **report.as_dict(),
        "seconds": time.perf_counter() - began,
        "longest_chunk_ms": max(chunks_s) * 1000,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """Nothing of it is in the last line."""
    return {}
