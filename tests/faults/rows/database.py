"""What can become of MariaDB, of the way to it, and of its locks."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import MySQLdb

from ingest.simulator.dice import Dice
from tests.faults.row import DATABASE, row
from tests.faults.scene import Scene

DROPS = 3
DEADLOCK = 1213
WEIGHT = 2_000  # rows that make the harness's transaction the one that InnoDB spares


@row("database-stop", DATABASE)
@contextmanager
def stop(scene: Scene, dice: Dice) -> Iterator[None]:
    """MariaDB ends by SIGTERM and is started again on its data."""
    scene.database.end()
    yield
    scene.database.start()


@row("database-kill", DATABASE)
@contextmanager
def kill(scene: Scene, dice: Dice) -> Iterator[None]:
    """MariaDB ends by SIGKILL and is started again on its data."""
    scene.database.kill()
    yield
    scene.database.start()


@row("database-frozen", DATABASE, hold=2.0)
@contextmanager
def frozen(scene: Scene, dice: Dice) -> Iterator[None]:
    """MariaDB is stopped by SIGSTOP and goes on."""
    scene.database.signal(signal.SIGSTOP)
    yield
    scene.database.signal(signal.SIGCONT)


@row("database-frozen-long", DATABASE, hold=1.0)
@contextmanager
def frozen_long(scene: Scene, dice: Dice) -> Iterator[None]:
    """MariaDB is stopped by SIGSTOP for longer than anybody waits: the same consumers tell so and try again."""
    before = scene.workers()
    scene.database.signal(signal.SIGSTOP)
    given_up = scene.until(lambda: _all_failing(scene), within=60, what="every consumer has given up its statement")
    # Another sign of life, and later failures, while nothing has changed.
    scene.until(lambda: _later(given_up, _all_failing(scene)), within=60, what="every consumer tries again")
    yield
    scene.database.signal(signal.SIGCONT)
    try:
        scene.until(
            lambda: all(not error for error, _ in scene.told("error", "beat")), within=60, what="no consumer fails"
        )
    except AssertionError as error:
        raise AssertionError(f"{error}: {scene.told('error', 'beat')} {scene.said('consumers')[-2500:]}") from error
    scene.until(lambda: scene.workers() == before, within=60, what="the same consumers go on by themselves")


def _all_failing(scene: Scene) -> list[float]:
    """When each consumer has told that the database does not answer; nothing while one has not."""
    told = scene.told("error", "beat")
    return [float(beat) for _, beat in told] if len(told) == 2 and all(error for error, _ in told) else []


def _later(before: list[float], now: list[float]) -> bool:
    return len(now) == len(before) and all(pair[0] < pair[1] for pair in zip(before, now, strict=True))


@row("database-hang", DATABASE, hold=2.0)
@contextmanager
def hang(scene: Scene, dice: Dice) -> Iterator[None]:
    """Nothing passes between the processes and MariaDB; then what was held back does."""
    scene.to_database.hang()
    yield
    scene.to_database.go()


@row("database-slow", DATABASE)
@contextmanager
def slow(scene: Scene, dice: Dice) -> Iterator[None]:
    """Every message to and from MariaDB is late."""
    scene.to_database.delay(20 + dice.below(60))
    yield
    scene.to_database.go()


@row("database-reset", DATABASE)
@contextmanager
def reset(scene: Scene, dice: Dice) -> Iterator[None]:
    """Every connection to MariaDB is cut, each new one too."""
    scene.to_database.reset()
    yield
    scene.to_database.go()


@row("database-refuse", DATABASE)
@contextmanager
def refuse(scene: Scene, dice: Dice) -> Iterator[None]:
    """Every connection to MariaDB is cut and new ones are refused."""
    scene.to_database.refuse()
    yield
    scene.to_database.go()


@row("database-connections-killed", DATABASE)
@contextmanager
def connections_killed(scene: Scene, dice: Dice) -> Iterator[None]:
    """KILL of every connection of the processes, a few times."""
    killed = 0
    with scene.sql() as root:
        for _ in range(DROPS):
            for identifier in _column(root, "SELECT id FROM information_schema.processlist WHERE user = 'ljwx'"):
                try:
                    root.query(f"KILL {identifier}")
                    killed += 1
                except MySQLdb.OperationalError:
                    pass  # it is gone already
            scene.wait(0.3)
    yield
    assert killed, "there was no connection"


def _dropped(scene: Scene, *, cuts: bool) -> Iterator[None]:
    before = scene.to_database.dropped
    scene.to_database.drop(b"COMMIT", times=DROPS, cuts=cuts)
    yield
    scene.until(lambda: scene.to_database.dropped > before)
    scene.to_database.go()


@row("database-commit-reply-cut", DATABASE)
@contextmanager
def commit_cut(scene: Scene, dice: Dice) -> Iterator[None]:
    """The connection is cut instead of the reply to COMMIT."""
    yield from _dropped(scene, cuts=True)


@row("database-commit-reply-silent", DATABASE)
@contextmanager
def commit_silent(scene: Scene, dice: Dice) -> Iterator[None]:
    """The reply to COMMIT does not come until the connection ends."""
    yield from _dropped(scene, cuts=False)


@row("database-deadlock", DATABASE, percentage=100)
@contextmanager
def deadlock(scene: Scene, dice: Dice) -> Iterator[None]:
    """A consumer's transaction is made the victim of a deadlock."""
    with scene.sql() as root, scene.sql() as other:
        root.query("SET innodb_lock_wait_timeout = 5")
        root.query("CREATE TABLE IF NOT EXISTS weight (id INT AUTO_INCREMENT PRIMARY KEY)")
        before = _deadlocks(other)
        own = 0

        def happened() -> bool:
            nonlocal own
            own += not _cross(scene, root, other)
            return _deadlocks(other) - before > own

        scene.until(happened, within=60)
    yield


def _cross(scene: Scene, root: Any, other: Any) -> bool:
    """Lock what a batch writes last, wait until one waits for it, then ask for what it has written first. False when
    this transaction was the victim."""
    consumers = list(scene.workers())
    for pid in consumers:
        os.kill(pid, signal.SIGSTOP)
    scene.wait(0.4)  # entries come meanwhile: a batch of several devices
    if _column(other, _OPEN):
        # One was stopped inside a transaction, and would hold its locks.
        for pid in consumers:
            os.kill(pid, signal.SIGCONT)
        return True
    serials = _column(root, _SERIALS.format(scene.prefix))
    middle = serials[len(serials) * 3 // 4]
    root.query("BEGIN")
    root.query("INSERT INTO weight VALUES " + ",".join(["(NULL)"] * WEIGHT))
    _column(root, f"SELECT id FROM t_user_health_data WHERE device_sn >= '{middle}' FOR UPDATE")
    for pid in consumers:
        os.kill(pid, signal.SIGCONT)
    for _ in range(10):
        if _somebody_waits(scene, other):
            break
    try:
        _column(root, f"SELECT id FROM t_user_health_data WHERE device_sn < '{middle}' FOR UPDATE")
    except MySQLdb.OperationalError as error:
        return error.args[0] != DEADLOCK
    finally:
        root.query("ROLLBACK")
    return True


def _somebody_waits(scene: Scene, root: Any) -> bool:
    # The view is a copy, which is renewed only when nobody has read it for a tenth of a second.
    scene.wait(0.15)
    return bool(_column(root, "SELECT trx_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"))


_OPEN = (
    "SELECT 1 FROM information_schema.innodb_trx t, information_schema.processlist p"
    " WHERE p.id = t.trx_mysql_thread_id AND p.user = 'ljwx'"
)
_SERIALS = "SELECT DISTINCT device_sn FROM t_user_health_data WHERE device_sn LIKE '{}%' ORDER BY device_sn"


def _deadlocks(root: Any) -> int:
    root.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
    return int(root.store_result().fetch_row()[0][1])


@row("database-locked", DATABASE, hold=6.0)
@contextmanager
def locked(scene: Scene, dice: Dice) -> Iterator[None]:
    """Another transaction holds the locks of all readings, longer than the lock wait time-out."""
    with scene.sql() as root, scene.sql() as other:
        root.query("BEGIN")
        _column(root, "SELECT id FROM t_user_health_data FOR UPDATE")
        scene.until(lambda: _somebody_waits(scene, other), what="somebody waits for a lock")
        yield
        root.query("ROLLBACK")


@row("database-read-only", DATABASE)
@contextmanager
def read_only(scene: Scene, dice: Dice) -> Iterator[None]:
    """MariaDB refuses writes, as a replica does."""
    with scene.sql() as root:
        root.query("SET GLOBAL read_only = 1")
        yield
        root.query("SET GLOBAL read_only = 0")


def _column(root: Any, query: str) -> list[Any]:
    """The first column of a query's rows."""
    root.query(query)
    return [row[0] for row in root.store_result().fetch_row(maxrows=0)]
