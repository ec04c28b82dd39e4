"""One reading is one canonical record: in whichever dialect it comes, through a stream, and through a dead letter."""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import APIException

from ingest import dialects, times, upload
from ingest.records import Health
from streaming import deadletters, envelope, registry, replay
from streaming.envelope import VERSION, Envelope
from streaming.models import DeadLetter
from tests.ingest.conftest import RECEIVED
from tests.ingest.fuzz import FEW, FUZZ, anything
from tests.ingest.outcomes import STATUSES, outcome
from tests.ingest.paths import ENDPOINTS
from tests.streaming.test_envelope import kinds

NOW = int(RECEIVED.timestamp())
NAMES = {
    **dialects.HEALTH,
    **dialects.POSITION,
    **dialects.IDS,
    "device_sn": dialects.SERIAL,
    "timestamp": dialects.TIME,
}

# Serials that no rule changes: stripped, composed, not one of the words for "unknown".
serials = st.from_regex(r"[A-Za-z0-9设备é🦊-]{1,30}", fullmatch=True).filter(lambda s: s not in {"null"})


def tenths(least: int, most: int) -> st.SearchStrategy[float]:
    return st.integers(least * 10, most * 10).map(lambda tenth: tenth / 10)


readings = st.fixed_dictionaries(
    {"device_sn": serials, "timestamp": st.integers(times.EARLIEST, NOW)},
    optional={
        "heart_rate": st.integers(0, 300),
        "blood_oxygen": st.integers(0, 100),
        "temperature": tenths(20, 45) | st.just(0.0),
        "pressure_high": st.integers(0, 350),
        "pressure_low": st.integers(0, 350),
        "stress": st.integers(0, 100),
        "step": st.integers(0, 2**31 - 1),
        "distance": tenths(0, 10**6),
        "calorie": tenths(0, 10**4),
        "latitude": tenths(1, 90),
        "longitude": tenths(-180, 180),
        "altitude": tenths(-400, 8_000),
        "upload_method": st.sampled_from(["wifi", "bluetooth", "esim", "common_event"]),
        "customer_id": st.integers(0, 2**63 - 1),
        "org_id": st.integers(0, 2**63 - 1),
        "user_id": st.integers(0, 2**63 - 1),
    },
)
UNMEASURED = ("heart_rate", "blood_oxygen", "temperature", "pressure_high", "pressure_low", "stress", *dialects.IDS)


def canonical(values: dict[str, Any]) -> Health:
    """The record of these values, by the table of the wire contract."""
    known = {name: value for name, value in values.items() if value or name not in UNMEASURED}
    position = [known.get(name) for name in ("latitude", "longitude", "altitude")]
    if not any(position):
        known |= {"latitude": None, "longitude": None, "altitude": None}
    return Health(**known)


@st.composite
def spelt(draw: st.DrawFn, values: dict[str, Any]) -> bytes:
    """These values as some dialect says them: any name, number or text, any format of time, at any place."""
    element: dict[str, Any] = {}
    for name, value in values.items():
        if name == "timestamp":
            value = draw(st.sampled_from(moments(value)))
        elif isinstance(value, (int, float)) and draw(st.booleans()):
            value = draw(st.sampled_from([str(value), f" {value} "])) if name not in dialects.IDS else str(value)
        element[draw(st.sampled_from(NAMES[name]))] = value
    around = draw(st.sampled_from(['{"data":%s}', '{"type":"x","data":%s}', "%s", "[%s]", '{"data":[%s]}',
                                   '{"data":{"data":%s}}', '{"data":{"data":[%s]}}']))  # fmt: skip
    return around.replace("%s", json.dumps(element, ensure_ascii=draw(st.booleans()))).encode()


def moments(moment: int) -> list[Any]:
    """Every way to say a moment."""
    local, abroad = (datetime.fromtimestamp(moment, zone) for zone in (times.SHANGHAI, timezone(timedelta(hours=-5))))
    plain = f"{local:%Y-%m-%d %H:%M:%S}"
    return [plain, f" {plain} ", plain.replace(" ", "T"), f"{plain}.999", abroad.isoformat(), local.isoformat(),
            moment, moment * 1000, moment * 1000 + 999, str(moment), str(moment * 1000), float(moment)]  # fmt: skip


@given(readings.flatmap(lambda values: st.tuples(st.just(values), spelt(values), spelt(values))))
@FUZZ
def test_one_reading_in_any_dialect_is_the_same_record(case: tuple[dict[str, Any], bytes, bytes]) -> None:
    values, *bodies = case
    for body in bodies:
        taken = upload.read(body, kind="health", depth=16, most=500)
        assert taken.rejected == []
        assert [record for part in taken.parts.values() for record in part.records] == [canonical(values)]


@given(anything | st.lists(readings), st.sampled_from(sorted(ENDPOINTS)))
@FUZZ
def test_what_is_read_is_the_same_after_its_way_through_a_stream(content: Any, name: str) -> None:
    try:
        taken = upload.read(json.dumps(content).encode(), kind=name, depth=16, most=500)
    except APIException:
        return
    for part in taken.parts.values():
        kind = registry.get(part.kind)
        sent: Envelope[Any] = Envelope(VERSION, kind.name, 1, "stream", 1, list(part.records), part.rejects)
        assert envelope.decode(envelope.encode(sent), record=kind.record, kind=kind.name) == sent


@given(st.sampled_from(sorted(kinds)).flatmap(lambda name: st.tuples(st.just(name), kinds[name])))
@FUZZ
def test_a_record_is_the_same_after_its_time_as_a_dead_letter(case: tuple[str, Any]) -> None:
    kind, record = registry.get(case[0]), case[1]
    burial = deadletters.of_record(kind, record, "conflict", received_ms=1)
    letter = DeadLetter(kind=kind.name, form=burial.form, payload=burial.payload, received_at=RECEIVED)
    (item,) = replay.open_letter(kind, letter).items
    assert item.record == record


@given(readings, st.sampled_from(["heart_rate", "stress", "step", "customer_id"]))
@FUZZ
def test_a_number_is_read_exactly(values: dict[str, Any], name: str) -> None:
    # Above 2^53 a float would be another number.
    taken = upload.read(json.dumps({**values, name: values.get(name, 1)}).encode(), kind="health", depth=16, most=1)
    (record,) = next(iter(taken.parts.values())).records
    assert Decimal(getattr(record, name) or 0) == Decimal(values.get(name, 1))


reading_like = st.dictionaries(st.sampled_from(sorted(name for names in NAMES.values() for name in names)), anything)


@pytest.mark.usefixtures("edge")
@given(
    st.lists(readings | reading_like | anything, max_size=4) | anything,
    st.sampled_from([*ENDPOINTS.values(), "/batch/upload-common-event"]),
)
@FEW
def test_any_json_is_answered_alike_and_ends_alike_on_both_paths(content: Any, path: str) -> None:
    assert outcome(path, json.dumps(content).encode()).answer.status in STATUSES
