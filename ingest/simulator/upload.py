"""One request of a device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest.simulator.dialects import DEVICE, EVENT, GATEWAY, HEALTH, RELAY, Dialect
from ingest.simulator.dice import Dice
from ingest.simulator.entry import Entry

V2 = 0.02
MIXED = (HEALTH, DEVICE, EVENT)  # the order of the lists in an upload of all kinds


@dataclass(frozen=True, slots=True)
class Upload:
    """`entries`: every record in the body, those inside events included. What a correct answer says: `accepted`
    records at the top level, and `refused`, the indexes of impossible ones. `reads_answer`: the client believes the
    body of the answer, not only its status. `always_stream`: it goes to an address that always takes the stream."""

    path: str
    body: bytes
    entries: list[Entry]
    accepted: int
    refused: frozenset[int]
    reads_answer: bool
    always_stream: bool


def compose(entries: Sequence[Entry], dialect: Dialect, dice: Dice, *, relayed: bool = False) -> Upload:
    """One upload of `entries`, all of one kind but for a gateway's; `relayed`: by a phone, for the watch."""
    if relayed:
        dialect = RELAY
    kind, content, ordered = _content(entries, dialect, dice, relayed)
    path = dialect.path(kind, dice)
    always_stream = dialect is not GATEWAY and dice.chance(V2)
    everything = [inner for entry in ordered for inner in entry.inside()]
    upload = Upload(
        path=path + ("_v2" if always_stream else "") + ("/" if dice.below(2) else ""),
        body=msgspec.json.encode(content),
        entries=everything,
        accepted=sum(not entry.is_fault for entry in ordered),
        refused=frozenset(
            index for index, entry in enumerate(ordered) if any(inner.is_fault for inner in entry.inside())
        ),
        reads_answer=dialect.reads_answer,
        always_stream=always_stream,
    )
    for wearer, track, number in everything:
        track.sent(number)
        if always_stream:
            track.by_stream.add(number)
        if relayed and track is wearer.readings:
            wearer.is_relayed(number)
    return upload


def _content(entries: Sequence[Entry], dialect: Dialect, dice: Dice, relayed: bool) -> tuple[str, Any, Sequence[Entry]]:
    """The kind whose address it goes to, the content, and the entries in the order of their indexes."""
    kinds = {entry.kind for entry in entries}
    if dialect is GATEWAY and EVENT in kinds:
        lists = {kind: [entry for entry in entries if entry.kind == kind] for kind in MIXED}
        content = GATEWAY.mixed({kind: [entry.element() for entry in some] for kind, some in lists.items()})
        return EVENT, content, [entry for some in lists.values() for entry in some]
    (kind,) = kinds
    return kind, dialect.envelope(kind, [entry.element(relayed=relayed) for entry in entries], dice), entries
