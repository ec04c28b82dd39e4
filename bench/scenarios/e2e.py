"""End to end: uploads stored per second over minutes, the stream against the legacy path, and whether any is lost."""

import threading
import time
from typing import Any

from bench import candidates, consumers, quiet, server
from bench.candidates import Candidate
from bench.ground import Ground
from bench.options import Options
from bench.report import say, table
from bench.spread import shown, spread

CONNECTIONS = 64
STREAM, LEGACY, LEGACY_WSGI = "stream", "legacy", "legacy, Django WSGI"
NAMES = ("stored_per_s", "accepted_per_s", "p99_ms", "server_us", "consumers_us", "db_us", "redis_us")


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Interleaved rounds of every path, each as fast as answers come; consumers run in all. The ratio of a round is to
    the faster legacy path of that round."""
    paths = {STREAM: candidates.LANE_2, LEGACY: candidates.LANE_LEGACY}
    if not options.quick:
        paths[LEGACY_WSGI] = candidates.LEGACY
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in paths}
    seconds = options.seconds_or(60, 3)
    for number in range(options.rounds_or(3)):
        for name in reversed(paths) if number % 2 else paths:
            measured = _round(ground, paths[name], seconds, options)
            rounds[name].append(measured)
            say(f"  round {number + 1} {name}: {_line(measured)}")
    legacy = [max(each["stored_per_s"] for each in same) for same in zip(*list(rounds.values())[1:], strict=True)]
    found = {
        "seconds": seconds,
        "connections": CONNECTIONS,
        "rounds": rounds,
        "paths": {path: {name: spread(each[name] for each in rounds[path]) for name in NAMES} for path in rounds},
        "ratio_legacy": spread(
            ours["stored_per_s"] / theirs for ours, theirs in zip(rounds[STREAM], legacy, strict=True)
        ),
        "lost": sum(each["lost"] for path in rounds.values() for each in path),
    }
    _print(found)
    return found


def _round(ground: Ground, candidate: Candidate, seconds: int, options: Options) -> dict[str, Any]:
    ground.reset(share=candidate.share)
    outside = quiet.settle(tries=options.either(20, 1))
    with consumers.running(ground) as workers:
        with server.running(candidate, ground) as web:
            web.load(connections=CONNECTIONS, seconds=options.either(3, 1))
            ground.settled(workers.check)
            before = stored(ground, candidate)
            with Samples(ground, every=options.either(5.0, 0.5)) as samples:
                started = time.monotonic()
                consuming = workers.cpu_s()
                load, cpu = web.load(connections=CONNECTIONS, seconds=seconds)
                cpu["consumers_us"] = (workers.cpu_s() - consuming) * 1e6 / max(1, load.accepted)
                during = stored(ground, candidate) - before
                took = time.monotonic() - started
            ended = ground.backlog()
        # Counted when the server is gone: what it had still taken in is in the stream by now.
        ground.drained(workers.check)
        rows, added = ground.rows(), ground.added()
    return {
        "stored_per_s": during / took, "accepted_per_s": load.rate, "p99_ms": load.p99_ms, "faults": load.faults,
        "backlog": samples.taken, "backlog_end": ended, "flat": is_flat(samples.taken, ended, load.rate),
        "accepted": web.accepted, "entries": added, "rows": rows, "lost": max(web.accepted, added, rows) - rows,
        "outside_cores": outside, **cpu,
    }  # fmt: skip


def stored(ground: Ground, candidate: Candidate) -> int:
    """Readings that are committed now: counted by acknowledged entries, or on the legacy path by rows."""
    return ground.added() - ground.backlog() if candidate.share else ground.rows()


def is_flat(samples: list[int], end: int, rate: float) -> bool:
    """Whether the backlog at the end is at most twice that of the middle, or less than 0.1 s of uploads."""
    middle = samples[len(samples) // 2] if samples else 0
    return end <= max(2 * middle, rate / 10)


class Samples:
    """The backlog every `every` seconds, by a thread beside the load."""

    def __init__(self, ground: Ground, *, every: float) -> None:
        self.taken: list[int] = []
        self._ground = ground
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="samples", daemon=True)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self.taken.append(self._ground.backlog())

    def __enter__(self) -> "Samples":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()


def _line(measured: dict[str, Any]) -> str:
    return (
        f"stored {measured['stored_per_s']:,.0f}/s, accepted {measured['accepted_per_s']:,.0f}/s, "
        f"backlog {'flat' if measured['flat'] else 'GROWS'} {measured['backlog']} → {measured['backlog_end']}, "
        f"rows {measured['rows']:,}, lost {measured['lost']}, faults {measured['faults']}, "
        f"outside {measured['outside_cores']:.2f} cores"
    )


def _print(found: dict[str, Any]) -> None:
    say(f"\nEnd to end, {found['seconds']} s, {CONNECTIONS} connections; × legacy {shown(found['ratio_legacy'], 2)}\n")
    table(
        (
            "path", "stored/s", "accepted/s", "p99 ms", "server µs", "consumers µs", "database µs", "Redis µs", "flat",
            "lost",
        ),
        [
            (
                path, *(shown(found["paths"][path][name]) for name in NAMES),
                f"{sum(each['flat'] for each in found['rounds'][path])} of {len(found['rounds'][path])}",
                str(sum(each["lost"] for each in found["rounds"][path])),
            )
            for path in found["rounds"]
        ],
    )  # fmt: skip


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it."""
    return {
        "stored_per_s": found["paths"][STREAM]["stored_per_s"]["median"],
        "ratio_legacy": found["ratio_legacy"]["median"],
        "lost": found["lost"],
    }
