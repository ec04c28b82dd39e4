"""What people who look at the dashboard cost the uploads: none of them, and 200, of whom some read slowly and some
never again."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client

from bench import candidates, consumers, quiet, server
from bench.ground import Ground
from bench.options import Options
from bench.report import say, table
from bench.server import Server
from bench.spread import shown, spread
from bench.tree import Failed, Tree

CONNECTIONS = 300
NONE, ALL = "none", "200"
NOTHING: dict[str, Any] = {"frames_per_s": 0.0, "longest_gap_s": 0.0, "fewest": 0, "gone": 0, "cores": 0.0}
NAMES = ("per_s", "p50_ms", "p99_ms", "server_us", "memory_mb", "frames_per_s", "longest_gap_s", "cores")


@dataclass(slots=True)
class Viewers:
    """The process that looks. `told` is what the ordinary ones of them got, after `end`."""

    process: "subprocess.Popen[str]"

    def begin(self) -> None:
        self._say("begin")

    def end(self) -> dict[str, Any]:
        """What they got since `begin`. Raises Failed when they have ended before."""
        self._say("end")
        out, _err = self.process.communicate(timeout=30)
        if self.process.returncode:
            raise Failed(f"the viewers ended with {self.process.returncode}")
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found

    def _say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()


@contextlib.contextmanager
def looking(port: int, *, count: int, slow: int, dead: int) -> Iterator[Viewers]:
    """So many viewers that are connected. Raises Failed when they can not be."""
    argv = [sys.executable, "-m", "bench.viewers", str(port), _cookie(), *map(str, (count, slow, dead))]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise Failed("the viewers can not connect")
        yield Viewers(process)
    finally:
        process.kill()
        process.wait()


def _cookie() -> str:
    person, _made = User.objects.get_or_create(username="viewer", defaults={"password": "!"})
    person.user_permissions.add(Permission.objects.get(codename="view_route"))
    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Rounds by turns without and with viewers, each with a web server, consumers and a controller of its own, at one
    offered load: the ratio is that of two neighbours."""
    rate = options.rate or options.either(3_000, 300)
    count, slow, dead = options.either((200, 20, 20), (12, 2, 2))
    rounds: dict[str, list[dict[str, Any]]] = {NONE: [], ALL: []}
    for number in range(options.rounds_or(3)):
        for name in (ALL, NONE) if number % 2 else (NONE, ALL):
            measured = _round(ground, options, rate=rate, viewers=(count, slow, dead) if name == ALL else None)
            rounds[name].append(measured)
            say(f"  round {number + 1} viewers {name}: {_line(measured)}")
    pairs = list(zip(rounds[ALL], rounds[NONE], strict=True))
    found = {
        "seconds": options.seconds_or(20), "rate": rate, "viewers": count, "slow": slow, "dead": dead,
        "rounds": rounds,
        "with": {name: spread(each[name] for each in rounds[ALL]) for name in NAMES},
        "without": {name: spread(each[name] for each in rounds[NONE]) for name in NAMES},
        "ratio_p99": spread(with_them["p99_ms"] / alone["p99_ms"] for with_them, alone in pairs),
        "ratio_p50": spread(with_them["p50_ms"] / alone["p50_ms"] for with_them, alone in pairs),
    }  # fmt: skip
    _print(found)
    return found


def _round(
    ground: Ground, options: Options, *, rate: int, viewers: tuple[int, int, int] | None
) -> dict[str, Any]:  # fmt: skip
    ground.reset(share=100)
    outside = quiet.settle(tries=options.either(20, 1))
    think_ms = 1000 * CONNECTIONS // rate
    with (
        consumers.running(ground) as workers,
        _controlled(ground) as controller,
        server.running(candidates.LANE_2, ground) as web,
        contextlib.ExitStack() as back,
    ):
        web.load(connections=CONNECTIONS, seconds=2, think_ms=think_ms)
        ground.drained(workers.check)
        them = None
        if viewers is not None:
            count, slow, dead = viewers
            them = back.enter_context(looking(web.port, count=count, slow=slow, dead=dead))
            them.begin()
        measured = _loaded(web, options.seconds_or(20), think_ms)
        controller.check()
        told = NOTHING if them is None else them.end()
        ground.drained(workers.check)
    return {**measured, **told, "outside_cores": outside}


def _loaded(web: Server, seconds: int, think_ms: int) -> dict[str, Any]:
    load, cpu = web.load(connections=CONNECTIONS, seconds=seconds, think_ms=think_ms)
    return {
        "per_s": load.rate, "p50_ms": load.p50_ms, "p99_ms": load.p99_ms, "faults": load.faults,
        "memory_mb": web.tree.rss() / 2**20, **cpu,
    }  # fmt: skip


@contextlib.contextmanager
def _controlled(ground: Ground) -> Iterator[Tree]:
    """A controller: it publishes the document that is sent."""
    tree = Tree(
        "run_controller", [sys.executable, "manage.py", "run_controller"], log=ground.folder / "controller.log"
    )  # fmt: skip
    try:
        yield tree
    finally:
        tree.end()


def _line(measured: dict[str, Any]) -> str:
    return (
        f"{measured['per_s']:,.0f}/s, p50 {measured['p50_ms']:.1f} ms, p99 {measured['p99_ms']:.1f} ms, server "
        f"{measured['server_us']:.0f} µs, {measured['memory_mb']:.0f} MB, {measured['frames_per_s']:.2f} documents a "
        f"viewer and second (longest gap {measured['longest_gap_s']:.1f} s, {measured['gone']} gone, "
        f"{measured['cores']:.2f} cores), faults {measured['faults']}, outside {measured['outside_cores']:.2f} cores"
    )


def _print(found: dict[str, Any]) -> None:
    say(
        f"\nAt {found['rate']:,} uploads/s offered, {found['seconds']} s; {found['viewers']} viewers, of whom "
        f"{found['slow']} are slow and {found['dead']} never read, against none: p99 "
        f"{shown(found['ratio_p99'], 2)}, p50 {shown(found['ratio_p50'], 2)}\n"
    )
    table(
        (
            "viewers",
            "uploads/s",
            "p50 ms",
            "p99 ms",
            "server µs",
            "web MB",
            "documents/s",
            "longest gap s",
            "cores of the viewers",
        ),
        [
            (name, *(shown(found[key][each], 1 if each != "per_s" else 0) for each in NAMES))
            for name, key in ((NONE, "without"), (str(found["viewers"]), "with"))
        ],
    )


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """Nothing of it is in the last line."""
    return {}
