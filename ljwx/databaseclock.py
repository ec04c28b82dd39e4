"""The one clock that all hosts share: the database's, as seconds since 1970 whatever its time zone."""

from typing import Any

from django.db import connection
from django.db.models import FloatField, Func

_SQL = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    # The sum is a float, as a column is; UNIX_TIMESTAMP alone is a decimal.
    "mysql": "(UNIX_TIMESTAMP(NOW(6)) + 0e0)",
}


class DatabaseTime(Func):
    """Epoch seconds at the beginning of the statement that it stands in, exact to a millisecond. A column of that: a
    time of the server's session would be held in its time zone, not in Django's."""

    output_field = FloatField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[()]]:  # type: ignore[override]
        return _SQL[connection.vendor], ()


def now() -> float:
    """What the database's clock shows. Raises django.db.Error."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_SQL[connection.vendor]}")
        return float(cursor.fetchone()[0])
