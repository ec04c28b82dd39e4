"""How what is stored is found again and compared with a record, or with its shadow: what a kind tells those who check
and repair."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streaming.registry import Key, Record


@dataclass(frozen=True, slots=True)
class Held:
    """A row under a natural key: its `values` in the order of `Rows.columns`, and when it was written (seconds since
    1970; None when it does not say)."""

    values: tuple[Any, ...]
    written_s: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A column whose value is not what was to be stored."""

    column: str
    wanted: Any
    held: Any


def _none(record: Record) -> Sequence[tuple[str, Record]]:
    return ()


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a kind's main table.

    `fetch` gives all rows under each key, more than one where a table has no unique key; keys compare as bytes.
    `same` is the writer's own judgement whether such values can be the record's; `values` are the record's as a row
    would hold them. `beside`: the keys where a row lands that was stored under a mistaken time. `newest(device,
    until, most)`: the keys of at most so many rows of a device, newest first, whose own time is at or before
    `until` (seconds since 1970), by an index alone. `time`: the own time of what is under a key, in seconds since
    1970. `parts`: records of other kinds that are stored with a record. `current`: of records that are stored, and of
    the newest history of their devices, the keys whose rows that keep the newest are not so, with what differs. All
    of them read; they raise django.db.Error.
    """

    columns: tuple[str, ...]
    fetch: Callable[[Sequence[Key]], Mapping[Key, Sequence[Held]]]
    same: Callable[[Record, Sequence[Any]], bool]
    values: Callable[[Record], Sequence[Any]]
    beside: Callable[[Record], Sequence[Key]]
    newest: Callable[[str, int, int], Sequence[Key]]
    time: Callable[[Key], int]
    parts: Callable[[Record], Sequence[tuple[str, Record]]] = _none
    current: Callable[[Sequence[Record]], Mapping[Key, Sequence[Difference]]] | None = None

    def differences(self, record: Record, held: Held) -> tuple[Difference, ...]:
        """The columns in which `held` is not `record`, each by itself in the judgement of `same`."""
        own = tuple(self.values(record))
        return tuple(
            Difference(column, own[place], held.values[place])
            for place, column in enumerate(self.columns)
            if not self.same(record, (*own[:place], held.values[place], *own[place + 1 :]))
        )


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The two rows of a record that was stored on the legacy path and once more in the shadow.

    `legacy` and `shadow` give the rows under each key, with `columns` in this order. `filled`: the columns that are
    filled in at storing where a record does not say them. `prune(before, most)` deletes the oldest rows of the shadow
    tables that were written before that moment, at most so many of each table, and returns how many; all of them raise
    django.db.Error.
    """

    columns: tuple[str, ...]
    legacy: Callable[[Sequence[Key]], Mapping[Key, Sequence[Held]]]
    shadow: Callable[[Sequence[Key]], Mapping[Key, Sequence[Held]]]
    filled: frozenset[str]
    prune: Callable[[datetime, int], int]

    def differences(self, record: Record, legacy: Held, shadow: Held) -> tuple[Difference, ...]:
        """The columns in which the two rows of `record` differ. What it does not say itself, such as an owner that came
        to be known between the two writes, is nobody's error."""
        return tuple(
            Difference(column, wanted, held)
            for column, wanted, held in zip(self.columns, legacy.values, shadow.values, strict=True)
            if wanted != held and not (column in self.filled and getattr(record, column) is None)
        )
