"""Walking an index where SQL would read every row."""

from collections.abc import Iterator
from typing import Any


def steps(rows: Any, name: str) -> Iterator[str]:
    """The values of a text column of the queryset `rows`, sorted, without "". One step along an index of that column,
    behind those that `rows` fixes, for each value, however many rows have it: DISTINCT, GROUP BY and a recursive query
    read every row. Raises django.db.Error."""
    values = rows.order_by(name).values_list(name, flat=True)
    value = values.filter(**{f"{name}__gt": ""}).first()
    while value is not None:
        yield value
        value = values.filter(**{f"{name}__gt": value}).first()
