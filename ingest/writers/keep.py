"""The first of each natural key stays; the others are told apart into duplicates and conflicts by their values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import IntegrityError

from ingest.rows import Row, Table
from streaming.registry import Key, Written

R = TypeVar("R")


class Respelt(ValueError):
    """Raised when a key can not be stored because the database takes it for another spelling that is there, such as
    one with a space behind it. No edge makes such a key, but an entry may hold anything."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[R]):
    """`written` for the caller's count, `stored` the records whose values are in the table (new and duplicate)."""

    written: Written
    stored: list[R]


def keep_first(
    table: Table,
    kind: str,
    records: Sequence[R],
    *,
    key: Callable[[R], Key],
    row: Callable[[R], Row],
    compared: tuple[str, ...],
    values: Callable[[R], Sequence[Any]],
    same: Callable[[R, Sequence[Any]], bool],
) -> Kept[R]:
    """Insert the records whose key is free, and tell for each whether the table now holds its values.

    `values` are a record's `compared` columns as a row would hold them; `same(record, held)` compares with such a row.
    A conflict is a record whose key is taken by other values, in the table or earlier in `records`. Runs in the
    caller's transaction.
    """
    keyed = [(key(record), record) for record in records]
    first: dict[Key, R] = {}
    for found, record in keyed:
        first.setdefault(found, record)
    taken = [tuple(found) for found in table.select(table.key, list(first))]
    held = _read(table, compared, taken) if taken else {}
    missing = sorted(found for found in first if found not in held)
    rows = {found: (row(first[found]), values(first[found])) for found in missing}
    raced = _insert(table, compared, rows)
    new = rows.keys() - raced.keys()
    held |= raced | {found: rows[found][1] for found in new}
    stored: list[R] = []
    conflicts: list[tuple[str, R]] = []
    fresh: list[R] = []
    for found, record in keyed:
        if not same(record, held[found]):
            conflicts.append((kind, record))
            continue
        stored.append(record)
        if found in new:
            new.discard(found)
            fresh.append(record)
    return Kept(Written(len(fresh), len(stored) - len(fresh), conflicts, fresh), stored)


def _insert(
    table: Table, compared: tuple[str, ...], rows: dict[Key, tuple[Row, Sequence[Any]]]
) -> dict[Key, Sequence[Any]]:
    """Insert the rows whose keys are still free; what the table holds under the keys of those that were not.

    A plain INSERT that succeeds proves that its rows are new and hold these very values.
    """
    held: dict[Key, Sequence[Any]] = {}
    while rows.keys() - held.keys():
        try:
            table.insert([row for found, (row, _) in rows.items() if found not in held])
            break
        except IntegrityError as error:
            # Another process took some of the keys meanwhile.
            free = [found for found in rows if found not in held]
            taken = _read(table, compared, free)
            if not taken:
                # A row is bad, and the upsert says how; or a key was free again.
                table.insert_new([rows[found][0] for found in free])
                taken = _read(table, compared, free)
                if len(taken) < len(free):
                    raise Respelt from error
                return held | taken
            held |= taken
    return held


def _read(table: Table, compared: tuple[str, ...], keys: Sequence[Key]) -> dict[Key, Sequence[Any]]:
    width, wanted = len(table.key), set(keys)
    rows = {tuple(row[:width]): row[width:] for row in table.select((*table.key, *compared), keys)}
    return {key: row for key, row in rows.items() if key in wanted}
