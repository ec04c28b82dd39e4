"""Comparing the values of one row with what its record meant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ingest.simulator.dialects.times import SHANGHAI
from ingest.simulator.ids import UNKNOWN, Ids
from ingest.simulator.wearer import Wearer

IDS = Ids._fields


def differing(names: Sequence[str], wanted: Sequence[Any], held: Sequence[Any]) -> list[str]:
    """The columns that do not hold what they should."""
    if tuple(wanted) == tuple(held):
        return []
    return [
        f"{name} is {theirs!r}, not {mine!r}"
        for name, mine, theirs in zip(names, wanted, held, strict=True)
        if mine != theirs or (mine is None) != (theirs is None)
    ]


def differing_ids(known: Ids, binding: Ids, held: Sequence[Any]) -> list[str]:
    """The same for ids: what a record does not know may be filled in from the device's `binding`, or stay NULL,
    for its state may be stored later."""
    return [
        f"{name} is {theirs!r}, not {mine or bound!r}"
        for name, mine, bound, theirs in zip(IDS, known, binding, held, strict=True)
        if theirs != mine and (mine is not None or theirs is None or theirs != bound)
    ]


def binding(wearer: Wearer) -> Ids:
    """Whom a device belongs to as far as any state that it sent may have told."""
    track = wearer.states
    told = any(track.was_sent(number) and wearer.state(number).ids != UNKNOWN for number in range(len(track)))
    return wearer.ids if told else UNKNOWN


def local(at: int) -> datetime:
    return datetime.fromtimestamp(at, SHANGHAI)
