"""Backups taken by real processes: eight at once, some killed; and what they bring back after a Redis went empty."""

import json
import signal
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
from rollout import backups
from rollout.models import Backup, Route
from rollout.traffic import switch
from tests.managed import Managed
from tests.polling import until
from tests.streaming.entries import put, readings

Manage = Callable[..., Managed]


@pytest.fixture
def root(settings: Any, tmp_path: Path) -> Path:
    settings.BACKUP_DIR = tmp_path / "backups"
    return tmp_path / "backups"


def create(manage: Manage, root: Path, event: str, **env: str) -> Managed:
    words = ("create", "--event", event, "--reason", "test", "--format", "json")
    return manage("backup", *words, LJWX_BACKUP_DIR=str(root), **env)


def test_eight_processes_that_start_at_once_take_one_backup(manage: Manage, root: Path) -> None:
    for number in range(500):
        put("health", *readings(1, f"S{number}"))
    started = [create(manage, root, "start") for _each in range(8)]
    assert [process.wait(120) for process in started] == [0] * 8, "".join(each.output() for each in started)
    said = [json.loads(process.output().splitlines()[-1])["backups"] for process in started]
    assert all(each == said[0] for each in said)
    row = Backup.objects.get()
    assert (row.status, row.counts["entries-health.jsonl.gz"]) == ("verified", 500)
    assert [str(path) for path in root.iterdir()] == [row.path]


@pytest.mark.parametrize("point", ["entries", "written", "renamed"])
def test_a_backup_that_is_killed_counts_for_nothing_and_the_next_one_works(
    manage: Manage, root: Path, point: str
) -> None:
    put("health", *readings(1))
    dying = create(manage, root, "start", LJWX_FAILPOINT=f"backup.{point}:1")
    assert dying.wait(60) == -signal.SIGKILL, dying.output()
    (left,) = root.iterdir()
    assert stat.S_IMODE(left.stat().st_mode) == 0o700
    dead = Backup.objects.get()
    assert (dead.status, backups.latest_verified()) == ("taking", None)
    other = create(manage, root, "other")
    assert other.wait(60) == 0, other.output()
    # Its own event too, once it has been silent for half a minute.
    Backup.objects.filter(pk=dead.pk).update(beat_at=timezone.now() - timedelta(seconds=31))
    again = create(manage, root, "start")
    assert again.wait(60) == 0, again.output()
    dead.refresh_from_db()
    assert (dead.status, Path(dead.path).exists()) == ("verified", True)
    backups.prune(now=timezone.now() + timedelta(hours=2))
    assert not left.exists()
    assert {str(path) for path in root.iterdir()} == set(Backup.objects.values_list("path", flat=True))


def test_after_a_flushall_shares_and_entries_come_back_and_every_record_is_stored_once(
    manage: Manage, root: Path
) -> None:
    switch(kinds=["health"], percentage=Decimal(20), actor="ann", reason="test")
    sent = [f"S{number:03}" for number in range(300)]
    for serial in sent[:100]:
        put("health", *readings(1, serial))
    consumers = manage("run_consumers", "--workers", "1")
    until(lambda: HealthData.objects.count() == 100, within=60)
    consumers.send_signal(signal.SIGTERM)
    assert consumers.wait(60) == 0, consumers.output()
    for serial in sent[100:]:
        put("health", *readings(1, serial))
    taken = create(manage, root, "start")
    assert taken.wait(60) == 0, taken.output()
    switch(kinds=["health"], percentage=Decimal(60), actor="ann", reason="test")
    client("control").flushdb()
    put("health", *readings(1, "AFTER"))
    words = ("restore", str(Backup.objects.get().pk), "--reason", "back", "--format", "json")
    restored = manage("backup", *words, LJWX_BACKUP_DIR=str(root))
    assert restored.wait(60) == 0, restored.output()
    done = json.loads(restored.output().splitlines()[-1])
    assert done["entries"]["health"] == {"present": 0, "republished": 200}
    assert Route.objects.get(kind="health").percentage == 20
    manage("run_consumers", "--workers", "1")
    until(lambda: HealthData.objects.count() == 301, within=60)
    stored = list(HealthData.objects.order_by("device_sn").values_list("device_sn", flat=True))
    assert stored == ["AFTER", *sent]
