"""What the fields of a reading are called, and how their values are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.simulator.dice import Dice
from ingest.simulator.ids import Ids
from ingest.simulator.reading import OF_THE_DAY, OF_THE_WEEK, Nested, Reading

ABSENT: Any = object()
WHOLE = ("heart_rate", "blood_oxygen", "pressure_high", "pressure_low", "stress", "step")
DECIMAL = ("temperature", "distance", "calorie")
PLACE = ("latitude", "longitude", "altitude")


@dataclass(frozen=True, slots=True)
class Style:
    """`names`: canonical field → name on the wire. The functions write a value, None where it was not measured;
    what they return as ABSENT is left out."""

    names: Mapping[str, str]
    whole: Callable[[int | None, Dice], Any]
    decimal: Callable[[float | None, Dice], Any]
    place: Callable[[float | None, Dice], Any]
    identity: Callable[[int | None, Dice], Any]
    nested: Callable[[Nested | None, Dice], Any]
    time: Callable[[int, Dice], Any]

    def reading(self, reading: Reading, dice: Dice, *, serial: str, method: str) -> dict[str, Any]:
        """`reading` as one object of the wire."""
        names = self.names
        element: dict[str, Any] = {names["device_sn"]: serial}
        element |= self.ids(reading.ids, dice)
        for fields, write in ((WHOLE, self.whole), (DECIMAL, self.decimal), (PLACE, self.place)):
            for name in fields:
                element[names[name]] = write(getattr(reading, name), dice)
        for name in OF_THE_DAY + OF_THE_WEEK:
            element[names[name]] = self.nested(getattr(reading, name), dice)
        if method:
            element[names["upload_method"]] = method
        element[names["timestamp"]] = self.time(reading.timestamp, dice)
        return {name: value for name, value in element.items() if value is not ABSENT}

    def ids(self, ids: Ids, dice: Dice) -> dict[str, Any]:
        """Whom the device belongs to, as fields of the wire."""
        found = {self.names[name]: self.identity(value, dice) for name, value in ids._asdict().items()}
        return {name: value for name, value in found.items() if value is not ABSENT}
