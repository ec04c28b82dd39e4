"""What is in a backup, and what becomes of one that fails."""

import errno
import os
import stat
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ingest.models import HealthData
from ljwx.redis import client
from rollout import backups, traffic
from rollout.backups import dump as dumps
from rollout.backups import entries, positions
from rollout.models import Backup, Route
from rollout.plans import drafting
from rollout.plans.templates import TEMPLATES
from streaming import counts, registry
from tests.rollout.backups.content import rows
from tests.streaming.entries import consumer, drain, put, readings

HEALTH = registry.get("health")
WHO = {"actor": "ann", "reason": "test"}


def take(event: str = "one", **values: Any) -> Backup:
    return backups.create(event=event, **WHO, **values)


def test_it_holds_the_control_state() -> None:
    traffic.switch(kinds=["health"], percentage=Decimal(20), actor="ann", reason="first")
    plan = drafting.create(name="p", steps=TEMPLATES["fast"], actor="ann")
    counts.ask(3, reason="test", actor="ann")
    found = take()
    assert (found.status, found.error) == ("verified", "")
    held = {(row["model"], row["pk"]): row["fields"] for row in rows(found, "control.jsonl.gz")}
    assert held["rollout.route", Route.objects.get(kind="health").pk]["percentage"] == "20.00"
    assert held["rollout.plan", plan.pk]["name"] == "p"
    models = [model for model, _pk in held]
    assert [models.count(f"rollout.{name}") for name in ("route", "change", "step", "transition")] == [3, 1, 4, 1]
    assert held["streaming.consumercount", 1]["wanted"] == 3


def test_it_holds_what_is_not_acknowledged_byte_for_byte_and_where_the_groups_are(
    traffic: dict[str, list[bytes]],
) -> None:
    found = take()
    lines = rows(found, entries.name("health"))
    assert [(line["id"].encode(), line["pending"]) for line in lines] == [
        *((each, True) for each in traffic["pending"]),
        *((each, False) for each in traffic["undelivered"]),
    ]
    content = dict(client("control").xrange(HEALTH.stream))
    whole = [entries.msgspec.convert(line, entries.Line) for line in lines]
    assert [dict(line.fields) for line in whole] == [content[line.id.encode()] for line in whole]
    (position,) = (each for each in rows(found, positions.NAME) if each["kind"] == "health")
    assert position["delivered"].encode() == traffic["pending"][-1]
    assert position["last"].encode() == traffic["undelivered"][-1]
    assert (position["length"], position["pending"]) == (6, {"a:1": 2})
    assert found.counts == {
        "control.jsonl.gz": 3, "entries-device.jsonl.gz": 0, "entries-event.jsonl.gz": 0,
        "entries-health.jsonl.gz": 4, "marks.jsonl.gz": 7, "streams.jsonl.gz": 3,
    }  # fmt: skip


def test_it_holds_how_far_the_tables_had_come() -> None:
    put("health", *readings(3))
    drain(consumer())
    newest = HealthData.objects.order_by("-pk").values_list("pk", flat=True)[0]
    held = {row["table"]: row["highest"] for row in rows(take(), "marks.jsonl.gz")}
    assert (held["t_user_health_data"], held["t_device_info"]) == (newest, 0)


def test_more_entries_than_a_page_are_all_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "PAGE", 3)
    ids = [put("health", *readings(1, f"S{number}")) for number in range(20)]
    backups_group = consumer(kinds=[HEALTH], batch_size=1)
    drain(backups_group)
    more = [put("health", *readings(1, f"T{number}")) for number in range(20)]
    client("control").xreadgroup(HEALTH.group, "b:1", {HEALTH.stream: ">"}, count=10)
    assert len(ids) == 20
    assert [row["id"].encode() for row in rows(take(), entries.name("health"))] == more


def test_what_is_delivered_while_it_is_read_is_in_it(
    traffic: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = entries._pending

    def delivered_meanwhile(*args: Any) -> Any:
        yield from real(*args)
        client("control").xreadgroup(HEALTH.group, "b:1", {HEALTH.stream: ">"})

    monkeypatch.setattr(entries, "_pending", delivered_meanwhile)
    held = [row["id"].encode() for row in rows(take(), entries.name("health"))]
    assert held == traffic["pending"] + traffic["undelivered"]


def test_only_its_owner_can_read_it(root: Path) -> None:
    before = os.umask(0)
    try:
        found = take(dump=True) if dumps.connection.vendor == "sqlite" else take()
    finally:
        os.umask(before)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE(Path(found.path).stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in Path(found.path).iterdir()} == {0o600}


def test_an_event_has_one_backup(root: Path) -> None:
    first, second, other = take(), take(), take("two")
    assert (first.pk, first.path) == (second.pk, second.path)
    assert other.pk != first.pk
    assert len(list(root.iterdir())) == Backup.objects.count() == 2


def test_without_redis_it_is_taken_and_does_not_count_and_is_taken_again_afterwards(settings: Any) -> None:
    right = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    without = take()
    assert (without.status, without.counts) == ("taken", {"control.jsonl.gz": 3, "marks.jsonl.gz": 7})
    assert "the entries on their way are not in it" in without.error
    assert backups.verify(without.pk).status == "taken"
    assert backups.latest_verified() is None
    settings.REDIS_URL = right
    assert take().status == "verified"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_disk_that_refuses_makes_it_bad_leaves_nothing_and_the_next_one_works(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        bad = take()
    assert (bad.status, bad.sha256) == ("bad", "")
    assert os.strerror(number) in bad.error
    assert list(root.iterdir()) == []
    assert take().status == "verified"


def test_a_folder_that_can_not_be_made_makes_it_bad(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.BACKUP_DIR = tmp_path / "file" / "backups"
    assert (take().status, "Not a directory" in take().error) == ("bad", True)


def test_who_died_is_replaced_after_half_a_minute_and_who_lives_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = Backup.objects.create(event="one", path="/nowhere", actor="bob", reason="died", beat_at=timezone.now())
    polls = []

    def wait(_seconds: float) -> None:
        polls.append(1)
        if len(polls) == 3:
            Backup.objects.filter(pk=dead.pk).update(beat_at=timezone.now() - timedelta(seconds=31))

    monkeypatch.setattr("rollout.backups.taking._pause.wait", wait)
    found = take()
    assert (found.pk, found.status, found.actor, len(polls)) == (dead.pk, "verified", "ann", 3)


def test_of_two_that_are_at_it_the_first_that_is_done_counts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rollout.backups import contents

    real = contents.write
    others: list[Backup] = []

    def overtaken(*args: Any, **values: Any) -> Any:
        if not others:
            others.append(Backup.objects.get())
            Backup.objects.update(beat_at=timezone.now() - timedelta(seconds=31))
            others.append(take())
        return real(*args, **values)

    monkeypatch.setattr(contents, "write", overtaken)
    found = take()
    assert others[1].status == found.status == "verified"
    assert found.path == others[1].path != others[0].path
    assert [str(each) for each in root.iterdir()] == [found.path]
