"""Rows are deleted of the drill's devices alone, and only what the stream can give back."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from ingest.drill.damage import LASTS_S, MOST, Damage
from ingest.models import AlertInfo, HealthData
from ingest.records import Health
from rollout.models import Plan, Step
from streaming import registry
from streaming.envelope import FIELD, VERSION, Envelope, encode
from tests.clock import Clock

FIVE = 1788339600
HEALTH = registry.get("health")
PREFIX = "DRILL-1-"
MINE = f"{PREFIX}1"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@pytest.fixture
def step() -> Step:
    """A step that is observed since the year 2000, epoch 7."""
    return Step(plan=Plan(), position=1, percentage=10, observe_s=30, epochs={"health": 7},
                observing_since=datetime(2000, 1, 1, 0, 0, 3, tzinfo=UTC))  # fmt: skip


def row(serial: str, second: int = FIVE) -> HealthData:
    now = timezone.now()
    return HealthData.objects.create(
        device_sn=serial, timestamp=datetime.fromtimestamp(second, UTC), upload_method="wifi", create_time=now,
        update_time=now,
    )  # fmt: skip


def stored(redis: object, serial: str, second: int = FIVE, *, path: str = "stream", epoch: int = 7) -> HealthData:
    """A reading that the stream has promised, and its row."""
    received_ms = int(timezone.now().timestamp() * 1000)
    envelope = Envelope(VERSION, "health", received_ms, path, epoch, [Health(serial, second)])
    redis.xadd(HEALTH.stream, {FIELD: encode(envelope)})  # type: ignore[attr-defined]
    return row(serial, second)


def left() -> set[tuple[str, int]]:
    return {(sn, int(at.timestamp()) - FIVE) for sn, at in HealthData.objects.values_list("device_sn", "timestamp")}


def test_only_what_the_stream_promised_of_its_devices_in_this_epoch_is_deleted(redis: object, step: Step) -> None:
    stored(redis, MINE)
    stored(redis, MINE, FIVE + 1, epoch=6)
    stored(redis, MINE, FIVE + 2, path="v2")
    row(MINE, FIVE + 3)
    stored(redis, "DRILL-2-1")
    stored(redis, "WATCH-1")
    named = stored(redis, MINE, FIVE + 4)
    AlertInfo.objects.create(
        alert_type="SOS_EVENT", device_sn=MINE, alert_timestamp=timezone.now(), severity_level="critical",
        health_id=named.pk, create_time=timezone.now(), update_time=timezone.now(),
    )  # fmt: skip
    subject = Damage(prefix=PREFIX, step=step)
    subject.begin()
    assert subject.deleted == 1
    assert left() == {(MINE, 1), (MINE, 2), (MINE, 3), (MINE, 4), ("DRILL-2-1", 0), ("WATCH-1", 0)}


def test_it_goes_on_for_its_time_and_no_longer(redis: object, step: Step) -> None:
    subject = Damage(prefix=PREFIX, step=step)
    subject.clock = clock = Clock()  # type: ignore[assignment, misc]
    stored(redis, MINE)
    subject.tend()
    assert subject.deleted == 0
    subject.begin()
    stored(redis, MINE, FIVE + 1)
    subject.tend()
    assert subject.deleted == 2
    clock.now += LASTS_S + 0.1
    stored(redis, MINE, FIVE + 2)
    subject.tend()
    assert left() == {(MINE, 2)}


def test_it_ends_when_it_has_deleted_enough(redis: object, step: Step) -> None:
    subject = Damage(prefix=PREFIX, step=step)
    subject.deleted = MOST
    stored(redis, MINE)
    subject.begin()
    assert left() == {(MINE, 0)}


def test_the_evidence_of_a_step_begins_at_a_whole_ten_of_seconds(redis: object, step: Step) -> None:
    step.observing_since = timezone.now()
    subject = Damage(prefix=PREFIX, step=step)
    assert 0 < subject.not_before - step.observing_since.timestamp() <= 10
    assert subject.not_before % 10 == 0
    stored(redis, MINE)
    subject.begin()
    assert left() == {(MINE, 0)}


@pytest.mark.parametrize("prefix", ["", "DRILL-", "SIM1-", "WATCH-"])
def test_serials_without_the_tag_can_not_be_damaged(step: Step, prefix: str) -> None:
    with pytest.raises(ValueError, match="DRILL-"):
        Damage(prefix=prefix, step=step)
