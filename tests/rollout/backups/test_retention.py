"""Which backups go, and that the last verified one never does; whether one is recent."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from rollout import backups
from rollout.backups import retention
from rollout.models import Backup
from rollout.plans import drafting
from rollout.plans.templates import TEMPLATES

LATER = timedelta(minutes=10)


def take(event: str) -> Backup:
    return backups.create(event=event, actor="ann", reason="test")


def events() -> list[str]:
    return list(Backup.objects.order_by("pk").values_list("event", flat=True))


def prune(after: timedelta = LATER) -> list[str]:
    return backups.prune(now=timezone.now() + after)


def test_the_newest_are_kept_and_the_others_go_with_their_folders(settings: Any, root: Path) -> None:
    settings.BACKUP_KEEP = 2
    made = [take(f"e{number}") for number in range(4)]
    assert prune() == [Path(each.path).name for each in made[:2]]
    assert events() == ["e2", "e3"]
    assert sorted(str(each) for each in root.iterdir()) == sorted(each.path for each in made[2:])
    assert prune() == []


def test_the_last_verified_one_is_never_removed(settings: Any) -> None:
    settings.BACKUP_KEEP = 1
    found = take("good")
    for number in range(3):
        Backup.objects.create(event=f"bad{number}", path="/nowhere", actor="a", reason="r", status="bad")
    for after in (timedelta(days=1, minutes=1), timedelta(days=4000)):
        prune(after)
        assert events() == ["good"]
    assert backups.latest_verified() == found
    assert backups.verify(found.pk).status == "verified"


def test_what_failed_is_kept_for_a_day() -> None:
    Backup.objects.create(event="bad", path="/nowhere", actor="a", reason="r", status="bad")
    prune(timedelta(hours=23))
    assert events() == ["bad"]
    prune(timedelta(hours=25))
    assert events() == []


def test_one_that_somebody_works_with_is_kept(settings: Any) -> None:
    settings.BACKUP_KEEP = 1
    first, _second = take("first"), take("second")
    Backup.objects.filter(pk=first.pk).update(beat_at=timezone.now() + LATER)
    assert prune() == []
    assert prune(LATER * 2) == [Path(first.path).name]


def test_folders_that_no_row_knows_go_after_an_hour_and_strange_files_stay(root: Path) -> None:
    found = take("one")
    old = timezone.now() - timedelta(minutes=61)
    for name in ("backup_x", ".taking_backup_x", "mine", "backup_new"):
        (root / name).mkdir()
        (root / name / "file").touch()
        if name != "backup_new":
            os.utime(root / name, (old.timestamp(), old.timestamp()))
    os.utime(found.path, (old.timestamp(), old.timestamp()))
    assert backups.prune() == ["backup_x", ".taking_backup_x"]
    assert {each.name for each in root.iterdir()} == {"mine", "backup_new", Path(found.path).name}


def test_a_folder_that_can_not_be_removed_goes_the_next_time(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BACKUP_KEEP = 1
    first, _second = take("first"), take("second")

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(retention.shutil, "rmtree", refuse)
        assert prune() == []
    assert events() == ["second"]
    assert prune(timedelta(minutes=61)) == [Path(first.path).name]


def test_taking_one_removes_what_is_beyond(settings: Any) -> None:
    settings.BACKUP_KEEP = 1
    take("first")
    Backup.objects.update(beat_at=timezone.now() - LATER)
    take("second")
    assert events() == ["second"]


def test_the_one_that_is_put_back_is_not_removed_by_the_one_taken_before(settings: Any) -> None:
    settings.BACKUP_KEEP = 1
    first = take("first")
    done = backups.restore(first.pk, actor="ann", reason="back")
    assert done["error"] == ""
    assert set(Backup.objects.values_list("pk", flat=True)) == {first.pk, done["before"]}


def test_a_recent_one_is_good_enough_and_an_old_or_bad_one_is_not() -> None:
    first = backups.ensure_recent(event="one", actor="ann")
    assert (first.event, first.status) == ("one", "verified")
    assert backups.ensure_recent(event="two", actor="ann") == first
    later = timezone.now() + timedelta(hours=24)
    assert backups.ensure_recent(event="three", actor="ann", now=later).event == "three"
    (Path(Backup.objects.get(event="three").path) / "manifest.json").unlink()
    (Path(first.path) / "manifest.json").unlink()
    assert backups.ensure_recent(event="four", actor="ann").event == "four"


def test_each_version_of_a_plan_has_one_before_its_start() -> None:
    plan = drafting.create(name="p", steps=TEMPLATES["fast"], actor="ann")
    first = backups.before_start(plan, actor="ann")
    assert (first.status, first.event) == ("verified", f"plan-{plan.pk}-v{plan.version}")
    assert backups.before_start(plan, actor="bob") == first
    plan.version += 1
    assert backups.before_start(plan, actor="bob") != first
