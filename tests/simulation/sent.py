"""What devices send, beside what must become of it: both made here, by none of the project's own code."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from random import Random
from typing import Any

from tests.simulation.database import POISON_ALTITUDE, POISON_VOLTAGE

HEALTH, DEVICE, EVENT = "health", "device", "event"
KINDS = (HEALTH, DEVICE, EVENT)
FIRST_S = 1_788_339_600
ALERTING = {"SOS_EVENT": "critical", "STRESS_HIGH_ALERT": "high"}
SILENT = "WALK_STARTED"
SHANGHAI = timezone(timedelta(hours=8))


@cache
def local(moment: int) -> str:
    """Epoch seconds as a record table holds them."""
    return datetime.fromtimestamp(moment, UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its kind, its natural key as the table holds it, the values beside the key, and the owner that it
    names or None. `nested`: text of its sleep data."""

    kind: str
    key: tuple[str, ...]
    values: tuple[Any, ...]
    owner: int | None = None
    nested: str | None = None

    @property
    def hopeless(self) -> bool:
        """Whether the database refuses it."""
        return POISON_ALTITUDE in self.values or POISON_VOLTAGE in self.values


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an upload as text, and what it is. `moment` None: the device does not know the time."""

    kind: str
    text: str
    serial: str
    moment: int | None = None
    detail: str = ""
    values: tuple[Any, ...] = ()
    owner: int | None = None
    nested: str | None = None
    reading: "Element | None" = None
    impossible: bool = False

    def records(self, now: int) -> list[Record]:
        """The records that it is when it is received at `now` (epoch seconds)."""
        if self.impossible:
            return []
        moment = now if self.moment is None else self.moment
        key: tuple[str, ...] = (self.serial, local(moment))
        if self.kind == EVENT:
            key = (self.serial, self.detail, local(moment), "1")
        found = [Record(self.kind, key, self.values, self.owner, self.nested)]
        if self.reading is not None:
            found += [
                Record(HEALTH, (self.serial, local(moment)), self.reading.values, self.owner, self.reading.nested)
            ]
        return found


@dataclass(slots=True)
class Upload:
    """One request of a device, which sends it until it is answered 200."""

    number: int
    kind: str
    mixed: bool
    always_stream: bool
    body: bytes
    elements: list[Element]
    again: int = 0
    under_way: bool = False


class Fleet:
    """A few devices whose records collide: duplicates, conflicts, and some that can not be."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.serials = ("A-1", "B-2", "C-3")[: random.choice((1, 2, 3))]
        self.made: dict[str, list[Element]] = {kind: [] for kind in KINDS}
        self.odd = random.choice((0.0, 0.1, 0.3))
        # With one kind alone there is more in each batch.
        self.kinds = KINDS if random.random() < 0.6 else (random.choice(KINDS),)

    def upload(self, number: int) -> Upload:
        """The next request: one kind with some elements, or a mixed batch."""
        random = self.random
        if len(self.kinds) > 1 and random.random() < 0.2:
            lists = {kind: [self._element(kind) for _ in range(random.randint(1, 2))] for kind in KINDS}
            names = {HEALTH: "health_data", DEVICE: "device_info", EVENT: "alert_data"}
            parts = [f'"{names[kind]}": [{", ".join(e.text for e in found)}]' for kind, found in lists.items()]
            body = "{" + ", ".join(parts) + "}"
            elements = [each for kind in KINDS for each in lists[kind]]
            return Upload(number, HEALTH, True, random.random() < 0.2, body.encode(), elements)
        kind = random.choice(self.kinds)
        elements = [self._element(kind) for _ in range(random.choice((1, 1, 1, 2, 3, 6)))]
        body = ", ".join(each.text for each in elements)
        body = f'{{"data": [{body}]}}' if len(elements) > 1 or random.random() < 0.5 else f'{{"data":{body}}}'
        return Upload(number, kind, False, random.random() < 0.2, body.encode(), elements)

    def _element(self, kind: str) -> Element:
        made = self.made[kind]
        random = self.random
        if made and random.random() < 0.15:
            return random.choice(made)
        if random.random() < self.odd:
            element = self._impossible(kind)
        elif kind == HEALTH:
            element = self._reading()
        else:
            element = self._state() if kind == DEVICE else self._event()
        made.append(element)
        return element

    def _time(self) -> int | None:
        return None if self.random.random() < 0.05 else FIRST_S + self.random.randrange(8)

    def _owner(self, serial: str) -> int | None:
        # A device has one owner, whom not every record names.
        return ord(serial[0]) if self.random.random() < 0.4 else None

    def _values(self) -> tuple[Any, ...]:
        altitude = POISON_ALTITUDE if self.random.random() < self.odd / 3 else None
        return (60 + self.random.randrange(3), self.random.randrange(100), altitude)

    def _reading(self) -> Element:
        serial, moment, values = self.random.choice(self.serials), self._time(), self._values()
        owner = self._owner(serial)
        names = (
            ("deviceSn", "timestamp", "heartRate", "step", "altitude", "sleepData", "customerId")
            if self.random.random() < 0.5
            else ("id", "cjsj", "xlv", "bs", "hb", "smData", "customer_id")
        )
        nested = f'{{"code":{self.random.randrange(9)}}}' if self.random.random() < 0.15 else None
        content = (serial, _wire(moment, self.random), *values, nested, owner)
        text = _object(names, content)
        return Element(HEALTH, text, serial, moment, values=values, owner=owner, nested=nested)

    def _state(self) -> Element:
        serial, moment = self.random.choice(self.serials), self._time()
        voltage = POISON_VOLTAGE if self.random.random() < self.odd / 3 else 3_000 + self.random.randrange(100)
        values = (self.random.randrange(3), voltage, "WORN")
        owner = self._owner(serial)
        names = ("SerialNumber", "timestamp", "batteryLevel", "voltage", "wearState", "customerId")
        text = _object(names, (serial, _wire(moment, self.random), values[0], voltage, "1", owner))
        return Element(DEVICE, text, serial, moment, values=values, owner=owner)

    def _event(self) -> Element:
        serial, moment = self.random.choice(self.serials), self._time()
        name = self.random.choice((*ALERTING, SILENT))
        altitude = POISON_ALTITUDE if self.random.random() < self.odd / 3 else 5.0
        values = (1.0 + self.random.randrange(2), 2.0, altitude)
        owner = self._owner(serial)
        reading = None
        if self.random.random() < 0.25:
            height = POISON_ALTITUDE if self.random.random() < self.odd / 3 else None
            measured = (70 + self.random.randrange(2), self.random.randrange(100), height)
            text = _object(("heartRate", "step", "altitude"), measured)
            reading = Element(HEALTH, text, serial, moment, values=measured)
        names = (
            "deviceSn", "timestamp", "eventType", "eventValue", "latitude", "longitude", "altitude", "customerId",
            "healthData",
        )  # fmt: skip
        content = (serial, _wire(moment, self.random), f"com.tdtech.{name}", "1", *values, owner)
        text = _object(names, (*content, json.loads(reading.text) if reading else None))
        return Element(EVENT, text, serial, moment, name, values, owner, reading=reading)

    def _impossible(self, kind: str) -> Element:
        serial = self.random.choice(self.serials)
        number = self.random.randrange(50)
        name = "SerialNumber" if kind == DEVICE else "deviceSn"
        text = self.random.choice((f"{number}", f'{{"{name}":"{serial}","timestamp":"never {number}"}}'))
        return Element(kind, text, serial, impossible=True)


def _object(names: tuple[str, ...], values: tuple[Any, ...]) -> str:
    return json.dumps({name: value for name, value in zip(names, values, strict=True) if value is not None})


def _wire(moment: int | None, random: Random) -> Any:
    if moment is None:
        return None
    return random.choice((moment, moment * 1000, local(moment)))
