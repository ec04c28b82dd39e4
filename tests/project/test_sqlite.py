"""Statements wait for SQLite's write lock, ask often, and give up in time."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from ljwx.sqlite3 import base

LONG_S = 60.0


@pytest.fixture
def connections(tmp_path: Path, django_db_blocker: Any) -> Iterator[Callable[..., Any]]:
    """Makes connections of our own to one database, each with a table; closed at the end."""
    made: list[Any] = []

    def connect(patience_s: float = LONG_S) -> Any:
        own = {
            "ENGINE": "ljwx.sqlite3",
            "NAME": str(tmp_path / "db.sqlite3"),
            "OPTIONS": {"timeout": patience_s, "init_command": "PRAGMA journal_mode=WAL;"},
        }
        found = ConnectionHandler({"default": own})["default"]
        made.append(found)
        with found.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS t (x INTEGER)")
        return found

    with django_db_blocker.unblock():
        yield connect
        for each in made:
            each.close()


def test_the_embedded_database_is_reached_by_it() -> None:
    if settings.DATABASES["default"]["ENGINE"] == "ljwx.mysql":
        pytest.skip("this run is MariaDB's")
    assert settings.DATABASES["default"]["ENGINE"] == "ljwx.sqlite3"
    assert settings.DATABASES["default"]["OPTIONS"]["timeout"] > 1


def many(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s)", iter([(1,), (2,)]))


def one(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (%s)", [1])


def whole(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("INSERT INTO t VALUES (1)")
        cursor.execute("COMMIT")


@pytest.mark.parametrize(("write", "rows"), [(one, 1), (many, 2), (whole, 1)])
def test_a_writer_waits_for_longer_than_sqlite_asks_and_writes_once(
    connections: Any, monkeypatch: pytest.MonkeyPatch, write: Callable[[Any], None], rows: int
) -> None:
    holder, waiter = connections(), connections()
    waiter.inc_thread_sharing()
    asked = threading.Semaphore(0)
    real = base.Cursor._patiently

    def counted(self: base.Cursor, run: Callable[[], Any]) -> Any:
        def asking() -> Any:
            asked.release()
            return run()

        return real(self, asking)

    monkeypatch.setattr(base.Cursor, "_patiently", counted)
    holder.cursor().execute("BEGIN IMMEDIATE")
    while asked.acquire(blocking=False):
        pass
    thread = threading.Thread(target=write, args=(waiter,))
    thread.start()
    for _ in range(4):  # each time SQLite itself has given up
        assert asked.acquire(timeout=LONG_S)
    monkeypatch.undo()
    holder.cursor().execute("COMMIT")
    thread.join(LONG_S)
    with holder.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM t")
        assert cursor.fetchone() == (rows,)


def test_it_gives_up_when_its_time_is_over(connections: Any) -> None:
    holder, waiter = connections(), connections(0.1)
    holder.cursor().execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"):
        one(waiter)
    with pytest.raises(OperationalError, match="database is locked"):
        many(waiter)


def test_what_is_not_a_lock_and_what_is_in_a_transaction_is_told_at_once(connections: Any) -> None:
    connection = connections()
    with pytest.raises(OperationalError, match="no such table"):
        connection.cursor().execute("INSERT INTO missing VALUES (1)")
    tries = 0

    def busy() -> None:
        nonlocal tries
        tries += 1
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
        raise error

    cursor = connection.connection.cursor(factory=base.Cursor)
    cursor.execute("BEGIN")
    with pytest.raises(sqlite3.OperationalError):
        cursor._patiently(busy)
    assert tries == 1
    cursor.execute("ROLLBACK")
