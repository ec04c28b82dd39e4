"""What a device measured at one second."""

from typing import Any

import msgspec

from ingest.simulator.dice import Dice
from ingest.simulator.ids import UNKNOWN, Ids

DAY_MS = 86_400_000
QUARTER_MS = 900_000
Nested = dict[str, Any]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One reading as the device means it; None is "not measured". Named as the columns that must hold it."""

    timestamp: int
    heart_rate: int | None = None
    blood_oxygen: int | None = None
    temperature: float | None = None
    pressure_high: int | None = None
    pressure_low: int | None = None
    stress: int | None = None
    step: int | None = None
    distance: float | None = None
    calorie: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    ids: Ids = UNKNOWN
    sleep: float | None = None
    sleep_data: Nested | None = None
    exercise_daily_data: Nested | None = None
    workout_data: Nested | None = None
    scientific_sleep_data: Nested | None = None
    exercise_week_data: Nested | None = None


MEASURED = (
    "heart_rate", "blood_oxygen", "temperature", "pressure_high", "pressure_low", "stress", "step",
    "distance", "calorie", "latitude", "longitude", "altitude", "sleep",
)  # fmt: skip
OF_THE_DAY = ("sleep_data", "exercise_daily_data", "workout_data", "scientific_sleep_data")
OF_THE_WEEK = ("exercise_week_data",)


def measure(dice: Dice, *, at: int, ids: Ids) -> Reading:
    """The reading of the second `at`. `ids`: whom the device belongs to, which not every reading says."""
    position: dict[str, Any] = {}
    if dice.chance(0.7):
        # Up to 17 digits, as a watch writes them.
        position = {
            "latitude": 31 + dice.below(10**14) / 10**14,
            "longitude": 121 + dice.below(10**14) / 10**14,
            "altitude": dice.below(200) / 10,
        }
    return Reading(
        timestamp=at,
        heart_rate=_maybe(dice, 0.95, 45, 180),
        blood_oxygen=_maybe(dice, 0.9, 85, 100),
        temperature=dice.between(355, 390) / 10 if dice.chance(0.7) else None,
        pressure_high=_maybe(dice, 0.8, 95, 160),
        pressure_low=_maybe(dice, 0.8, 55, 94),
        stress=_maybe(dice, 0.6, 1, 100),
        step=dice.below(20_000) if dice.chance(0.8) else 0,
        distance=dice.below(100_000) / 10,
        calorie=float(dice.below(60_000)),
        ids=ids if dice.chance(0.7) else UNKNOWN,
        **position,
        **(_nested(dice, at) if dice.chance(0.08) else {}),
    )


def rival(first: Reading) -> Reading:
    """Another reading of the same second: a conflict. It differs in as little as a column can."""
    return msgspec.structs.replace(first, heart_rate=(first.heart_rate or 70) + 1)


def is_plain(reading: Reading) -> bool:
    """Whether it carries no nested data."""
    return all(getattr(reading, name) is None for name in OF_THE_DAY + OF_THE_WEEK)


def without_nested(reading: Reading) -> Reading:
    """The same reading, nothing nested in it."""
    return msgspec.structs.replace(reading, **dict.fromkeys((*OF_THE_DAY, *OF_THE_WEEK, "sleep")))


def _maybe(dice: Dice, share: float, least: int, most: int) -> int | None:
    """A value in `share` of all cases."""
    value = least + dice.below(round((most - least + 1) / share))
    return value if value <= most else None


def _nested(dice: Dice, at: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dice.chance(0.5):
        found |= _sleep(dice, at)
    if dice.chance(0.5):
        hours = [
            {"data": dice.below(300), "timeStamp": (at - 3600 * hour) * 1000} for hour in range(dice.between(1, 3))
        ]
        found["exercise_daily_data"] = _history("calorie", hours)
    if dice.chance(0.5):
        run = {
            "calorie": dice.below(900),
            "distance": dice.below(9_000),
            "startTimeStamp": at * 1000,
            "workoutType": 10,
        }
        found["workout_data"] = _history("workout", [run])
    if dice.chance(0.3):
        found["scientific_sleep_data"] = _history("睡眠", [{"score": dice.below(100), "depth": dice.below(100) / 8}])
    if dice.chance(0.5):
        days = [
            {"timeStamps": at * 1000 - day * DAY_MS, "totalSteps": dice.below(30_000), "totalTime": dice.below(90)}
            for day in range(3)
        ]
        found["exercise_week_data"] = _history("daily", days)
    return found


def _sleep(dice: Dice, at: int) -> dict[str, Any]:
    """Spans of quarters of an hour, or a gateway's minutes; `sleep` is their sum in hours."""
    quarters = [dice.between(1, 16) for _ in range(dice.below(3))]
    if dice.chance(0.3):
        return {"sleep_data": {"duration": 480, "quality": "good", "deep_sleep": dice.below(200)}, "sleep": 8.0}
    spans, end = [], at * 1000
    for count in quarters:
        spans.append({"endTimeStamp": end, "startTimeStamp": end - count * QUARTER_MS, "type": dice.between(1, 3)})
        end -= (count + 1) * QUARTER_MS
    return {"sleep_data": _history("sleep", spans), "sleep": sum(quarters) / 4 or None}


def _history(name: str, data: list[Any]) -> Nested:
    return {"code": 0, "data": data, "name": name, "type": "history"}
