"""What a comparison found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

SHOWN = 10
LONGEST = 300


@dataclass(slots=True)
class Findings:
    """Counts, and the first few findings of each sort in words.

    missing: accepted, and neither a row nor a dead letter; or a row that follows from accepted records is not there.
    doubled: more than one row or dead letter for one record.
    different: a row or dead letter with other values, or one that no record accounts for; an answer that contradicts
    its upload.
    """

    missing: int = 0
    doubled: int = 0
    different: int = 0
    # of the different: dead letters of records that nothing is wrong with
    buried_wrongly: int = 0
    # accepted records found, by kind: as rows, as dead letters
    stored: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)
    # stored or buried although no answer said so, which is allowed
    unasked: int = 0
    # of two rivals the later stayed, where their order was not defined
    overtaken: int = 0
    texts: dict[str, list[str]] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not (self.missing or self.doubled or self.different)

    def is_missing(self, what: str) -> None:
        self.missing += 1
        self._say("missing", what)

    def is_doubled(self, what: str) -> None:
        self.doubled += 1
        self._say("doubled", what)

    def is_different(self, what: str) -> None:
        self.different += 1
        self._say("different", what)

    def is_buried_wrongly(self, what: str) -> None:
        self.buried_wrongly += 1
        self.is_different(what)

    def add_contradictions(self, count: int, said: Sequence[str]) -> None:
        """Answers that contradict their upload, of which `said` are the first few."""
        self.different += count
        for what in said:
            self._say("different", what)

    def _say(self, sort: str, what: str) -> None:
        said = self.texts.setdefault(sort, [])
        if len(said) < SHOWN:
            said.append(what if len(what) <= LONGEST else f"{what[:LONGEST]}…")
