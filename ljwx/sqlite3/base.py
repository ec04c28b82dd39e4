"""A writer that waits asks again within 10 ms.

SQLite's own busy handler asks after 1, 2, 5, 10, ... and then each 100 ms (sqlite3.c, sqliteDefaultBusyCallback), and
whoever comes in between is first: the longer somebody waits, the smaller his chance. Of several processes that write
most of the time one goes away for seconds. Measured: docs/decisions/0019-waiting-for-sqlite.md.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base

# So long SQLite asks by itself: after 1, 2, 5 and 10 ms. Then the waits begin anew.
ROUND_MS = 18
PRIMARY_CODE = 0xFF  # an extended error code has its primary one in the lowest byte


class Cursor(base.SQLiteCursorWrapper):
    """Its statements wait for others to end, for `patience_s` in all.

    Only the first one of a transaction does, a BEGIN IMMEDIATE: those after it have the lock. One that failed as busy
    has changed nothing and may be run again.
    """

    patience_s = 0.0

    def execute(self, query: str, params: Any = None) -> Any:
        run = super().execute
        return self._patiently(lambda: run(query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        run, kept = super().executemany, list(param_list)
        return self._patiently(lambda: run(query, kept))

    def _patiently(self, run: Callable[[], Any]) -> Any:
        if self.connection.in_transaction:
            return run()
        until = time.monotonic() + self.patience_s
        while True:
            try:
                return run()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    raise


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the option `timeout` as the longest wait for the write lock, in seconds."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # With the whole time-out: to turn WAL on takes a lock of its own.
        connection = super().get_new_connection(conn_params)
        connection.execute(f"PRAGMA busy_timeout = {ROUND_MS}")
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.patience_s = self.settings_dict["OPTIONS"].get("timeout", 5.0)
        return cursor
