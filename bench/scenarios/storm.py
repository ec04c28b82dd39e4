"""The network is back: every watch sends what it kept, at once. Records stored per second until all are."""

import time
from typing import Any

from bench import candidates, consumers, quiet, server
from bench.ground import Ground
from bench.load import rings
from bench.options import Options
from bench.report import say, table
from bench.spread import shown, spread

READINGS = 50
CONNECTIONS = 200


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """10,000 devices with 50 readings each, from the first upload to the last row."""
    devices = options.either(10_000, 100)
    rounds = []
    for number in range(options.rounds_or(3)):
        measured = _round(ground, devices, options)
        rounds.append(measured)
        say(
            f"  round {number + 1}: {measured['records_per_s']:,.0f} records/s in {measured['seconds']:.1f} s, "
            f"accepted in {measured['accepted_s']:.1f} s, lost {measured['lost']}, faults {measured['faults']}, "
            f"outside {measured['outside_cores']:.2f} cores"
        )
    found = {
        "devices": devices, "readings": READINGS, "connections": CONNECTIONS, "rounds": rounds,
        **{name: spread(each[name] for each in rounds) for name in ("records_per_s", "seconds", "accepted_s")},
    }  # fmt: skip
    say(f"\nStorm: {devices:,} devices, {READINGS} readings in each body, {CONNECTIONS} connections\n")
    table(
        ("records stored/s", "all accepted after s", "all stored after s", "lost"),
        [
            (
                shown(found["records_per_s"]), shown(found["accepted_s"], 1), shown(found["seconds"], 1),
                str(sum(each["lost"] for each in rounds)),
            )
        ],
    )  # fmt: skip
    return found


def _round(ground: Ground, devices: int, options: Options) -> dict[str, Any]:
    ground.reset(share=100)
    outside = quiet.settle(tries=options.either(20, 1))
    with consumers.running(ground) as workers, server.running(candidates.LANE_2, ground) as web:
        web.load(connections=CONNECTIONS, seconds=1)
        ground.settled(workers.check)
        before, started = ground.rows(), time.monotonic()
        load = rings(web.url, connections=CONNECTIONS, devices=devices, readings=READINGS)
        accepted_s = time.monotonic() - started
        ground.drained(workers.check)
        seconds = time.monotonic() - started
        rows = ground.rows() - before
    return {
        "records_per_s": rows / seconds, "seconds": seconds, "accepted_s": accepted_s, "rows": rows,
        "lost": devices * READINGS - rows, "faults": load.faults, "p99_ms": load.p99_ms, "outside_cores": outside,
    }  # fmt: skip


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it."""
    return {
        "storm_records_per_s": found["records_per_s"]["median"],
        "lost": sum(each["lost"] for each in found["rounds"]),
    }
