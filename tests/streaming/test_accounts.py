"""The ledger finds what is in no account, and takes a delay for a delay."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ingest.records import Health
from ljwx.redis import client, ledger_key
from monitoring import alarms, flushing, ledger
from monitoring.ledger import ACCEPTED, STREAM
from monitoring.models import LedgerCount
from streaming import accounts, registry
from streaming.accounts import Auditor, lines
from streaming.acknowledging import acknowledge
from streaming.envelope import Reject
from streaming.storing import Tally
from tests.stops import Waits
from tests.streaming import entries
from tests.streaming.entries import FIVE, put, readings

HEALTH = registry.get("health")
pytestmark = pytest.mark.usefixtures("redis", "held")


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(alarms, "_here", {})
    ledger.forget_told()
    yield
    ledger.forget_told()


def now_ms() -> int:
    seconds, microseconds = client("control").time()
    return seconds * 1000 + microseconds // 1000


def promise(count: int, received_ms: int) -> None:
    ledger.tell("health", STREAM, ACCEPTED, count, received_ms=received_ms)
    flushing.flush()


def summed(found: list[accounts.Line]) -> dict[str, int]:
    names = ("accepted", "stored", "duplicate", "dead", "in_flight", "residue")
    return {name: sum(getattr(line, name) for line in found) for name in names}


def test_what_consumers_acknowledge_balances_what_was_promised() -> None:
    received = now_ms()
    put("health", *readings(3), rejects=[Reject("health", "B", "no serial", b"{}")], received_ms=received)
    put("health", *readings(3), Health("A", FIVE, heart_rate=99), received_ms=received)
    promise(8, received)
    later = received / 1000 + 3600
    assert summed(lines(90, now=later)) == {
        "accepted": 8, "stored": 0, "duplicate": 0, "dead": 0, "in_flight": 8, "residue": 0
    }  # fmt: skip
    entries.drain(entries.consumer(kinds=[HEALTH]))
    assert summed(lines(90, now=later)) == {
        "accepted": 8, "stored": 3, "duplicate": 3, "dead": 2, "in_flight": 0, "residue": 0
    }  # fmt: skip


def test_entries_that_two_consumers_handle_are_counted_by_the_one_that_acknowledges() -> None:
    received = now_ms()
    identifier = put("health", *readings(2), received_ms=received)
    entries.drain(entries.consumer(kinds=[HEALTH]))
    acknowledge(client("control"), HEALTH, [identifier], Tally(0, 2), minute=received // 60_000)
    promise(2, received)
    assert summed(lines(90, now=received / 1000 + 3600))["duplicate"] == 0


def test_an_entry_that_says_an_impossible_time_is_counted_when_it_was_appended() -> None:
    put("health", *readings(1), received_ms=10**15)
    entries.drain(entries.consumer(kinds=[HEALTH]))
    (key,) = [key.decode() for key in client("control").scan_iter("ljwx:ledger:*")]
    assert abs(int(key.rpartition(":")[2]) - now_ms() // 60_000) <= 1


def test_a_promise_in_no_account_is_an_alarm_until_it_turns_up() -> None:
    received = now_ms() - 600_000
    promise(5, received)
    auditor = Auditor()
    assert auditor.step() == 5
    (alarm,) = alarms.standing()
    assert alarm.name == f"ledger:health:stream:{received // 60_000}"
    assert alarm.text.startswith("5 of 5 health records")
    put("health", *readings(5), received_ms=received)
    entries.drain(entries.consumer(kinds=[HEALTH]))
    assert auditor.step() == 0
    assert alarms.standing() == []


def test_an_alarm_outlives_the_minutes_that_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    received = now_ms() - 600_000
    promise(5, received)
    auditor = Auditor()
    auditor.step()
    auditor.clock = lambda: received / 1000 + 3 * 3600
    assert auditor.step() == 0
    assert len(alarms.standing()) == 1


def test_counts_that_are_too_old_are_deleted_beside() -> None:
    promise(5, now_ms() - 4 * 24 * 3_600_000)
    assert Auditor().step() == 0
    assert not LedgerCount.objects.exists()


def test_a_minute_that_is_not_over_is_no_loss() -> None:
    promise(5, now_ms())
    assert Auditor().step() == 0


def ledger_command(*args: str) -> tuple[int, str]:
    output, code = io.StringIO(), 0
    try:
        call_command("ledger", *args, stdout=output)
    except SystemExit as stopped:
        code = int(str(stopped.code))
    return code, output.getvalue()


def test_the_command_says_that_everything_is_accounted_for() -> None:
    received = now_ms() - 120_000
    put("health", *readings(3), received_ms=received)
    promise(3, received)
    entries.drain(entries.consumer(kinds=[HEALTH]))
    code, output = ledger_command()
    assert code == 0
    assert "Everything accepted is accounted for." in output
    assert "health" in output


def test_the_command_exits_10_when_something_is_missing_and_clears_when_told() -> None:
    promise(3, now_ms() - 300_000)
    Auditor().step()
    code, output = ledger_command("--format", "json", "--clear")
    found: dict[str, Any] = json.loads(output)
    assert (code, found["missing"], found["cleared"]) == (10, 3, 1)
    assert found["lines"][0]["residue"] == 3
    assert alarms.standing() == []


def test_without_redis_the_command_says_so(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with pytest.raises(CommandError) as error:
        ledger_command()
    assert error.value.returncode == 3


def test_an_audit_that_fails_for_a_reason_nobody_knew_is_not_the_last(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client("control").hset(ledger_key(HEALTH.stream, now_ms() // ledger.MINUTE_MS), "of another version", 1)
    subject = Auditor()
    done: list[int] = []
    real = subject.step

    def step() -> int:
        done.append(1)
        return real()

    monkeypatch.setattr(subject, "step", step)
    monkeypatch.setattr(accounts, "close_old_connections", lambda: None)
    subject.run(Waits(3))
    assert len(done) == 2
    assert "not enough values to unpack" in caplog.text
