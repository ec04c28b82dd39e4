"""`manage.py check_consistency` and `manage.py repair`: what they say, and their exit codes."""

import io
import json
from contextlib import nullcontext
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from ingest.models import HealthData
from ljwx.redis import client
from rollout import lease
from rollout.consistency import DatabaseConsistencyChecker
from rollout.models import CheckFinding, Repair
from tests.rollout.consistency.scene import consume, readings, send, settled


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """When everything sent by now is settled."""
    monkeypatch.setattr(DatabaseConsistencyChecker, "clock", staticmethod(settled))


def run(name: str, *words: str, code: int = 0) -> str:
    out = io.StringIO()
    with pytest.raises(SystemExit) if code else nullcontext() as ended:
        call_command(name, *words, stdout=out)
    assert ended is None or ended.value.code == code
    return out.getvalue()


def data(name: str, *words: str, code: int = 0) -> Any:
    return json.loads(run(name, *words, "--format", "json", code=code))


def damaged(records: int = 5) -> None:
    send(*readings(records, "SERIAL-01"))
    consume()
    HealthData.objects.filter(step__gte=1).delete()


def test_a_healthy_system_is_exit_0_with_every_count() -> None:
    send(*readings(5))
    consume()
    found = data("check_consistency", "--window", "30")
    assert {name: found[name] for name in ("checked", "match", "missing", "rate")} == {
        "checked": 5, "match": 5, "missing": 0, "rate": 1.0,
    }  # fmt: skip
    assert set(found["kinds"]) == {"event", "device", "health"}
    assert found["verified_through"].startswith("20")
    assert "health: match 5; verified through 20" in run("check_consistency")


def test_what_is_wrong_is_exit_10_with_its_place_and_without_the_serial() -> None:
    damaged()
    found = data("check_consistency", "--kind", "health", code=10)
    assert (found["missing"], found["rate"]) == (4, 0.2)
    stop = found["kinds"]["health"]["stopped_by"]
    assert (stop["class"], stop["entry"]) == ("missing", found["samples"][0]["entry"])
    text = run("check_consistency", "--kind", "health", code=10)
    assert "missing 4 of 5" in text
    assert "path stream, firmware –: 4 of 5 not as sent" in text
    assert "SE…-01" in text
    assert "SERIAL-01" not in text + json.dumps(found)


def test_a_stretch_with_a_deleted_entry_is_exit_10_and_named() -> None:
    send(*readings(5))
    send(*readings(1, "B"))
    consume()
    stream = client("control")
    stream.xdel("health_data_stream", stream.xrange("health_data_stream", count=1)[0][0])
    found = data("check_consistency", "--kind", "health", code=10)
    assert [hole["reason"] for hole in found["holes"]] == ["deleted"]
    assert (found["checked"], found["missing"]) == (1, 0)


def test_a_repair_is_a_preview_unless_it_is_to_be_applied() -> None:
    damaged()
    check = str(data("check_consistency", code=10)["check"])
    assert data("repair", "--check", check, code=10)["left"] == 4
    assert data("repair", "--check", check, "--dry-run", code=10)["applied"] is False
    assert HealthData.objects.count() == 1
    done = data("repair", "--check", check, "--apply", "--reason", "table mended", "--actor", "ann")
    assert (done["stored"], done["left"], HealthData.objects.count()) == (4, 0, 5)
    assert not CheckFinding.objects.filter(resolved_at=None).exists()
    assert Repair.objects.get().actor == "ann"
    assert data("check_consistency")["missing"] == 0


def test_many_records_need_somebody_elses_approval(settings: Any) -> None:
    settings.REPAIR_APPROVAL_ROWS, settings.PLAN_PEOPLE = 3, 2
    damaged()
    check = str(data("check_consistency", code=10)["check"])
    words = ("--check", check, "--apply", "--reason", "r", "--actor", "ann")
    for more in ((), ("--approved-by", "ann")):
        with pytest.raises(CommandError) as refused:
            run("repair", *words, *more)
        assert refused.value.returncode == 4
    assert HealthData.objects.count() == 1
    assert data("repair", *words, "--approved-by", "bob")["stored"] == 4
    assert Repair.objects.get().approved_by == "bob"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check_consistency", "--kind", "none"), 2),
        (("repair", "--check", "77"), 2),
        (("repair", "--check", "77", "--apply"), 2),
    ],
)
def test_what_is_not_there_is_exit_2(words: tuple[str, ...], code: int) -> None:
    with pytest.raises(CommandError) as refused:
        run(*words)
    assert refused.value.returncode == code


def test_two_at_once_are_exit_4() -> None:
    damaged()
    check = str(data("check_consistency", code=10)["check"])
    for name in ("check", "repair"):
        assert lease.take(name, holder="another", seconds=60.0) is not None
    for words in (("check_consistency",), ("repair", "--check", check, "--apply", "--reason", "r")):
        with pytest.raises(CommandError) as refused:
            run(*words)
        assert refused.value.returncode == 4


def test_a_redis_or_a_database_that_is_away_is_exit_3(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*values: Any, **named: Any) -> None:
        raise OperationalError(2006, "away")

    with monkeypatch.context() as patched:
        patched.setattr(lease, "take", away)
        with pytest.raises(CommandError) as refused:
            run("check_consistency")
        assert refused.value.returncode == 3
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with pytest.raises(CommandError) as refused:
        run("check_consistency")
    assert refused.value.returncode == 3
