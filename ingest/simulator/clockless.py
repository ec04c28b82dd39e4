"""A script that tells no time: the server's time of receipt is the time of its readings, fixed once at the edge."""

from typing import NamedTuple

import msgspec

from ingest.simulator import reading
from ingest.simulator.answer import Answer
from ingest.simulator.dice import Dice
from ingest.simulator.entry import Entry
from ingest.simulator.reading import Reading
from ingest.simulator.sender import Sender
from ingest.simulator.upload import Upload, compose
from ingest.simulator.wearer import Wearer

NEXT_SECOND = 1.1  # two readings received in one second would be a conflict


class Attempt(NamedTuple):
    """One upload of a reading: received between `sent_at` and `answered_at` (epoch seconds; None: nobody knows)."""

    number: int
    sent_at: float
    answered_at: float | None


class ClocklessWearer(Wearer):
    """Each accepted attempt is a reading of its own; `step` tells which it was."""

    has_clock = False

    def __init__(self, **wearer: object) -> None:
        super().__init__(**wearer)  # type: ignore[arg-type]
        self.attempts: list[Attempt] = []

    def reading(self, number: int) -> Reading:
        made = reading.without_nested(super().reading(number))
        return msgspec.structs.replace(made, step=number)


class ClocklessSender(Sender):
    """One reading at a time, never one again that was accepted."""

    def next(self) -> Upload:
        (wearer,) = self.wearers
        self._turn += 1
        if not self.failures:
            self.ring = [Entry(wearer, wearer.readings, wearer.readings.add(0))]
        return compose(self.ring, self.dialect, Dice(self._seed, "turn", self._number, self._turn))

    def answered(self, upload: Upload, answer: Answer) -> float:
        (wearer,) = self.wearers
        assert isinstance(wearer, ClocklessWearer)  # noqa: S101 - the fleet makes them together
        known = answer.answered_at if answer.is_success(upload) else None
        wearer.attempts.append(Attempt(self.ring[0].number, answer.sent_at, known))
        return max(NEXT_SECOND, super().answered(upload, answer))
