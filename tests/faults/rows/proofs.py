"""Proofs of their own size: what the acceptance of the project names with numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.simulator.dice import Dice
from tests.faults import poison
from tests.faults.load import Report
from tests.faults.row import PROOF, row
from tests.faults.rows import database, redis
from tests.faults.scene import WEB_WORKERS, Scene

P99_MS = 1_000.0
POISONS = 200
WRITERS = 1  # of each web process, so that a small fleet is too many for them

# In which each thread of a process that has just begun makes its connection.
SETTLED_S = 5.0
# Connections to the database before the fault, by the serials of the trial: what each process keeps for itself.
_kept: dict[str, int] = {}


def _fast(scene: Scene, report: Report) -> str:
    return "" if report.p99_ms < P99_MS else f"p99 is {report.p99_ms:.0f} ms"


@row("redis-away-50", PROOF, hold=60.0, rate=100.0, devices=200, proof=_fast)
@contextmanager
def away_half(scene: Scene, dice: Dice) -> Iterator[None]:
    """Redis is ended for a minute at 50 %: 200 or 503 within a second"""
    with redis.stop(scene, dice):
        yield


@row("redis-frozen-50", PROOF, hold=60.0, rate=100.0, devices=200, proof=_fast)
@contextmanager
def frozen_half(scene: Scene, dice: Dice) -> Iterator[None]:
    """Redis does not answer for a minute at 50 %: 200 or 503 within a second"""
    with redis.frozen(scene, dice):
        yield


def _connections(scene: Scene) -> int:
    with scene.sql() as root:
        root.query("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'ljwx'")
        return int(root.store_result().fetch_row()[0][0])


def _bounded(scene: Scene, report: Report) -> str:
    # Every thread that has written keeps its connection.
    held, most = _connections(scene), _kept[scene.prefix] + WEB_WORKERS * WRITERS
    if held > most:
        return f"{held} connections to the database, more than {most}"
    return "" if report.statuses.get("503") else "no answer was 503: the load was not too much for the fallback"


@row("redis-away-100", PROOF, percentage=100, hold=60.0, rate=1_000.0, devices=600, writers=WRITERS, proof=_bounded)
@contextmanager
def away_whole(scene: Scene, dice: Dice) -> Iterator[None]:
    """Redis is ended for a minute at 100 %, more uploads than one writer a process can store: the rest are 503"""
    scene.wait(SETTLED_S)
    _kept[scene.prefix] = _connections(scene)
    with redis.stop(scene, dice):
        yield
    scene.until(lambda: scene.backlog() < 1_000, within=60)


@row("mariadb-restart", PROOF, percentage=100, hold=5.0, rate=100.0, devices=200)
@contextmanager
def restart(scene: Scene, dice: Dice) -> Iterator[None]:
    """MariaDB is restarted under load: the same consumers go on, nothing is dead-lettered"""
    before = scene.workers()
    with database.stop(scene, dice):
        yield
    scene.until(lambda: scene.backlog() < 50, within=60)
    assert scene.workers() == before, "a consumer did not go on by itself"


def _buried(scene: Scene, report: Report) -> str:
    return poison.wrong(scene.prefix, POISONS)


@row("poison", PROOF, percentage=100, hold=0.0, rate=300.0, devices=300, size=20_000, proof=_buried)
@contextmanager
def poisoned(scene: Scene, dice: Dice) -> Iterator[None]:
    """Poisoned entries, one in a hundred records: each a dead letter with its reason, the rest stored"""
    for number in range(POISONS):
        scene.until(lambda due=number: scene.load.accepted >= due * scene.size // POISONS, within=120)
        poison.put(scene.prefix, number)
    scene.until(lambda: scene.load.accepted >= scene.size)
    yield
