"""Telling a record that the database refuses from what it carries: an SOS is not lost for a reading in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streaming.registry import Kind, Record


@dataclass(frozen=True, slots=True)
class Sifted:
    """`record` with what can be written of what it carries, and the `refused` rest, each with its reason."""

    record: Record
    refused: Sequence[tuple[Record, str]] = ()


def sift(kind: Kind, record: Record, *, refusal: Callable[[Record], str]) -> Sifted | None:
    """Try what a refused `record` carries, one after the other, beside those that can be written.

    `refusal(record)` is why it can not be written, empty when it can. None when the record alone can not be written
    either: then it is to blame itself. Nothing is `refused` when all of it can be written by now: another process has
    stored a row meanwhile that what was refused conflicts with. Raises what `refusal` raises.
    """
    carried = kind.carried
    if carried is None or not carried.of(record) or refusal(carried.keep(record, ())):
        return None
    kept: list[Record] = []
    refused: list[tuple[Record, str]] = []
    for each in carried.of(record):
        if reason := refusal(carried.keep(record, [*kept, each])):
            refused.append((each, reason))
        else:
            kept.append(each)
    return Sifted(carried.keep(record, kept), refused)
