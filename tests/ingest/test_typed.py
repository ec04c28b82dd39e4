"""The typed reader is an abbreviation: it answers what the general reader answers, or nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import APIException

from ingest import upload
from ingest.readers import typed
from ingest.records import Health
from tests.ingest.fuzz import FUZZ, scalars
from tests.ingest.hostile import BODIES, RECORDS, element
from tests.ingest.test_wire import WIRE

NOW = 1_789_444_800.0
TABLES = {"watch": typed.WATCH, "relay": typed.RELAY, "script": typed.SCRIPT, "gateway": typed.GATEWAY}
READING = {
    "device_sn": "T1", "timestamp": "2026-09-02 17:00:00", "heart_rate": 92, "blood_oxygen": "96",
    "temperature": "36.9", "pressure_high": 128, "pressure_low": 85, "stress": 52, "step": "600", "distance": "0.7",
    "calorie": 25.5, "latitude": "31.230416", "longitude": "121.473701", "altitude": "4.0", "upload_method": "4g",
    "customer_id": "1900000000000000001", "org_id": 1900000000000000011, "user_id": "0",
    "sleep_data": '{"data":[{"startTimeStamp":1788365160000,"endTimeStamp":1788379080000}]}',
    "exercise_daily_data": "null", "exercise_week_data": "[]", "scientific_sleep_data": "", "workout_data": None,
}  # fmt: skip


def body(dialect: str, *readings: dict[str, Any]) -> bytes:
    """A body of `dialect` with these canonical members in its names; a name it does not have stays as it is."""
    named = [{TABLES[dialect].get(name, name): value for name, value in each.items()} for each in readings]
    content: Any = named if dialect == "gateway" or len(named) != 1 else named[0]
    return json.dumps(content if dialect == "gateway" else {"data": content}).encode()


def general(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> list[Health] | None:
    """What the general reader makes of `raw`; None when it refuses any of it."""
    with monkeypatch.context() as patched:
        patched.setattr(upload, "clock", lambda: NOW)
        patched.setattr(typed, "readings", lambda raw, now: None)
        try:
            taken = upload.read(raw, kind=upload.HEALTH, depth=16, most=500)
        except APIException:
            return None
    return None if taken.rejected else [record for part in taken.parts.values() for record in part.records]


@pytest.fixture
def agree(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], bool]:
    """Fails when the two readers differ over a body; whether the typed one took it."""

    def check(raw: bytes) -> bool:
        found = typed.readings(raw, now=NOW)
        if found is not None:
            wanted = general(raw, monkeypatch)
            assert wanted is not None, raw
            order = lambda record: (record.device_sn, record.timestamp, repr(record))  # noqa: E731
            assert sorted(found, key=order) == sorted(wanted, key=order), raw
        return found is not None

    return check


@pytest.mark.parametrize("dialect", TABLES)
def test_the_bodies_of_every_dialect_are_typed(dialect: str, agree: Callable[[bytes], bool]) -> None:
    assert agree(body(dialect, READING))
    assert agree(
        body(dialect, READING, {**READING, "timestamp": "2026-09-02 17:01:00"}, {**READING, "device_sn": "T2"})
    )
    assert agree(body(dialect, {"device_sn": "T1", "heart_rate": 70}))


def test_every_field_of_a_reading_has_its_place() -> None:
    (found,) = typed.readings(body("watch", READING), now=NOW) or []
    assert found == Health(
        "T1", 1788339600, 92, 96, 36.9, 128, 85, 52, 600, 0.7, 25.5, 31.230416, 121.473701, 4.0, "esim",
        1900000000000000001, 1900000000000000011, None, READING["sleep_data"], None, "[]", None, None, 3.87,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("health-watch-single", True),
        ("health-watch-resume", True),
        ("health-watch-nested", True),
        ("health-phone-relay", True),
        ("health-gateway-list", True),
        ("health-guide-example", True),
        ("health-no-timestamp", True),
        ("health-numeric-ids", True),
        ("health-camel-case", False),
        ("health-missing-serial", False),
    ],
)
def test_the_common_samples_of_the_wire_are_typed(name: str, taken: bool, agree: Callable[[bytes], bool]) -> None:
    assert agree((WIRE / f"{name}.json").read_bytes()) is taken


def test_every_hostile_body_and_record_is_read_alike(agree: Callable[[bytes], bool]) -> None:
    raw = [case.body for case in BODIES]
    raw += [f'{{"data":{element("health", case.members)}}}'.encode() for case in RECORDS if "health" in case.kinds]
    assert len(raw) > 200
    for each in raw:
        agree(each)


members = st.sampled_from(sorted(READING)) | st.sampled_from(["deviceSn", "xlv", "data", "id", "brandNewMetric"])
numeric = st.one_of(
    st.integers(-2, 400),
    st.floats(-500, 500).map(repr),
    st.decimals(-500, 500, places=3).map(str),
    st.integers(0, 400).map(str),
    st.sampled_from(["1e1", "1E+2", "075", "+7", "7.", ".7", "-0", "1e-400", "nan", "inf", " 70 ", "36." + "9" * 60,
                     "1e00000000000000001", 1e300, 12345678901234567890, True]),
)  # fmt: skip
stamps = st.sampled_from(
    ["2026-09-02 24:00:00", "2026-02-30 10:00:00", "2026-09-02T17:00:00", "2026-W36-4 17:00:0", "2014-12-31 23:59:59",
     "2026-09-15 12:00:01", "2099-01-01 00:00:00", 1788339600, 1788339600000, "1788339600", 1788339600.0, 178833960]
)  # fmt: skip


@pytest.mark.parametrize("dialect", TABLES)
def test_any_reading_is_read_alike(dialect: str, agree: Callable[[bytes], bool]) -> None:
    taken = 0

    @settings(FUZZ, max_examples=600)
    @given(st.dictionaries(members, numeric | scalars | stamps, max_size=4), st.sets(st.sampled_from(sorted(READING))))
    def read_alike(changed: dict[str, Any], absent: set[str]) -> None:
        nonlocal taken
        reading = {name: value for name, value in READING.items() if name not in absent - {"device_sn"}} | changed
        taken += agree(body(dialect, reading))

    read_alike()
    assert taken > 60
