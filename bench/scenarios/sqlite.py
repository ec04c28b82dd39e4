"""How long a writer of an SQLite database waits for its turn beside six others: with Django's own backend, and with the
project's, which asks again within 10 ms."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import quiet, sqlitewriter
from bench.ground import Ground
from bench.options import Options
from bench.report import say, table
from bench.spread import percentile, shown, spread

BACKENDS = {"Django's": "django.db.backends.sqlite3", "ours": "ljwx.sqlite3"}
# Transactions a second that each process would make if it never waited: web, consumers, a controller.
PACES = (40.0, 40.0, 40.0, 10.0, 10.0, 1.0, 1.0)
# Until all of them are there.
START_S = 5.0
NAMES = ("per_s", "p50_ms", "p99_ms", "longest_ms")


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Interleaved rounds of both; each writer's waits from BEGIN IMMEDIATE to its lock, all together."""
    seconds = options.seconds_or(10, 1)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in BACKENDS}
    for number in range(options.rounds_or(5)):
        quiet.settle(tries=options.either(20, 1))
        for name in reversed(BACKENDS) if number % 2 else BACKENDS:
            measured = _round(BACKENDS[name], seconds)
            rounds[name].append(measured)
            say(f"  round {number + 1} {name}: " + ", ".join(f"{key} {value:,.1f}" for key, value in measured.items()))
    found = {name: {key: spread(each[key] for each in rounds[name]) for key in NAMES} for name in BACKENDS}
    pairs = list(zip(rounds["ours"], rounds["Django's"], strict=True))
    ratios = {key: spread(ours[key] / theirs[key] for ours, theirs in pairs) for key in NAMES}
    say("\nWaits for the write lock of SQLite, seven processes\n")
    lines = [(name, *(shown(found[name][key], 1) for key in NAMES)) for name in BACKENDS]
    lines.append(("ours / Django's", *(shown(ratios[key], 2) for key in NAMES)))
    table(("backend", "transactions/s", "p50 ms", "p99 ms", "longest ms"), lines)
    return {"seconds": seconds, "backends": found, "ratios": ratios}


def _round(engine: str, seconds: float) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory(prefix="ljwx-bench-") as folder, ProcessPoolExecutor(len(PACES), context) as pool:
        path = Path(folder) / "db.sqlite3"
        connection = sqlitewriter.connected(engine, path)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL)")
        connection.close()
        begin = time.time() + START_S
        writers = [pool.submit(sqlitewriter.write, engine, path, pace, begin, seconds) for pace in PACES]
        waits = [each for writer in writers for each in writer.result()]
    return {
        "per_s": len(waits) / seconds,
        "p50_ms": percentile(waits, 50) * 1e3,
        "p99_ms": percentile(waits, 99) * 1e3,
        "longest_ms": max(waits) * 1e3,
    }


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """Nothing of it is in the last line."""
    return {}
