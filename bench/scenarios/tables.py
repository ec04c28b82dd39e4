"""What storing a reading costs when the table is empty and when it is full."""

import time
from typing import Any

from django.db import connection

from bench import quiet
from bench.ground import Ground
from bench.options import Options
from bench.records import fill_sql, readings
from bench.report import say, table
from bench.spread import shown, spread
from streaming import registry
from streaming.storing import Item, store

BATCH = 200
FILL = 100_000
COSTS = ("wall_us", "client_us", "db_us")


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Batches of 200 new readings of a fleet of 10,000 into tables of several sizes, by the project's own writer."""
    sizes = options.either((0, 1_000_000), (0, 5_000)) + ((10_000_000,) if options.large else ())
    batches = options.either(250, 10)
    ground.reset(share=100)
    found: dict[str, Any] = {"batch": BATCH, "sizes": {}}
    held = number = 0
    for size in sizes:
        _fill(held, size)
        held = size
        rounds = []
        for _ in range(options.rounds_or(5)):
            outside = quiet.settle(tries=options.either(20, 1))
            rounds.append({**_round(ground, number, batches), "outside_cores": outside})
            number += batches * BATCH
        found["sizes"][str(size)] = {
            "rounds": rounds, **{name: spread(each[name] for each in rounds) for name in COSTS},
        }  # fmt: skip
        say(f"  {size:,} rows: {shown(found['sizes'][str(size)]['wall_us'], 1)} µs a record")
    say(f"\nStoring batches of {BATCH}: µs a record\n")
    table(
        ("rows in the table", "elapsed", "client CPU", "database CPU"),
        [(f"{size:,}", *(shown(found["sizes"][str(size)][name], 1) for name in COSTS)) for size in sizes],
    )
    return found


def _fill(held: int, size: int) -> None:
    for start in range(held, size, FILL):
        with connection.cursor() as cursor:
            cursor.execute(fill_sql(start, min(FILL, size - start)))


def _round(ground: Ground, first: int, batches: int) -> dict[str, float]:
    kind, now_ms = registry.get("health"), int(time.time() * 1000)
    work = [[Item(r, now_ms) for r in readings(first + n * BATCH, BATCH)] for n in range(batches)]
    return timed(ground, batches * BATCH, lambda: [store(kind, items) for items in work])


def timed(ground: Ground, records: int, work: Any) -> dict[str, float]:
    """Microseconds a record of `work`: elapsed, processor of this process, processor of the database."""
    database, client, started = ground.database_cpu_s(), time.process_time(), time.perf_counter()
    work()
    wall, client = time.perf_counter() - started, time.process_time() - client
    return {
        "wall_us": wall / records * 1e6,
        "client_us": client / records * 1e6,
        "db_us": (ground.database_cpu_s() - database) / records * 1e6,
    }


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """Nothing of it is in the last line."""
    return {}
