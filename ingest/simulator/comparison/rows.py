"""Rows of a table, by device."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Model

Rows = dict[str, dict[Any, list[Sequence[Any]]]]  # serial → key → rows


def read(
    model: type[Model], serials: Sequence[str], *, serial: str, key: Sequence[str], columns: Sequence[str]
) -> Rows:
    """The rows of `serials`: `columns` of each, under its `key` columns (one value, or a tuple of several)."""
    found: Rows = defaultdict(lambda: defaultdict(list))
    query = model._default_manager.filter(**{f"{serial}__in": serials}).values_list(serial, *key, *columns)
    width = 1 + len(key)
    for row in query.iterator():
        own = row[1] if len(key) == 1 else row[1:width]
        found[row[0]][own].append(row[width:])
    return found
