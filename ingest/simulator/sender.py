"""One client of the server: a watch, a phone, a script, or a gateway with several wearers. One upload at a time."""

from collections.abc import Sequence

from ingest.simulator import life
from ingest.simulator.answer import Answer
from ingest.simulator.dialects import DEVICE, EVENT, GATEWAY, HEALTH, WATCH
from ingest.simulator.dice import Dice
from ingest.simulator.entry import Entry
from ingest.simulator.upload import Upload, compose
from ingest.simulator.wearer import Wearer

RING = 100
PAUSES = (1.0, 2.0, 3.0)
LATER = 10.0  # a watch waits 120 s after its third try; a run is shorter than that

# Of a thousand turns: an accepted upload again, back from an offline period, a new state, a new event; else a reading.
AGAIN, OFFLINE, CHANGED, ALARMED = 30, 20, 90, 80
TWICE = 0.04
RELAYED = 0.3


class Sender:
    """Takes turns: `next` says what to send, `answered` hears what came of it.

    Health goes into a ring of up to 100, sent whole and cleared on success. States and events go into a queue and are
    sent one by one; after a failure the queue starts again from its beginning. `bad`: the share of records that get
    an impossible neighbour, and of those that get a rival.
    """

    def __init__(self, *, seed: int, number: int, wearers: Sequence[Wearer], bad: float) -> None:
        self.wearers = wearers
        self.dialect = wearers[0].dialect
        self.ring: list[Entry] = []
        self.queue: list[list[Entry]] = []
        self.failures = 0
        self._seed, self._number, self._bad = seed, number, bad
        self._turn = 0
        self._place = 0  # in the queue
        self.sending: list[Entry] = []
        self._accepted: list[Entry] = []
        self.again = self._relayed = False

    def next(self) -> Upload:
        """The upload of this turn."""
        self._turn += 1
        dice = Dice(self._seed, "turn", self._number, self._turn)
        if not self.failures:
            self._live(dice)
        elif self.queue:
            self._place = 0
        elif not self.again:
            self._measure(dice)
        self.sending = self._accepted if self.again else self.queue[self._place] if self.queue else self.ring
        return compose(self.sending, self.dialect, dice, relayed=self._relayed)

    def answered(self, upload: Upload, answer: Answer) -> float:
        """Take note of the answer; returns after how many seconds the next upload may go."""
        if not answer.is_success(upload):
            self.failures += 1
            return PAUSES[self.failures - 1] if self.failures <= len(PAUSES) else LATER
        self.failures = 0
        for _, track, number in upload.entries:
            track.accepted(number)
        self._accepted = self.sending
        if self.again:
            self.again = self._relayed = False
        elif self.queue:
            self._place += 1
            if self._place == len(self.queue):
                self.queue, self._place = [], 0
        else:
            self.ring = []
        return 0.0

    def _live(self, dice: Dice) -> None:
        """What happens between two uploads."""
        if self.queue:
            return
        case = dice.below(1000)
        if case < AGAIN and self._accepted:
            self.again = True
            self._relayed = self.dialect is WATCH and self._accepted[0].kind == HEALTH and dice.chance(RELAYED)
        elif case < AGAIN + OFFLINE:
            self._be_offline(dice)
        elif case < AGAIN + OFFLINE + CHANGED:
            self._change(dice)
        elif case < AGAIN + OFFLINE + CHANGED + ALARMED:
            self._alarm(dice)
        else:
            self._measure(dice)

    def _be_offline(self, dice: Dice) -> None:
        """Up to 40 hours go by: 50 to 100 readings, some states and events. The newest state is sent first, then the
        old ones, which must not overwrite it."""
        for wearer in self.wearers:
            wearer.tick(dice, most=40 * 3600)
        for count in range(dice.between(50, RING) // len(self.wearers)):
            own = Dice(self._seed, "offline", self._number, self._turn, count)
            self._measure(own)
            if count % 25 == 24:
                self._change(own)
                self._alarm(own)
        self._change(dice)
        self.queue = [self.queue[-1], *self.queue[:-1]]

    def _measure(self, dice: Dice) -> None:
        """One reading of every wearer, now and then twice, with an impossible neighbour, or with a rival."""
        for wearer in self.wearers:
            entry = life.measures(wearer, dice)
            self.ring.append(entry)
            if dice.chance(TWICE):
                self.ring.append(entry)
            if dice.chance(self._bad):
                self.ring.append(life.errs(wearer, HEALTH, dice))
            if dice.chance(self._bad / 2) and entry.may_have_rival():
                self.ring.append(entry.rival(certain=True))
            if dice.chance(self._bad / 2):
                self.ring += self._rivals(HEALTH)
        for lost in self.ring[:-RING]:
            lost.track.drops(lost.number)
        del self.ring[:-RING]

    def _rivals(self, kind: str) -> list[Entry]:
        """A rival of a record of `kind` that was accepted before, when there is one that can have it."""
        return [e.rival(certain=False) for e in self._accepted if e.kind == kind and e.may_have_rival()][:1]

    def _change(self, dice: Dice) -> None:
        self._enqueue([life.changes(wearer, dice) for wearer in self.wearers], DEVICE, dice)

    def _alarm(self, dice: Dice) -> None:
        entries = [life.alarms(wearer, dice) for wearer in self.wearers]
        if self.dialect is GATEWAY:
            entries += [life.measures(wearer, dice) for wearer in self.wearers]
            entries += [life.changes(wearer, dice) for wearer in self.wearers]
        self._enqueue(entries, EVENT, dice)

    def _enqueue(self, entries: list[Entry], kind: str, dice: Dice) -> None:
        if dice.chance(self._bad):
            self.queue.append([life.errs(self.wearers[-1], kind, dice)])
        if dice.chance(self._bad):
            self.queue += [[rival] for rival in self._rivals(kind)]
        self.queue.append(entries)
