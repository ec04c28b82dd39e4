"""How long an accepted reading takes to be a row, at 3,000 uploads a second."""

import threading
import time
from typing import Any

from bench import candidates, consumers, quiet, server
from bench.ground import Ground
from bench.options import Options
from bench.probe import Probe, Seen
from bench.report import say, table
from bench.server import Server
from bench.spread import percentile, shown, spread

CONNECTIONS = 300
EVERY_S = 0.05
FEWEST = 400


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Marked readings, one every 50 ms, beside the load; each is looked for every 2 ms."""
    rate = options.either(3_000, 500)
    rounds = []
    for number in range(options.rounds_or(3)):
        measured = _round(ground, rate, options)
        rounds.append(measured)
        say(
            f"  round {number + 1}: at {measured['per_s']:,.0f}/s stored after p50 {measured['stored_p50_ms']:.0f} ms, "
            f"p99 {measured['stored_p99_ms']:.0f} ms, most {measured['stored_max_ms']:.0f} ms; "
            f"{measured['probes']} probes, faults {measured['faults']}, outside {measured['outside_cores']:.2f} cores"
        )
    names = ("per_s", "answered_p99_ms", "stored_p50_ms", "stored_p99_ms", "stored_max_ms")
    found = {"rate": rate, "rounds": rounds, **{name: spread(each[name] for each in rounds) for name in names}}
    say(f"\nFrom the answer to the row, at {rate:,} uploads/s offered by think time\n")
    table(
        ("uploads/s", "answered p99 ms", "stored p50 ms", "stored p99 ms", "stored most ms"),
        [tuple(shown(found[name]) for name in names)],
    )
    return found


def _round(ground: Ground, rate: int, options: Options) -> dict[str, Any]:
    ground.reset(share=100)
    outside = quiet.settle(tries=options.either(20, 1))
    seconds, think_ms = options.seconds_or(45, 4), 1000 * CONNECTIONS // rate
    with consumers.running(ground) as workers, server.running(candidates.LANE_2, ground) as web:
        web.load(connections=CONNECTIONS, seconds=2, think_ms=think_ms)
        ground.drained(workers.check)
        found: dict[str, Any] = {}
        load = threading.Thread(target=lambda: found.update(_load(web, seconds, think_ms)), name="load")
        load.start()
        seen = _probe(web.port, load)
        load.join()
        ground.drained(workers.check)
    if not options.quick and len(seen) < FEWEST:
        say(f"  only {len(seen)} probes: a p99 needs {FEWEST}")
    stored = [each.stored_s * 1000 for each in seen]
    return {
        "stored_p50_ms": percentile(stored, 50), "stored_p99_ms": percentile(stored, 99), "stored_max_ms": max(stored),
        "answered_p99_ms": percentile([each.answered_s * 1000 for each in seen], 99), "probes": len(seen),
        "outside_cores": outside, **found,
    }  # fmt: skip


def _load(web: Server, seconds: int, think_ms: int) -> dict[str, Any]:
    load, cpu = web.load(connections=CONNECTIONS, seconds=seconds, think_ms=think_ms)
    return {"per_s": load.rate, "faults": load.faults, **cpu}


def _probe(port: int, load: threading.Thread) -> list[Seen]:
    """Readings while `load` runs, but for its first second."""
    probe, seen = Probe(port), []
    load.join(1.0)
    while load.is_alive():
        due = time.monotonic() + EVERY_S
        seen.append(probe.reading())
        load.join(max(0.0, due - time.monotonic()))
    probe.close()
    return seen


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it."""
    return {"stored_p99_ms": found["stored_p99_ms"]["median"]}
