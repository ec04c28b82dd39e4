"""A check of 200,000 readings (--large: 1,000,000): healthy, then with 1 in 1,000 of each sort of damage, repaired;
and uploads beside it."""

import os
import threading
import time
from typing import Any

import msgspec
import psutil
from django.db import connection

from bench import candidates, consumers, server
from bench.ground import Ground
from bench.options import Options
from bench.records import START, readings
from bench.report import say, table
from bench.spread import percentile, spread
from ingest.records import Health
from ljwx.redis import client
from rollout import consistency
from rollout.consistency import DatabaseConsistencyChecker
from rollout.consistency.walking import Chunk
from rollout.management.commands.check_consistency import NICE
from rollout.models import Check, CheckFinding
from streaming import groups, registry
from streaming.consumer import Consumer
from streaming.envelope import FIELD, VERSION, Envelope, encode
from tests.rollout.consistency.damage import plant, without_key

IN_ENTRY = 20
CONNECTIONS = 50
# Of each connection between two uploads: 500 uploads a second, far from what the machine can.
THINK_MS = 100
GRACE_S = 60.0


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Each check with its seconds, its chunks by the database's time, and the growth of its process's memory; then p99
    of uploads without and with a check beside them."""
    count = options.either(1_000_000 if options.large else 200_000, 2_000)
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
        beside = _beside(ground, options)
    heads = (
        "check",
        "records",
        "s",
        "records/s",
        "chunk p50 ms",
        "p99",
        "longest",
        "MB",
        "grown MB",
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
                *(f"{row[each]:.0f}" for each in ("chunk_p50_ms", "chunk_p99_ms", "longest_chunk_ms", "memory_mb")),
                f"{row['grown_mb']:+.1f}", *(str(row[each]) for each in names),
            )
            for name, row in found.items()
            if name != "repair"
        ],
    )  # fmt: skip
    _proven(found, count, damaged=count // options.either(1_000, 100))
    CheckFinding.objects.all().delete()
    say(
        f"\nUploads at {beside['per_s']:,.0f}/s: p99 {beside['without_ms']['median']:.1f} ms without a check, "
        f"{beside['with_ms']['median']:.1f} ms with one ({beside['checked']:,} records compared): "
        f"{beside['ratio']:.2f} times\n"
    )
    return {**found, "beside": beside}


def _beside(ground: Ground, options: Options) -> dict[str, Any]:
    """The same offered load by turns without and with checks, which read what is there and what has come."""
    seconds, rates, p99 = options.seconds_or(10), [], {False: [], True: []}
    checked = 0
    with consumers.running(ground) as workers, server.running(candidates.LANE_2, ground) as web:
        web.load(connections=CONNECTIONS, seconds=2, think_ms=THINK_MS)
        for is_checking in (False, True, True, False) * options.rounds_or(2):
            ground.drained(workers.check)
            over, counted = threading.Event(), [0]
            beside = threading.Thread(target=_checks, args=(over, counted), name="checks")
            if is_checking:
                beside.start()
            load, _cpu = web.load(connections=CONNECTIONS, seconds=seconds, think_ms=THINK_MS)
            over.set()
            if is_checking:
                beside.join()
            checked += counted[0]
            rates.append(load.rate)
            p99[is_checking].append(load.p99_ms)
    without, beside_it = spread(p99[False]), spread(p99[True])
    return {
        "per_s": spread(rates)["median"], "without_ms": without, "with_ms": beside_it, "checked": checked,
        "ratio": beside_it["median"] / without["median"],
    }  # fmt: skip


def _checks(over: threading.Event, counted: list[int]) -> None:
    """Check after check until it is `over`, after all others as the command's are: of a thread, Linux says."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)

    def told(chunk: Chunk) -> None:
        counted[0] += chunk.records

    while not over.is_set():
        checker = DatabaseConsistencyChecker(kinds=["health"], told=told, stopping=over)
        checker.begin(60)
    Check.objects.filter(active=True).update(active=None, status=Check.Status.ABANDONED)
    connection.close()


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
    memory: list[int] = []
    process = psutil.Process()

    def told(chunk: Chunk) -> None:
        chunks_s.append(chunk.database_s)
        memory.append(process.memory_info().rss)

    checker = DatabaseConsistencyChecker(kinds=["health"], rest=False, told=told)
    # All of it is older than the grace then.
    checker.clock = lambda: time.time() + GRACE_S + 1.0
    began = time.perf_counter()
    report = checker.run_comprehensive_check(60)
    if report.checked != count:
        raise AssertionError(f"{report.checked} of {count} were checked")
    return {
        **report.as_dict(),
        "seconds": time.perf_counter() - began,
        "chunks": len(chunks_s),
        "chunk_p50_ms": percentile(chunks_s, 50) * 1000,
        "chunk_p99_ms": percentile(chunks_s, 99) * 1000,
        "longest_chunk_ms": max(chunks_s) * 1000,
        "memory_mb": max(memory) / 2**20,
        # From a tenth of the way to the end: the first chunks fill caches.
        "grown_mb": (memory[-1] - memory[len(memory) // 10]) / 2**20,
    }


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """Nothing of it is in the last line."""
    return {}
