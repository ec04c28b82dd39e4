"""All devices of a run."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.simulator.clockless import ClocklessSender, ClocklessWearer
from ingest.simulator.dialects import GATEWAY, OLD_RELAY, RELAY, SCRIPT, WATCH, Dialect
from ingest.simulator.sender import Sender
from ingest.simulator.wearer import Wearer

# Who speaks what, by the last digits of the device's number: of 20 devices 11 are watches, 3 wear one gateway.
DIALECTS: tuple[Dialect, ...] = (*[WATCH] * 11, RELAY, RELAY, OLD_RELAY, SCRIPT, SCRIPT, SCRIPT, *[GATEWAY] * 3)
CLOCKLESS = 16
ACCENTED = 14


@dataclass(frozen=True, slots=True)
class Fleet:
    """`prefix`: how every serial begins, and none of another run. `started`: epoch seconds."""

    prefix: str
    started: int
    senders: list[Sender]

    @property
    def wearers(self) -> Iterator[Wearer]:
        return (wearer for sender in self.senders for wearer in sender.wearers)


def make(*, seed: int, devices: int, prefix: str, started: int, bad: float) -> Fleet:
    """A fleet of `devices` serials; some differ in case alone, some have an accent. `bad`: share of spoilt records."""
    senders: list[Sender] = []
    gateway: list[Wearer] = []

    def add(wearers: list[Wearer], sender: type[Sender] = Sender) -> None:
        senders.append(sender(seed=seed, number=len(senders), wearers=tuple(wearers), bad=bad))

    for index in range(devices):
        place = index % len(DIALECTS)
        dialect = DIALECTS[place]
        wearer_type = ClocklessWearer if place == CLOCKLESS else Wearer
        wearer = wearer_type(seed=seed, index=index, serial=prefix + _name(index), dialect=dialect, started=started)
        if dialect is not GATEWAY:
            add([wearer], ClocklessSender if place == CLOCKLESS else Sender)
            continue
        gateway.append(wearer)
        if place == len(DIALECTS) - 1:
            add(gateway)
            gateway = []
    if gateway:
        add(gateway)
    return Fleet(prefix, started, senders)


def _name(index: int) -> str:
    """One in ten is the twin of the device before it: the same serial in another case."""
    if index % 10 == 1:
        return f"{index - 1:05d}w"
    return f"{index:05d}{'é' if index % len(DIALECTS) == ACCENTED else 'W'}"
