"""Who looks, at what, and that one of several does."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ingest import alerting
from ingest.drill.arming import TAG
from ingest.models import AlertInfo
from monitoring import alarms, live
from monitoring.alerts import evaluating, registry
from monitoring.models import Alert, Channel, Delivery, Notice
from rollout import lease
from rollout.alerting import facts, loop
from rollout.alerting.loop import Watch
from rollout.live.document import Composer
from rollout.models import Lease
from streaming import groups
from streaming import registry as kinds
from streaming.deadletters import Burial, bury
from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("db", "redis")


@pytest.fixture(autouse=True)
def fresh(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live document that every look makes anew; facts that are read every time."""
    for kind in kinds.kinds():
        groups.ensure(redis, kind)
    found = live.Live()
    found.compose = Composer("web").compose
    monkeypatch.setattr(live, "LOOK_S", 0.0)
    monkeypatch.setattr(live, "COMPOSE_S", 0.0)
    monkeypatch.setattr(live, "current", found)
    monkeypatch.setattr(alarms, "_here", {})
    for name, read in (("recent_letters", facts.recent_letters), ("backup_age_h", facts.backup_age_h)):
        monkeypatch.setitem(registry._facts, name, read)


def watch(holder: str) -> tuple[Watch, Clock]:
    found, clock = Watch(holder=holder), Clock()
    found.watch = clock  # type: ignore[method-assign]
    return found, clock


def names(**fields: str) -> list[str]:
    return sorted(alert.name for alert in Alert.objects.filter(**fields))


def test_what_is_wrong_is_an_alert_and_what_is_mended_ends_it() -> None:
    one, clock = watch("a")
    alarms.sound("lost:health", "three entries")
    assert one.step()
    assert names(state="firing") == ["entries_lost:health"]
    assert not one.step()  # it was looked a moment ago
    alarms.clear("lost:health")
    clock.now += 2
    one.step()
    Alert.objects.update(gone_at=timezone.now() - timedelta(seconds=61))
    clock.now += 2
    one.step()
    assert names(state="resolved") == ["entries_lost:health"]


def test_a_redis_that_is_away_is_told_and_ends_nothing(settings: Any) -> None:
    one, clock = watch("a")
    alarms.sound("lost:health", "three entries")
    one.step()
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    Alert.objects.update(gone_at=timezone.now() - timedelta(days=1))
    clock.now += 2
    one.step()
    assert names(state="pending") == ["redis_away"]
    assert names(state="firing") == ["entries_lost:health"]


def test_one_of_several_looks_and_another_goes_on_when_it_is_gone() -> None:
    (one, clock), (two, other) = watch("a"), watch("b")
    assert one.step()
    assert not two.step()
    Lease.objects.filter(name=loop.NAME).update(expires_at=lease.now() - 1)
    other.now += 2
    assert two.step()
    clock.now += 2
    alarms.sound("lost:health", "three entries")
    one.step()  # it still believes that it leads: what it would write is fenced
    assert names() == []
    assert one.holding is None
    other.now += 2
    two.step()
    assert names() == ["entries_lost:health"]
    clock.now += 2
    assert not one.step()


@pytest.mark.django_db(transaction=True)
def test_two_that_look_at_the_same_time_tell_once() -> None:
    Channel.objects.create(name="ops", kind="email", address="ops@example.com")
    for number in range(5):
        alarms.sound(f"lost:kind{number}", "gone")
    barrier = threading.Barrier(2)

    def look(holder: str) -> None:
        from django.db import connection

        one, clock = watch(holder)
        barrier.wait()
        for _ in range(3):
            one.step()
            clock.now += 2
        connection.close()

    threads = [threading.Thread(target=look, args=(holder,)) for holder in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(state="firing") == [f"entries_lost:kind{number}" for number in range(5)]
    assert Notice.objects.count() == 5


def test_facts_that_are_not_in_the_document() -> None:
    bury([Burial("health", f"D{n}", "heart rate: 999", "json", f"{n}".encode(), 1_000) for n in range(3)])
    found = facts.gather()
    assert (found["recent_letters"], found["backup_age_h"], found["device_alerts"]) == (3, None, [])
    assert {"traffic", "plan", "judged", "alarms", "consumers", "streams", "redis", "unknown"} <= set(found)


def test_an_old_document_is_not_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.current, "get", lambda: {"age_s": 11.0, "unknown": {}, "alarms": []})
    assert "alarms" not in facts.gather()


def test_critical_alerts_of_devices_are_told_without_their_serials_until_they_are_handled() -> None:
    now = timezone.now()
    row = {"alert_timestamp": now, "update_time": now, "device_sn": "TEST001-LONG", "alert_type": "SOS_EVENT"}
    new = AlertInfo.objects.create(severity_level="critical", create_time=now, dedup_key="1", **row)
    AlertInfo.objects.create(severity_level="high", create_time=now, dedup_key="2", **row)
    AlertInfo.objects.create(severity_level="critical", create_time=now - timedelta(hours=2), dedup_key="3", **row)
    simulated = {**row, "device_sn": f"{TAG}1"}
    AlertInfo.objects.create(severity_level="critical", create_time=now, dedup_key="4", **simulated)
    one, clock = watch("a")
    one.step()
    (alert,) = Alert.objects.all()
    assert (alert.name, alert.group, alert.state) == (f"device_alert:SOS_EVENT:{new.pk}", "devices", "firing")
    assert "TEST001-LONG" not in str(alert.values)
    assert evaluating.holding(registry.rules()) == []
    AlertInfo.objects.filter(pk=new.pk).update(alert_status="responded")
    for _ in range(2):
        clock.now += 2
        one.step()
    assert names(state="resolved") == [f"device_alert:SOS_EVENT:{new.pk}"]
    assert alerting.pending() == []


def test_what_was_over_long_ago_is_pruned_by_the_one_who_looks() -> None:
    Delivery.objects.create(channel_name="x", endpoint="x", title="x", began_at=timezone.now() - timedelta(days=31))
    watch("a")[0].step()
    assert not Delivery.objects.exists()
