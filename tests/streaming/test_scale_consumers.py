"""`manage.py scale_consumers`: what it changes, says, and returns."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from ljwx.redis import CONSUMER_KEY, client
from streaming import counts
from streaming.counts import Count, CountConflict
from streaming.management.commands import scale_consumers
from streaming.models import ConsumerChange
from tests.streaming.fleet import Host

pytestmark = pytest.mark.usefixtures("redis", "db")


def run(*args: str) -> str:
    output = io.StringIO()
    call_command("scale_consumers", *args, stdout=output)
    return output.getvalue()


def test_it_changes_the_number_and_says_so() -> None:
    assert run("4", "--reason", "peak", "--actor", "ann").strip() == "consumers: 2 → 4"
    change = ConsumerChange.objects.get()
    assert (change.from_count, change.to_count, change.actor, change.reason) == (2, 4, "ann", "peak")
    assert run("4", "--reason", "peak").strip() == "Nothing to change."


def test_the_actor_is_who_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_consumers.getpass, "getuser", lambda: "bob")
    run("4", "--reason", "peak")
    assert ConsumerChange.objects.get().actor == "bob"


def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    dry = run("4", "--reason", "peak", "--dry-run", "--wait", "60")
    assert counts.read() == Count(2, 2, 0)
    assert run("4", "--reason", "peak") == dry


def test_json_is_for_machines() -> None:
    args = ("3", "--reason", "x", "--format", "json")
    assert json.loads(run(*args, "--dry-run")) == {"from": 2, "to": 3, "version": 0, "dry_run": True}
    assert json.loads(run(*args)) == {"from": 2, "to": 3, "version": 1, "dry_run": False}


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
@pytest.mark.parametrize("count", ["0", "9"])
def test_a_number_beyond_the_limits_is_exit_code_2(count: str, more: list[str]) -> None:
    with pytest.raises(CommandError, match="1 to 8") as error:
        run(count, "--reason", "x", *more)
    assert error.value.returncode == 2
    assert counts.read().version == 0


@pytest.mark.parametrize(
    "args",
    [["4"], ["--reason", "x"], ["many", "--reason", "x"], ["4", "--reason", " "], ["4", "--reason", "x" * 256]]
    + [["4", "--reason", "x", "--wait", value] for value in ("0", "-1", "nan", "4000", "soon")],
)
def test_what_is_no_command_changes_nothing(args: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*args)
    assert counts.read().version == 0


@pytest.mark.parametrize(("raised", "code"), [(CountConflict("x"), 4), (OperationalError(2002, "x"), 3)])
def test_a_conflict_is_exit_code_4_and_a_database_that_is_away_3(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, code: int
) -> None:
    def fail(*args: Any, **values: Any) -> Any:
        raise raised

    monkeypatch.setattr(counts, "ask", fail)
    with pytest.raises(CommandError) as error:
        run("4", "--reason", "x")
    assert error.value.returncode == code


@pytest.mark.django_db(transaction=True)
def test_it_waits_until_as_many_run() -> None:
    host = Host("a", lambda: 1)
    host.step()
    (worker,) = host.supervisor.workers
    try:
        client("control").hset(CONSUMER_KEY.format("a:1"), mapping={"pid": worker.pid or 0, "beat": 1})
        assert run("1", "--reason", "x", "--wait", "10")
        assert counts.read().desired == 1
        with pytest.raises(CommandError, match="1 of 2 run") as error:
            run("2", "--reason", "x", "--wait", "0.5")
        assert error.value.returncode == 1
    finally:
        host.end()


def test_a_wait_without_redis_says_what_is_missing(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    with pytest.raises(CommandError, match="Redis does not answer"):
        run("2", "--reason", "x", "--wait", "0.3")
