"""Dead letters: each record once, byte for byte, with its reason."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import msgspec
import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.records import Device, Event, Health
from streaming import deadletters, registry
from streaming.deadletters import Burial, bury, category, of_record, of_reject
from streaming.envelope import Reject
from streaming.models import DeadLetter
from tests.streaming.entries import FIVE, RECEIVED_MS

FULL = Health("设备001", FIVE, heart_rate=70, temperature=36.6, customer_id=2**63 - 1, sleep_data='{"a":1}')


def burial(payload: bytes = b"{}", **values: Any) -> Burial:
    given_ = {"kind": "health", "device_sn": "A", "reason": "no serial", "form": "json", "received_ms": RECEIVED_MS}
    return Burial(**{**given_, **values}, payload=payload)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("db")
def test_a_record_is_kept_with_its_reason() -> None:
    assert bury([burial(b'{"a": 1 }', reason="timestamp: year 2105 is in the future")]) == 1
    letter = DeadLetter.objects.get()
    assert (letter.kind, letter.device_sn, letter.form, letter.state) == ("health", "A", "json", "open")
    assert (letter.reason, letter.category) == ("timestamp: year 2105 is in the future", "timestamp")
    assert bytes(letter.payload) == b'{"a": 1 }'
    assert letter.received_at == datetime(2026, 9, 15, 4, tzinfo=UTC)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("other", [{"reason": "conflict"}, {"received_ms": 1}, {"device_sn": "B"}])
def test_a_record_is_kept_once_however_often_it_is_delivered(other: dict[str, Any]) -> None:
    assert bury([burial(), burial(), burial(**other)]) == 1
    assert bury([burial(**other)]) == 0
    assert DeadLetter.objects.count() == 1


@pytest.mark.usefixtures("db")
def test_records_that_differ_are_kept_each() -> None:
    assert bury([burial(), burial(b"{ }"), burial(kind="device"), burial(form="entry")]) == 4


@pytest.mark.usefixtures("db")
def test_a_settled_letter_is_not_opened_again() -> None:
    bury([burial()])
    DeadLetter.objects.update(state=DeadLetter.State.DISCARDED)
    bury([burial()])
    assert [letter.state for letter in DeadLetter.objects.all()] == ["discarded"]


@pytest.mark.usefixtures("db")
@given(
    st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=300)
)
@settings(max_examples=100, deadline=None, database=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
def test_any_bytes_are_kept_byte_for_byte_with_any_reason(payload: bytes, reason: str) -> None:
    with undone():
        assert bury([burial(payload, reason=reason, device_sn=reason)]) == 1
        letter = DeadLetter.objects.get()
    assert bytes(letter.payload) == payload
    assert (letter.reason, letter.device_sn) == (reason[:255], reason[:64])


@pytest.mark.usefixtures("db")
def test_nothing_to_bury_is_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert bury([]) == 0


@pytest.mark.usefixtures("db")
def test_a_reject_is_kept_as_it_was_received() -> None:
    bury([of_reject(Reject("event", "A", "no event type", b'{"x":"\\ud800"}'), received_ms=RECEIVED_MS)])
    letter = DeadLetter.objects.get()
    assert (letter.kind, letter.form, bytes(letter.payload)) == ("event", "json", b'{"x":"\\ud800"}')


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("health", FULL),
        ("device", Device("A", FIVE, battery_level=1)),
        ("event", Event("A", "SOS_EVENT", FIVE, "1", health=[FULL])),
    ],
)
def test_a_canonical_record_is_the_same_when_it_is_read_back(kind: str, record: Any) -> None:
    found = of_record(registry.get(kind), record, "conflict", received_ms=RECEIVED_MS)
    assert found.device_sn in {"A", "设备001"}
    assert deadletters.record(registry.get(kind), found.payload) == record


@pytest.mark.parametrize(
    "fields",
    [
        {"device_sn": "A"},
        {"timestamp": FIVE},
        {"device_sn": "A", "timestamp": FIVE, "new_metric": 1},
        {"device_sn": "A", "timestamp": "soon"},
        {"device_sn": "A", "timestamp": FIVE, "blood_oxygen": 98},
    ],
)
def test_a_record_that_no_longer_fits_its_kind_is_not_guessed(fields: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        deadletters.record(registry.get("health"), msgspec.json.encode(fields))


def test_a_record_from_before_a_field_was_added_still_fits() -> None:
    old = msgspec.json.encode({"device_sn": "A", "timestamp": FIVE, "heart_rate": 70})
    assert deadletters.record(registry.get("health"), old) == Health("A", FIVE, heart_rate=70)


@pytest.mark.parametrize(
    ("reason", "found"),
    [("conflict", "conflict"), ("implausible: heart_rate 999", "implausible"), ("no serial: x:y", "no serial"),
     ("", ""), ("x" * 100, "x" * 64)],
)  # fmt: skip
def test_a_category_holds_no_value(reason: str, found: str) -> None:
    assert category(reason) == found


@pytest.mark.django_db(transaction=True)
def test_two_that_bury_the_same_at_once_keep_it_once() -> None:
    start = Barrier(4)

    def work(number: int) -> None:
        try:
            start.wait()
            for first in range(0, 40, 10):
                with transaction.atomic():
                    bury([burial(b"%d" % index) for index in range(first, first + 10)][:: 1 if number % 2 else -1])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert DeadLetter.objects.count() == 40
