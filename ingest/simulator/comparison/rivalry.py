"""Which of the records of one natural key is stored, and what became of the others."""

import abc
from collections.abc import Sequence
from typing import Any

from ingest.simulator.comparison.findings import Findings
from ingest.simulator.comparison.letters import Letters
from ingest.simulator.comparison.values import local
from ingest.simulator.track import Track
from ingest.simulator.wearer import Wearer

Row = Sequence[Any]


class Records(abc.ABC):
    """The records of one kind of one device, against rows of the database and against dead letters."""

    def __init__(self, wearer: Wearer, track: Track) -> None:
        self.wearer = wearer
        self.track = track

    @abc.abstractmethod
    def differs(self, number: int, row: Row) -> list[str]:
        """What in `row` is not as record `number` meant it."""

    @abc.abstractmethod
    def row(self, fields: dict[str, Any]) -> Row:
        """The content of a dead letter, as a row."""

    def name(self, number: int) -> str:
        return f"{self.track.kind} {self.wearer.serial} {local(self.track.times[number])}"


def settle(
    records: Records, first: int, rows: Sequence[Row], letters: Letters, findings: Findings, *, in_order: bool
) -> int | None:
    """The number of the record that the only row of a natural key holds, None when there is none.

    `first`: the record that came first at its key. One of those that were sent must be the row, if any was accepted;
    each other that was accepted must be a dead letter. Where the order is not defined either of two rivals may be the
    row: on the stream, whose consumers do not promise an order, and across a change of path.
    """
    track, name = records.track, records.name(first)
    sent = track.of_second(first)
    accepted = [number for number in sent if track.was_accepted(number)]
    if not rows:
        for number in _neither_stored_nor_buried(records, sent, letters) or accepted[:1]:
            findings.is_missing(records.name(number))
        return None
    if not sent:
        findings.is_different(f"{name}: there is a row, but it was never sent")
        return None
    if len(rows) > 1:
        findings.is_doubled(f"{name}: {len(rows)} rows")
    stored = next((number for number in sent if not records.differs(number, rows[0])), None)
    if stored is None:
        findings.is_different(f"{name}: {'; '.join(records.differs((accepted or sent)[0], rows[0]))}")
        for number in _neither_stored_nor_buried(records, sent, letters)[1:]:
            findings.is_missing(f"dead letter of {records.name(number)}")
        return None
    if stored in accepted:
        findings.stored[track.kind] += 1
    else:
        findings.unasked += 1
    if stored != first and first in accepted:
        findings.overtaken += 1
        if track.must_stay(first, in_order=in_order):
            findings.is_different(f"{name}: the first of two rivals must stay")
    for number in sent:
        if number != stored and not _is_buried(records, number, letters) and number in accepted:
            findings.is_missing(f"dead letter of {records.name(number)}")
    return stored


def _neither_stored_nor_buried(records: Records, sent: Sequence[int], letters: Letters) -> list[int]:
    """When no row is as it should be: the accepted records that have no dead letter either. Of several rivals all but
    one may have theirs; a record without rivals may have none."""
    buried = [number for number in sent if _is_buried(records, number, letters)] if len(sent) > 1 else []
    return [number for number in sent if number not in buried and records.track.was_accepted(number)]


def _is_buried(records: Records, number: int, letters: Letters) -> bool:
    track = records.track
    return letters.conflict(
        (track.kind, records.wearer.serial, track.times[number]),
        lambda fields: records.differs(number, records.row(fields)),
        name=records.name(number),
        accepted=track.was_accepted(number),
    )
