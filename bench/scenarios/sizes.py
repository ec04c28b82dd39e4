"""What storing costs by the size of a batch and of the fleet, and how fast consumers drain a backlog."""

import time
from typing import Any

from bench import consumers, quiet
from bench.ground import Ground
from bench.options import Options
from bench.records import FLEET, readings
from bench.report import say, table
from bench.scenarios.sos import fill
from bench.scenarios.tables import timed
from bench.spread import shown, spread
from streaming import registry
from streaming.storing import Item, store

BATCHES = (1, 20, 200, 1_000)
FLEETS = (100, FLEET, 1_000_000)
BATCH = 200


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """New readings into an empty table by the project's own writer; then a backlog of single uploads."""
    records = options.either(40_000, 2_000)
    shapes = [(size, FLEET) for size in BATCHES] + [(BATCH, fleet) for fleet in FLEETS if fleet != FLEET]
    rounds: dict[tuple[int, int], list[dict[str, float]]] = {shape: [] for shape in shapes}
    drains: dict[int, list[float]] = {1: [], 2: []}
    for number in range(options.rounds_or(3)):
        for shape in reversed(shapes) if number % 2 else shapes:
            # One row a transaction is what it is: a twentieth of the readings tells as much.
            rounds[shape].append(_round(ground, *shape, records if shape[0] > 1 else records // 20, options))
        for workers, rates in drains.items():
            rates.append(_drain(ground, workers, options))
    say("\nStoring new readings: µs a record\n")
    table(
        ("batch", "devices", "elapsed", "client CPU", "database CPU"),
        [
            (
                f"{size:,}", f"{fleet:,}",
                *(
                    shown(spread(each[name] for each in rounds[size, fleet]), 1)
                    for name in ("wall_us", "client_us", "db_us")
                ),
            )
            for size, fleet in shapes
        ],
    )  # fmt: skip
    found = {str(workers): spread(rates) for workers, rates in drains.items()}
    say("A backlog of single readings: records/s that consumers drain, nothing else running\n")
    table(("consumers", "records/s"), [(workers, shown(rates)) for workers, rates in found.items()])
    return {
        "storing": [{"batch": size, "devices": fleet, "rounds": rounds[size, fleet]} for size, fleet in shapes],
        "drain_per_s": found,
    }


def _round(ground: Ground, size: int, fleet: int, records: int, options: Options) -> dict[str, float]:
    ground.reset(share=100)
    outside = quiet.settle(tries=options.either(20, 1))
    kind, now_ms = registry.get("health"), int(time.time() * 1000)
    work = [[Item(r, now_ms) for r in readings(first, size, fleet=fleet)] for first in range(0, records, size)]
    measured = timed(ground, records, lambda: [store(kind, items) for items in work])
    if ground.rows() != records:
        raise AssertionError(f"{ground.rows()} of {records} readings are stored")
    return {**measured, "outside_cores": outside}


def _drain(ground: Ground, workers: int, options: Options) -> float:
    """Records a second from the first that is stored to the last: the start of the consumers is left out."""
    waiting = options.either(100_000, 3_000)
    ground.reset(share=100)
    quiet.settle(tries=options.either(20, 1))
    fill(waiting)
    with consumers.running(ground, workers=workers) as storing:
        before, started = ground.rows(), time.monotonic()
        ground.drained(storing.check)
        return (waiting - before) / (time.monotonic() - started)


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """Nothing of it is in the last line."""
    return {}
