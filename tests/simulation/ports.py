"""The simulation's ports put into the project's code, and taken out again."""

import contextlib
import gc
import logging
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

import ljwx.redis
import streaming.consumer  # noqa: F401 - its constants are made small
from ingest import accept
from ingest import upload as uploads
from ingest.writers import clock as writers_clock
from ljwx import background
from rollout import pins
from streaming import mirror, storing
from streaming.budget import Budget
from streaming.producer import NotAppended, append
from tests.simulation import memory
from tests.simulation.database import Connection, Database, open_database

# Small enough that short schedules split uploads, cut chunks, follow cursors and give a database up.
SMALL = {"MOST_RECORDS": 3, "CHUNK_RECORDS": 4, "ATTEMPTS": 2}
# How old a process's copy of the routes may be: much older than a real one's.
STALE_S = 20.0
APPS = ("streaming", "rollout", "ingest")
TABLES = (
    "t_user_health_data", "t_user_health_data_daily", "t_user_health_data_weekly", "t_device_info",
    "t_device_info_history", "t_common_event", "t_alert_info", "ljwx_dead_letter", "rollout_change",
    "t_user_health_data_shadow", "t_user_health_data_daily_shadow", "t_user_health_data_weekly_shadow",
    "t_device_info_shadow", "t_device_info_history_shadow", "t_common_event_shadow",
)  # fmt: skip


class Ports:
    """What the code sees instead of the world: `hold` keeps it so. One at a time in a process."""

    def __init__(self) -> None:
        self.database = Database(open_database())
        self.current: Any = None
        self._migrated = False
        self._undo: tuple[str, ...] = ()
        self._pool: dict[str, Connection] = {}
        self._settings = {**connections.databases["default"], "NAME": ":memory:", "OPTIONS": {}}
        self._settings["ENGINE"] = "django.db.backends.sqlite3"

    @contextlib.contextmanager
    def hold(self) -> Iterator["Ports"]:
        """Everything is patched, the tables are made; undone at the end."""
        places: list[tuple[Any, str, Any]] = [
            (connections, "_connections", self),
            (ljwx.redis, "_client", lambda url, profile: self.current.client),
            (uploads, "clock", lambda: self.current.world.now),
            (accept, "clock", lambda: self.current.world.monotonic()),
            (writers_clock, "time", SimpleNamespace(time=lambda: self.current.world.now)),
            (storing, "clock", lambda: self.current.world.monotonic()),
            (storing, "_pause", SimpleNamespace(wait=lambda seconds: self.current.world.pause(seconds))),
            (storing, "random", SimpleNamespace(uniform=lambda a, b: a + (b - a) * self.current.world.random.random())),
            (pins, "clock", lambda: self.current.world.now),
            (accept, "_semaphore", self),
            (mirror, "threaded", self),
            (mirror, "clock", lambda: self.current.world.monotonic()),
            (Budget, "clock", lambda budget: self.current.world.now),
            (settings, "STREAM_RETENTION_MINUTES", 0),
            (background, "INTERVAL", STALE_S),
            *((module, name, value) for name, value in SMALL.items() for module in holders(name)),
        ]
        with contextlib.ExitStack() as stack:
            for place, name, value in places:
                stack.callback(setattr, place, name, getattr(place, name))
                setattr(place, name, value)
            # A seed makes tens of thousands of objects and few cycles: looking for these takes a fifteenth of its time.
            stack.callback(gc.set_threshold, *gc.get_threshold())
            gc.set_threshold(50_000, 20, 100)
            stack.callback(memory.take)
            stack.callback(logging.disable, logging.root.manager.disable)
            logging.disable(logging.CRITICAL)
            self.default = self.connection("test")
            if not self._migrated:
                executor = MigrationExecutor(self.default)
                executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] in APPS])
                self._migrated = True
            stack.callback(self._mend)
            yield self

    def _mend(self) -> None:
        self.database.begin(None)
        for statement in self._undo:
            self.database.raw.execute(statement)
        self._undo = ()

    def connection(self, name: str) -> Connection:
        """The database connection of the process called `name`."""
        if name not in self._pool:
            self._pool[name] = Connection(self.database, self._settings)
        return self._pool[name]

    def empty(self) -> None:
        """No row in any table, but a route for each kind; the numbers of rows begin anew, so that no seed meets those
        of another, which reach the value that stands for a poison."""
        for table in (*TABLES, "sqlite_sequence"):
            self.database.raw.execute(f"DELETE FROM {table}")

    def without_keys(self, table: str) -> None:
        """Let `table` lose its keys, until the ports are let go."""
        raw = self.database.raw
        raw.execute(f"ALTER TABLE {table} RENAME TO kept")
        raw.execute(f"CREATE TABLE {table} AS SELECT * FROM kept WHERE 0")
        self._undo += (f"DROP TABLE {table}", f"ALTER TABLE kept RENAME TO {table}")

    # As the semaphore of the legacy writers

    def acquire(self, timeout: float) -> bool:
        return bool(self.current.may_write())

    def release(self) -> None:
        return

    # As the mirror of a process without an event loop

    def publish(self, copies: Sequence[mirror.Copy]) -> None:
        counts = self.current.world.counts
        for copy in copies:
            try:
                if not mirror.is_open():
                    raise NotAppended("the mirror is closed", unsure=False)
                append(copy.entries())
            except NotAppended:
                counts["dropped copies"] += 1
            else:
                counts["mirrored copies"] += 1


def holders(name: str) -> list[ModuleType]:
    """The modules of the project that have a constant called `name`."""
    found = [
        module
        for path, module in sorted(sys.modules.items())
        if path.partition(".")[0] in {"ingest", "streaming"} and name in vars(module)
    ]
    if not found:
        raise LookupError(f"no module has {name}")
    return found
