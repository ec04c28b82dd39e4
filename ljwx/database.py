"""How long a process waits for its database: one that is frozen, or gone without a word, must hold nobody for ever."""

from django.conf import settings
from django.db import connections

ALIAS = "default"


def bound_waits() -> None:
    """From now on this process waits at most `DATABASE_READ_TIMEOUT_S` for one answer of MySQL, and for its taking one
    statement: then the connection is closed and error 2013 raised, which is class "retry". And MariaDB waits no longer
    for the next statement of a transaction that has written: it rolls back what a frozen process keeps locked.

    For web processes and consumers, before their first query. Other commands wait for ever, for an ALTER TABLE may
    take an hour. A time-out at COMMIT says nothing of its outcome: natural keys make the second try harmless. Options
    in LJWX_DATABASE_URL win. SQLite has its busy time-out. MariaDB's client waits just so long, Oracle's up to three
    times: it reads again (MySQL C API, MYSQL_OPT_READ_TIMEOUT).
    """
    found = connections.settings[ALIAS]
    if not found["ENGINE"].endswith("mysql"):
        return
    options, seconds = found["OPTIONS"], settings.DATABASE_READ_TIMEOUT_S
    for name in ("read_timeout", "write_timeout"):
        options.setdefault(name, seconds)
    # To MySQL, which has no such variable, this is a comment.
    options["init_command"] += f" /*M!100300 , idle_write_transaction_timeout={seconds} */"
    connections[ALIAS].close()
