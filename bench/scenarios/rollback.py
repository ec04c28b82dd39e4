"""The way back: from the request to the last entry that the stream gets under load, and through a backlog."""

import threading
import time
from typing import Any

from bench import candidates, consumers, quiet, server
from bench.ground import Ground
from bench.load import Load
from bench.options import Options
from bench.report import say, table
from bench.scenarios.sos import fill
from bench.server import Server
from bench.spread import shown, spread
from bench.tree import family
from ljwx.redis import client
from monitoring.models import LedgerCount
from rollout.models import Rollback
from rollout.rollback import execute_rollback, progress
from streaming import registry

CONNECTIONS = 64
NAMES = ("last_entry_s", "effective_s", "drained_s", "verified_s")
PATIENCE_S = 600.0
S = Rollback.Status


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Rounds of both: every device goes back while uploads come as fast as they are answered, and then with entries
    that wait while nobody uploads."""
    waiting = options.either(100_000, 5_000)
    found: dict[str, Any] = {"connections": CONNECTIONS, "waiting": waiting, "load": [], "backlog": []}
    for number in range(options.rounds_or(3)):
        for name, round_ in (("load", _under_load), ("backlog", _with_backlog)):
            measured = round_(ground, waiting, options)
            found[name].append(measured)
            say(f"  round {number + 1}, {name}: {_line(measured)}")
    say(f"\nSeconds from the request, under load and with {waiting:,} entries that wait\n")
    rows = [(name, *(_shown(found[name], figure) for figure in NAMES)) for name in ("load", "backlog")]
    table(("rollback", "last new entry", "effective", "drained", "verified"), rows)
    return found


def _under_load(ground: Ground, waiting: int, options: Options) -> dict[str, Any]:
    _reset(ground)
    outside = quiet.settle(tries=options.either(20, 1))
    with consumers.running(ground) as workers, server.running(candidates.LANE_2, ground) as web:
        seconds = options.seconds_or(15, 6)
        load = Uploading(web, seconds=seconds)
        load.begun.wait()
        threading.Event().wait(seconds / 3)
        rollback = execute_rollback("immediate", "bench", force=True)
        _follow(rollback, S.VERIFYING)
        seen = load.end()
        last = _last_entry_ms() / 1000 - rollback.requested_at.timestamp()
        ground.settled(workers.check)
        lost = max(web.accepted, ground.rows()) - ground.rows()
        rollback = _follow(rollback, options.either(S.DONE, S.VERIFYING))
    return {**_times(rollback), "last_entry_s": last, "faults": seen.faults, "rate": seen.rate, "lost": lost,
            "outside_cores": outside}  # fmt: skip


def _with_backlog(ground: Ground, waiting: int, options: Options) -> dict[str, Any]:
    _reset(ground)
    outside = quiet.settle(tries=options.either(20, 1))
    with server.running(candidates.LANE_2, ground) as web, consumers.running(ground) as workers:
        # They stand still until the rollback has counted what waits.
        standing = list(family(workers.process.pid))
        for process in standing:
            process.suspend()
        fill(waiting)
        rollback = execute_rollback("immediate", "bench", force=True)
        progress(now=time.time(), fence=lambda: None)
        for process in standing:
            process.resume()
        rollback = _follow(rollback, options.either(S.DONE, S.VERIFYING))
        lost = max(waiting + web.accepted, ground.rows()) - ground.rows()
    return {**_times(rollback), "last_entry_s": None, "faults": 0, "rate": 0.0, "lost": lost, "outside_cores": outside}


class Uploading:
    """Load by a thread beside the one that asks for the rollback."""

    def __init__(self, web: Server, *, seconds: int) -> None:
        self.begun = threading.Event()
        self._web = web
        self._seconds = seconds
        self._seen: list[Load] = []
        self._thread = threading.Thread(target=self._run, name="load")
        self._thread.start()

    def _run(self) -> None:
        self.begun.set()
        self._seen.append(self._web.load(connections=CONNECTIONS, seconds=self._seconds)[0])

    def end(self) -> Load:
        """Wait for its end: what it saw."""
        self._thread.join()
        return self._seen[0]


def _reset(ground: Ground) -> None:
    ground.reset(share=100)
    Rollback.objects.update(active=None)
    LedgerCount.objects.all().delete()


def _follow(rollback: Rollback, status: str) -> Rollback:
    """Rounds as the controller makes them, until `status` or the end."""
    deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while rollback.status not in (status, S.DONE) and time.monotonic() < deadline:
        progress(now=time.time(), fence=lambda: None)
        rollback.refresh_from_db()
        pause.wait(0.2)
    return rollback


def _last_entry_ms() -> int:
    found: Any = client("control").xinfo_stream(registry.get("health").stream)
    return int(found["last-generated-id"].split(b"-")[0])


def _times(rollback: Rollback) -> dict[str, Any]:
    moments = {
        "effective_s": rollback.effective_at,
        "drained_s": rollback.drained_at,
        "verified_s": rollback.verified_at,
    }
    times = {name: at and (at - rollback.requested_at).total_seconds() for name, at in moments.items()}
    return {**times, "in_stream": rollback.in_stream, "outcome": rollback.outcome}


def _line(measured: dict[str, Any]) -> str:
    times = ", ".join(f"{name} {measured[name]:.2f}" for name in NAMES if measured[name] is not None)
    return (
        f"{times}; {measured['in_stream']} entries in the stream, {measured['rate']:,.0f} uploads/s, lost "
        f"{measured['lost']}, faults {measured['faults']}, outside {measured['outside_cores']:.2f} cores"
    )


def _shown(rounds: list[dict[str, Any]], figure: str) -> str:
    measured = [each[figure] for each in rounds if each[figure] is not None]
    return shown(spread(measured), 2) if measured else "–"


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it."""
    return {
        "rollback_last_entry_s": spread(each["last_entry_s"] for each in found["load"])["median"],
        "rollback_drained_s": spread(each["drained_s"] for each in found["backlog"])["median"],
        "lost": sum(each["lost"] for name in ("load", "backlog") for each in found[name]),
    }
