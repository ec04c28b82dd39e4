"""Whatever devices send at once: no statement is larger than a server takes."""

import msgspec
import pytest

from ingest.models import HealthData
from streaming import batch
from streaming.envelope import Reject
from streaming.models import DeadLetter
from tests.streaming import entries
from tests.streaming.entries import pending, put, readings

pytestmark = pytest.mark.usefixtures("redis", "held")

# Together more than the 16 MB that MariaDB takes in a statement; each less than an upload may hold.
MANY = 90
HEAVY = '{"data":[{"x":"' + "y" * 200_000 + '"}]}'


def test_readings_of_much_nested_data_are_stored() -> None:
    for number in range(MANY):
        [reading] = readings(1, f"S{number}")
        put("health", msgspec.structs.replace(reading, sleep_data=HEAVY))
    assert entries.drain(entries.consumer(batch_size=MANY)) == MANY
    assert (HealthData.objects.count(), pending("health")) == (MANY, 0)


def test_large_records_that_can_not_be_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # In one transaction, as a repair may have it.
    monkeypatch.setattr(batch, "CHUNK_BYTES", 1 << 30)
    for number in range(MANY):
        put(
            "health",
            rejects=[Reject("health", f"S{number}", "implausible: heart_rate 999", b"%d" % number + HEAVY.encode())],
        )
    assert entries.drain(entries.consumer(batch_size=MANY)) == MANY
    assert (DeadLetter.objects.count(), pending("health")) == (MANY, 0)


def test_a_transaction_takes_no_more_than_eight_megabytes() -> None:
    subject = batch.Batch(
        entries.watched("health", lambda records: None),  # type: ignore[arg-type, return-value]
        [(b"%d-0" % number, {b"d": b"x" * (1 << 20)}) for number in range(1, 20)],
        spend=lambda count: None,
    )
    assert [len(chunk.identifiers) for chunk in subject.chunks()] == [8, 8, 3]
