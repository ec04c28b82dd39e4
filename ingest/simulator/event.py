"""What happened to a device."""

import msgspec

from ingest.simulator.dice import Dice
from ingest.simulator.ids import UNKNOWN, Ids

# How severe the alert of an event is, as the wire contract says; what is not here raises none.
SEVERITY = {
    "SOS_EVENT": "critical",
    "FALLDOWN_EVENT": "critical",
    "ONE_KEY_ALARM": "critical",
    "WEAR_STATUS_CHANGED": "high",
    "STRESS_HIGH_ALERT": "high",
    "SPO2_LOW_ALERT": "high",
    "HEARTRATE_HIGH_ALERT": "high",
    "HEARTRATE_LOW_ALERT": "high",
    "TEMPERATURE_HIGH_ALERT": "high",
    "TEMPERATURE_LOW_ALERT": "high",
    "PRESSURE_HIGH_ALERT": "high",
    "PRESSURE_LOW_ALERT": "high",
    "CALL_STATE": "medium",
    "BOOT_COMPLETED": "medium",
    "UI_SETTINGS_CHANGED": "low",
    "FUN_DOUBLE_CLICK": "low",
}
WITHOUT_RULE = ("HEART_RATE_ABNORMAL", "SCREEN_ON")
TYPES = (*["SOS_EVENT"] * 4, *SEVERITY, *WITHOUT_RULE)
NAMESPACES = ("com.tdtech.ohos.health.action", "com.tdtech.ohos.action", "com.ljwx.watch.event")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event. The natural key is (device, type, timestamp, value)."""

    timestamp: int
    type: str
    namespace: str
    value: str
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    ids: Ids = UNKNOWN


def make(dice: Dice, *, at: int, number: int, ids: Ids, has_place: bool) -> Event:
    """The event of the second `at`. `has_place`: the device's dialect has a place for position and ids in an event."""
    value = dice.one_of((str(number), f"{number} 求救", f'{{"severity": "medium", "value": {number}}}'))
    made = Event(timestamp=at, type=dice.one_of(TYPES), namespace=dice.one_of(NAMESPACES), value=value)
    if not has_place:
        return made
    if dice.chance(0.7):
        made = msgspec.structs.replace(
            made,
            latitude=31 + dice.below(10**6) / 10**6,
            longitude=121 + dice.below(10**6) / 10**6,
            altitude=dice.below(50) / 10,
        )
    return msgspec.structs.replace(made, ids=ids if dice.chance(0.7) else UNKNOWN)


def rival(first: Event) -> Event:
    """The same event at another place: a conflict. `first` has a position."""
    return msgspec.structs.replace(first, latitude=(first.latitude or 0.0) + 0.5)
