"""One SQLite in memory behind a connection for each simulated process; statements and commits may meet any fate.

The processes share the one real connection. They take turns only where no transaction has written: there the waiting
one's transaction is ended and begun again, which is what READ COMMITTED shows it. So a rival can take a key between
a writer's read and its insert, as on MySQL.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from django.db import DataError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3._functions import register as register_functions
from django.db.backends.sqlite3.base import DatabaseWrapper

from tests.simulation.fate import BEGIN, COMMIT, STATEMENT, Fate
from tests.simulation.world import World

# A value that the database refuses, whatever the edge thinks of it.
POISON_ALTITUDE = 31337.5
POISON_VOLTAGE = 31337


def open_database() -> sqlite3.Connection:
    """The one real connection, in autocommit."""
    raw = sqlite3.connect(
        ":memory:", detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES, isolation_level=None
    )
    register_functions(raw)
    return raw


class Database:
    """What the connections have in common: the world, the real connection, and how the server fares."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.world: World | None = None
        self.down = False
        self.readonly = False
        self.wrote = False

    def begin(self, world: World | None) -> None:
        """A new run, or (None) no run: then nothing fails."""
        self.rollback()
        self.world, self.down, self.readonly, self.wrote = world, False, False, False
        if world is not None:
            world.leave, world.back, world.bury = self.leave, self.back, lambda process: self.rollback()

    def rollback(self) -> None:
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def leave(self) -> bool | None:
        """May others run now? None: no, they would wait for what is written. Else whether a transaction is open."""
        if not self.raw.in_transaction:
            return False
        if self.wrote:
            return None
        self.raw.execute("ROLLBACK")
        return True

    def back(self) -> None:
        """The process that had a transaction open goes on."""
        self.raw.execute("BEGIN IMMEDIATE")


class Connection(DatabaseWrapper):
    """Django's connection of one simulated process."""

    def __init__(self, database: Database, settings: dict[str, Any]) -> None:
        super().__init__(settings, "default")
        self._database = database
        self._gone = False
        self.transaction_mode = "IMMEDIATE"
        self.execute_wrappers.append(self._statement)

    def renew(self) -> None:
        """For a new process: no connection yet."""
        self.connection = None
        self.in_atomic_block = self.needs_rollback = self.closed_in_transaction = self.errors_occurred = False
        self.savepoint_ids, self.atomic_blocks, self.run_on_commit = [], [], []
        self._gone = False

    def get_connection_params(self) -> dict[str, Any]:
        return {}

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        if self._database.down:
            raise OperationalError(2003, "Can't connect to MySQL server")
        self._gone = False
        return self._database.raw

    def init_connection_state(self) -> None:
        return

    def close(self) -> None:
        BaseDatabaseWrapper.close(self)

    def _close(self) -> None:
        self._database.rollback()

    def _set_autocommit(self, autocommit: bool) -> None:
        return

    def is_usable(self) -> bool:
        return not self._gone and not self._database.down

    def _statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        world = self._database.world
        if world is None:
            return execute(sql, params, many, context)
        if self._gone or self._database.down:
            self._lose()
            raise OperationalError(2006, "Server has gone away")
        verb = sql[: sql.find(" ")]
        writes = verb in {"INSERT", "UPDATE", "DELETE", "SAVEPOINT", "REPLACE"}
        begins = verb == "BEGIN"
        fate = world.point(lambda: _shown(sql), BEGIN if begins else STATEMENT)
        self._database.wrote = writes or (self._database.wrote and not begins)
        if fate is Fate.GONE:
            self._lose()
            raise OperationalError(2013, "Lost connection to server during query")
        if fate is Fate.DEADLOCK:
            self._database.rollback()
            raise OperationalError(1213, "Deadlock found when trying to get lock; try restarting transaction")
        if fate is Fate.LOCKED:
            raise OperationalError("database is locked") if begins else OperationalError(1205, "Lock wait timeout")
        if writes and self._database.readonly:
            raise OperationalError(1290, "The MySQL server is running with the --read-only option")
        if verb == "INSERT" and sql.startswith('INSERT INTO "t_') and _poisoned(sql, params):
            world.counts["refused rows"] += 1
            world.counts["bisects"] += "), (" in sql
            raise DataError(1264, "Out of range value for column")
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            if "UNIQUE constraint failed" in str(error):
                world.counts["races"] += 1
                world.note(f"  {error}")
            raise

    def _lose(self) -> None:
        """The connection is lost, and with it the open transaction; Django must notice and connect again."""
        self._database.rollback()
        self._gone = self.errors_occurred = True

    def _commit(self) -> None:
        world = self._database.world
        if world is None:
            self._database.raw.execute("COMMIT")
            return
        if world.faulty and world.current is not None and world.current.name.startswith("consumer"):
            world.counts["stored under faults"] += 1
        fate = world.point("COMMIT", COMMIT)
        if fate is Fate.REFUSED:
            self._lose()
            raise OperationalError(2013, "Lost connection to server during query")
        self._database.raw.execute("COMMIT")
        if fate is Fate.KILLED_AFTER:
            world.die()
        if fate is Fate.LOST:
            self._lose()
            raise OperationalError(2013, "Lost connection to server during query")

    def _rollback(self) -> None:
        self._database.rollback()
        if self._gone:
            raise OperationalError(2006, "Server has gone away")


def _poisoned(sql: str, params: Any) -> bool:
    # A float is bound, a whole number is written out.
    return f" {POISON_VOLTAGE}," in sql or POISON_ALTITUDE in (params or ())


def _shown(sql: str) -> str:
    return sql if len(sql) <= 150 else f"{sql[:60]} … {sql[-85:]}"
