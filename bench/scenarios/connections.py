"""Ten thousand watches that stay connected: the answer's time under think-time load, and the memory of a connection."""

import threading
from typing import Any

from bench import candidates, consumers, quiet, server
from bench.ground import Ground
from bench.options import Options
from bench.report import say, table
from bench.spread import shown, spread
from bench.tree import Tree
from ljwx import openfiles

WANTED = openfiles.FLEET
RATE = 5_000
FEW = 64


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Hold the connections open and upload 5,000 a second over them, with consumers storing."""
    wanted = options.either(WANTED, 500)
    connections = openfiles.allow(wanted)
    if connections < wanted:
        say(f"only {connections:,} connections: a process may not open more files")
    think_ms = 1000 * connections // options.either(RATE, 500)
    rounds = []
    for number in range(options.rounds_or(3)):
        measured = _round(ground, connections, think_ms, options)
        rounds.append(measured)
        say(
            f"  round {number + 1}: {measured['per_s']:,.0f}/s, p50 {measured['p50_ms']:.0f} ms, "
            f"p99 {measured['p99_ms']:.0f} ms, most {measured['max_ms']:.0f} ms, "
            f"{measured['kib_per_connection']:.1f} KiB a connection, faults {measured['faults']}, "
            f"lost {measured['lost']}, outside {measured['outside_cores']:.2f} cores"
        )
    names = ("per_s", "p50_ms", "p99_ms", "max_ms", "kib_per_connection", "server_us")
    found = {
        "connections": connections, "think_ms": think_ms, "rounds": rounds,
        **{name: spread(each[name] for each in rounds) for name in names},
    }  # fmt: skip
    say(f"\n{connections:,} connections, mean think time {think_ms:,} ms\n")
    table(
        ("uploads/s", "p50 ms", "p99 ms", "most ms", "KiB a connection", "server µs"),
        [tuple(shown(found[name], 1 if name == "kib_per_connection" else 0) for name in names)],
    )
    return found


def _round(ground: Ground, connections: int, think_ms: int, options: Options) -> dict[str, Any]:
    ground.reset(share=100)
    outside = quiet.settle(tries=options.either(20, 1))
    with consumers.running(ground) as workers:
        with server.running(candidates.LANE_2, ground) as web:
            # The same work over few connections first: what memory it takes is not the connections'.
            web.load(connections=FEW, seconds=options.either(5, 2), think_ms=1000 * FEW // options.either(RATE, 500))
            before = web.tree.rss()
            with Memory(web.tree) as memory:
                load, cpu = web.load(connections=connections, seconds=options.seconds_or(60, 5), think_ms=think_ms)
        ground.drained(workers.check)
        rows = ground.rows()
        return {
            "per_s": load.rate, "p50_ms": load.p50_ms, "p99_ms": load.p99_ms, "max_ms": load.max_ms,
            "faults": load.faults, "kib_per_connection": (memory.most - before) / connections / 1024,
            "rss_mib": memory.most / 2**20, "lost": max(web.accepted, ground.added(), rows) - rows,
            "outside_cores": outside, **cpu,
        }  # fmt: skip


class Memory:
    """The most memory that `tree` used, looked at every second by a thread."""

    def __init__(self, tree: Tree) -> None:
        self.most = 0
        self._tree = tree
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            self.most = max(self.most, self._tree.rss())

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it: the p99 only when it is that of ten thousand."""
    return {
        "p99_ms_10000_connections": found["p99_ms"]["median"] if found["connections"] == WANTED else None,
        "lost": sum(each["lost"] for each in found["rounds"]),
    }
