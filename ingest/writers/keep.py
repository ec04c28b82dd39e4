"""The first of each natural key stays: told apart into new, duplicate and conflict by reading back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ingest.rows import Row, Table
from streaming.registry import Key, Written

R = TypeVar("R")


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
    same: Callable[[R, Sequence[Any]], bool],
) -> Kept[R]:
    """Insert the records whose key is free, and tell for each whether the table now holds its values.

    A conflict is a record whose key is taken by other values, in the table or earlier in `records`. Runs in the
    caller's transaction; the rows are read back, because another process may have inserted meanwhile.
    """
    width = len(table.key)
    columns = (*table.key, *compared)
    first: dict[Key, R] = {}
    for record in records:
        first.setdefault(key(record), record)

    def read(keys: Sequence[Key]) -> dict[Key, Sequence[Any]]:
        return {tuple(found[:width]): found[width:] for found in table.select(columns, keys)}

    held = read(list(first))
    missing = [found for found in first if found not in held]
    if missing:
        table.insert_new([row(first[found]) for found in sorted(missing)])
        held |= read(missing)
    new = set(missing)
    stored, conflicts, fresh = [], [], 0
    for record in records:
        found = key(record)
        if not same(record, held[found]):
            conflicts.append((kind, record))
            continue
        stored.append(record)
        if found in new:
            new.discard(found)
            fresh += 1
    return Kept(Written(fresh, len(stored) - fresh, conflicts), stored)
