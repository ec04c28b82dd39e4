"""What a check has counted by path and firmware: a few rows beside the counts of its kind, moved with them.

Kept as a list of `[path, firmware, {class: records}]`, the firmware empty where the device has never said it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rollout import fleet
from rollout.consistency.outcomes import AGREE, MISMATCH, Outcome

# A device says what it likes: what is beyond shares one row.
MOST_FIRMWARES = 50
OTHERS = "…"
LENGTH = 64

Kept = list[Any]


@dataclass(frozen=True, slots=True)
class Counted:
    """One record: the path that it came by, its device, and its class."""

    path: str
    device: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Figure:
    """The records of one path and firmware, by class."""

    path: str
    firmware: str
    counts: Counter[Outcome] = field(default_factory=Counter)

    @property
    def records(self) -> int:
        return self.counts.total() - self.counts[Outcome.EXTRA]

    @property
    def mismatched(self) -> int:
        return sum(self.counts[outcome] for outcome in MISMATCH)

    @property
    def rate(self) -> float | None:
        """What agrees of what was compared, None when nothing was."""
        compared = self.mismatched + sum(self.counts[outcome] for outcome in AGREE)
        return (compared - self.mismatched) / compared if compared else None


def add(kept: Kept, records: Iterable[Counted]) -> Kept:
    """`kept` with more records; it does not depend on how they are divided among calls. Raises django.db.Error."""
    records = list(records)
    found = {(each.path, each.firmware): each for each in read(kept)}
    said = fleet.firmware(sorted({each.device for each in records}))
    known = {firmware for _path, firmware in found}
    for each in records:
        firmware = said.get(each.device, "")[:LENGTH].strip()
        if firmware not in known and len(known) >= MOST_FIRMWARES:
            firmware = OTHERS
        known.add(firmware)
        found.setdefault((each.path, firmware), Figure(each.path, firmware)).counts[each.outcome] += 1
    return [[each.path, each.firmware, {name.value: n for name, n in each.counts.items()}] for each in found.values()]


def read(kept: Kept) -> list[Figure]:
    """The figures that are kept so."""
    return [
        Figure(path, firmware, Counter({Outcome(name): count for name, count in counts.items()}))
        for path, firmware, counts in kept
    ]


def together(several: Iterable[Kept]) -> list[Figure]:
    """Those of several kinds in one table, by path and firmware."""
    found: dict[tuple[str, str], Figure] = {}
    for each in (figure for kept in several for figure in read(kept)):
        found.setdefault((each.path, each.firmware), Figure(each.path, each.firmware)).counts.update(each.counts)
    return [found[origin] for origin in sorted(found)]
