"""The table of a run, as markdown."""

import platform
from collections.abc import Sequence
from importlib.metadata import version

from ljwx.redis import client
from tests.faults.scene import Scene
from tests.faults.trial import Outcome

HEAD = ("row", "trials", "seeds", "accepted", "lost", "doubled", "wrong", "dead wrongly", "p99 ms", "rate of failure")
PACKAGES = ("django", "redis", "mysqlclient", "granian", "msgspec")


def markdown(outcomes: Sequence[Outcome]) -> str:
    """One line a row. `rate of failure`: below 3/N with 95 % confidence when none of N trials failed."""
    lines = [HEAD, tuple("---" if index == 0 else "--:" for index in range(len(HEAD)))]
    for name in dict.fromkeys(outcome.row for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.row == name]
        trials = sum(outcome.trials for outcome in own)
        seeds = sorted({outcome.seed for outcome in own})
        bad = sum(not outcome.clean for outcome in own)
        sums = [sum(getattr(o, field) for o in own) for field in ("accepted", "lost", "doubled", "wrong")]
        lines.append(
            (
                name,
                str(trials),
                str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]}-{seeds[-1]}",
                *map(str, sums),
                str(sum(outcome.dead_wrongly for outcome in own)),
                f"{max(outcome.p99_ms for outcome in own):.0f}",
                f"{bad} failed" if bad else f"< {min(1.0, 3 / max(1, trials)):.2g}",
            )
        )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def versions(scene: Scene) -> str:
    """What it was played with, in a line."""
    with scene.sql() as root:
        root.query("SELECT VERSION()")
        database = root.store_result().fetch_row()[0][0]
    server = client("control").info("server")["redis_version"]
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Redis {server}, MariaDB {database}, Python {platform.python_version()}, {packages}, {platform.release()}"
