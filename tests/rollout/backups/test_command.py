"""`manage.py backup` and its exit codes."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import OperationalError

from rollout import backups
from rollout.models import Backup, Route
from rollout.traffic import switch
from tests.streaming.entries import put, readings


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("backup", *words, stdout=out)
    return out.getvalue()


def data(*words: str) -> Any:
    return json.loads(run(*words, "--format", "json"))


def created(*words: str) -> dict[str, Any]:
    (found,) = data("create", "--reason", "test", *words)["backups"]
    return dict(found)


def test_one_is_taken_listed_read_back_and_put_back() -> None:
    put("health", *readings(1))
    switch(kinds=["health"], percentage=Decimal(10), actor="ann", reason="test")
    found = created("--event", "mine", "--actor", "ann")
    assert (found["event"], found["status"], found["counts"]["entries-health.jsonl.gz"]) == ("mine", "verified", 1)
    switch(kinds=["health"], percentage=Decimal(40), actor="ann", reason="test")
    assert data("list")["backups"] == [found]
    assert data("verify", str(found["id"]))["backups"] == [found]
    text = run("restore", str(found["id"]), "--reason", "back", "--actor", "ann")
    assert "health: 40.00 % → 10.00 % (10.00 %)\n" in text
    assert "health: 1 entries are there, 0 appended again\n" in text
    assert Route.objects.get(kind="health").percentage == 10
    assert [line.split()[3:5] for line in run("list").splitlines()][-1] == ["verified", "mine"]


def test_each_call_takes_one_of_its_own() -> None:
    assert created()["id"] != created()["id"]


def test_one_that_is_not_verified_is_exit_1(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with pytest.raises(SystemExit) as ended:
        run("create", "--reason", "test")
    assert ended.value.code == 1
    with pytest.raises(SystemExit) as ended:
        run("verify", str(Backup.objects.get().pk))
    assert ended.value.code == 1


@pytest.mark.parametrize("words", [("verify", "77"), ("restore", "77", "--reason", "r")])
def test_one_that_is_not_there_is_exit_2(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="no backup 77") as refused:
        run(*words)
    assert refused.value.returncode == 2


def test_a_database_that_is_away_is_exit_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**values: Any) -> None:
        raise OperationalError(2006, "away")

    monkeypatch.setattr(backups, "create", away)
    with pytest.raises(CommandError, match="does not answer") as refused:
        run("create", "--reason", "test")
    assert refused.value.returncode == 3


def test_a_refused_restore_is_exit_4(settings: Any) -> None:
    settings.PLAN_PEOPLE = 2
    found = created()
    with pytest.raises(CommandError, match="Somebody else") as refused:
        run("restore", str(found["id"]), "--reason", "r", "--actor", "ann", "--approved-by", "ann")
    assert refused.value.returncode == 4


def test_entries_that_could_not_all_be_appended_are_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    found = created()
    real = backups.restore
    monkeypatch.setattr(backups, "restore", lambda *args, **values: {**real(*args, **values), "error": "gone"})
    with pytest.raises(CommandError, match="do it again: gone") as refused:
        run("restore", str(found["id"]), "--reason", "r")
    assert refused.value.returncode == 1


def test_what_is_beyond_is_removed(settings: Any) -> None:
    first, second = created(), created()
    assert data("prune") == {"removed": []}
    settings.BACKUP_KEEP = 1
    Backup.objects.update(beat_at=None)
    assert data("prune")["removed"] == [first["path"].rpartition("/")[2]]
    assert run("prune") == "Nothing to remove.\n"
    assert Backup.objects.get().pk == second["id"]


def bootstrapped() -> dict[str, Any]:
    out = io.StringIO()
    call_command("bootstrap", stdout=out)
    return dict(json.loads(out.getvalue().splitlines()[-1]))


def test_a_start_has_an_admin_and_a_backup_of_the_last_day(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    first = bootstrapped()
    assert (first["verified"], first["made"], first["error"]) == (True, True, "")
    assert get_user_model().objects.get(is_superuser=True).get_username() == "admin"
    assert Backup.objects.get().path == first["path"]
    assert bootstrapped() == {**first, "made": False}
    assert Backup.objects.count() == 1


def test_a_start_does_not_need_a_backup(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.BACKUP_DIR = tmp_path / "taken"
    settings.BACKUP_DIR.write_text("not a folder")
    told = bootstrapped()
    assert not told["verified"]
    assert told["error"]
