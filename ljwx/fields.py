"""A column type that several apps need."""

from typing import Any

from django.db import models


class BytewiseCharField(models.CharField):  # type: ignore[type-arg]
    """Text compared byte by byte on every database: a case-insensitive collation merged serials that differ.

    SQLite compares so by itself; MySQL and MariaDB need a binary collation on the column.
    """

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters
