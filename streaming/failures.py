"""What a database error means for the records that met it: told by its number, never by its class.

A failed CHECK arrives as OperationalError 4025, the same class as "server has gone away".
Numbers: MariaDB and MySQL error reference.
"""

import enum

from django.db import Error, InterfaceError


class Failure(enum.Enum):
    """RETRY: the world is busy, the same transaction again. STOP: the world is broken, a person must mend it.
    RECORD: some record in the batch can not be stored. UNKNOWN: nobody has classified it: STOP, unless one record
    alone meets it while a probe write works."""

    RETRY = "retry"
    STOP = "stop"
    RECORD = "record"
    UNKNOWN = "unknown"


RETRY = {1205, 1213, 1040, 1053, 1158, 1159, 1160, 1161, 1317, 2002, 2003, 2006, 2013, 2055, 3024, 4031}
STOP = {1021, 1036, 1044, 1045, 1049, 1054, 1114, 1142, 1146, 1290, 1836}
RECORD = {1048, 1264, 1265, 1292, 1300, 1366, 1406, 1451, 1452, 1690, 3819, 4025}

SQLITE_RETRY = ("database is locked", "database table is locked")
SQLITE_STOP = ("no such table", "no such column", "disk", "readonly", "unable to open", "malformed", "full")
SQLITE_RECORD = ("constraint failed", "datatype mismatch", "string or blob too big")


class Unavailable(Exception):
    """Raised when the database can not take the records now. Nothing was stored or acknowledged; try again later."""


class Broken(Unavailable):
    """Raised when trying again will not help until a person has mended the database."""


class Exhausted(Unavailable):
    """Raised when more records would be buried than the budget of their kind allows: a person must look first."""


def classify(error: Exception) -> Failure:
    """What `error`, raised by a write, means."""
    if isinstance(error, (OverflowError, UnicodeError, ValueError)):
        return Failure.RECORD
    if isinstance(error, InterfaceError):
        return Failure.RETRY
    if not isinstance(error, Error):
        return Failure.UNKNOWN
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    for failure, numbers in ((Failure.RETRY, RETRY), (Failure.STOP, STOP), (Failure.RECORD, RECORD)):
        if number in numbers:
            return failure
    text = str(error).lower() if number is None else ""
    for failure, parts in (
        (Failure.RETRY, SQLITE_RETRY),
        (Failure.RECORD, SQLITE_RECORD),
        (Failure.STOP, SQLITE_STOP),
    ):
        if any(part in text for part in parts):
            return failure
    return Failure.UNKNOWN
