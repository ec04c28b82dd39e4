"""A Redis that may forget what it acknowledged keeps the stream path closed, and says why."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_py
from django.core.management import CommandError

from ljwx.redis import client
from streaming import groups, registry, safety
from streaming.safety import Gate
from tests.polling import until
from tests.streaming.doctor import doctor

HEALTH = registry.get("health")


SAFE = {"maxmemory": "0", "maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "everysec"}


@pytest.fixture(autouse=True)
def own(server: str, settings: Any) -> Iterator[None]:
    """That Redis, empty, and safe again after each test; nothing was seen of it before."""
    settings.REDIS_URL = server
    safety._last = None
    with redis_py.Redis.from_url(server) as connection:
        connection.flushall()
        yield
        for name, value in SAFE.items():
            connection.config_set(name, value)
        # A Redis that writes its first log does not end when it is told to.
        until(lambda: not connection.info("persistence")["aof_rewrite_in_progress"])


def unsafe(monkeypatch: pytest.MonkeyPatch, **info: Any) -> None:
    """Let Redis say this of itself."""
    connection = client("accept")
    real = connection.info
    monkeypatch.setattr(connection, "info", lambda *args: {**real(*args), **info})


def test_a_safe_redis_opens_the_gate() -> None:
    assert safety.gate() == Gate(True)


def test_once_closed_for_memory_it_opens_only_with_some_room(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for used in (940, 950, 940, 901, 899, 940, 951):
        unsafe(monkeypatch, maxmemory=1000, used_memory=used)
        seen.append(safety.gate().is_open)
    assert seen == [True, False, False, False, True, True, False]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maxmemory-policy", "allkeys-lru"),
        ("maxmemory-policy", "volatile-ttl"),
        ("appendonly", "no"),
        ("appendfsync", "no"),
    ],
)
def test_an_unsafe_redis_closes_the_gate_with_its_reason(name: str, value: str) -> None:
    client("control").config_set(name, value)
    assert safety.gate() == Gate(False, f"{name}: {value}")


def test_a_redis_that_is_nearly_full_closes_the_gate() -> None:
    client("control").config_set("maxmemory", client("control").info("memory")["used_memory"])
    gate = safety.gate()
    assert not gate.is_open
    assert gate.reason.startswith("memory: ")


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ({"redis_version": "6.0.16"}, "version: 6.0.16"),
        ({"redis_version": "5.0.7"}, "version: 5.0.7"),
        ({"role": "slave"}, "role: slave"),
        ({"aof_last_write_status": "err"}, "aof_last_write_status: err"),
        ({"maxmemory": 1000, "used_memory": 950}, "memory: 95%"),
        ({"maxmemory": 0, "total_system_memory": 10 << 20, "used_memory": 10 << 20}, "memory: 10 MB, maxmemory 0"),
        ({"redis_version": "unstable"}, "Redis answers what this code does not understand"),
    ],
)
def test_what_redis_says_of_itself_closes_the_gate(
    monkeypatch: pytest.MonkeyPatch, info: dict[str, Any], reason: str
) -> None:
    unsafe(monkeypatch, **info)
    gate = safety.gate()
    assert not gate.is_open
    assert gate.reason.startswith(reason)


@pytest.mark.parametrize(
    "info",
    [
        {"redis_version": "6.2.0"},
        {"redis_version": "7.4.1"},
        {"redis_version": "10.0.0"},
        {"maxmemory": 1000, "used_memory": 699},
        {"maxmemory": 1000, "used_memory": 940},
        {"maxmemory": 0, "total_system_memory": 1000, "used_memory": 940},
        {"maxmemory": 0, "total_system_memory": 0, "used_memory": 940},
    ],
)
def test_what_is_only_worth_a_warning_leaves_it_open(monkeypatch: pytest.MonkeyPatch, info: dict[str, Any]) -> None:
    unsafe(monkeypatch, **info)
    assert safety.gate().is_open


def test_where_config_is_not_allowed_the_answer_is_unknown_and_the_rest_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str) -> Any:
        raise redis_py.ResponseError("unknown command 'CONFIG'")

    monkeypatch.setattr(client("accept"), "config_get", refuse)
    (finding,) = [found for found in safety.examine(client("accept")) if found.name == "appendfsync"]
    assert finding.ok is None
    assert safety.gate().is_open


def test_no_answer_closes_the_gate(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    assert safety.gate() == Gate(False, "Redis: ConnectionError")


@pytest.mark.parametrize("error", [redis_py.TimeoutError, redis_py.AuthenticationError, redis_py.BusyLoadingError])
def test_any_refusal_of_redis_closes_the_gate(
    monkeypatch: pytest.MonkeyPatch, error: type[redis_py.RedisError]
) -> None:
    def fail(*args: Any) -> Any:
        raise error("x")

    monkeypatch.setattr(client("accept"), "info", fail)
    assert safety.gate() == Gate(False, f"Redis: {error.__name__}")


def test_an_operator_may_accept_the_risk(settings: Any) -> None:
    client("control").config_set("appendonly", "no")
    settings.REDIS_REQUIRE_SAFE = False
    assert safety.gate().is_open


def test_the_gate_opens_again_when_redis_is_mended() -> None:
    client("control").config_set("maxmemory-policy", "allkeys-lru")
    assert not safety.gate().is_open
    client("control").config_set("maxmemory-policy", "noeviction")
    assert safety.gate().is_open


def test_a_change_of_the_gate_is_logged_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "_last", None)
    safety.gate()
    assert caplog.records == []  # it is open, as it should be
    for policy in ("allkeys-lru", "noeviction"):
        client("control").config_set("maxmemory-policy", policy)
        for _ in range(3):
            safety.gate()
    assert [record.getMessage() for record in caplog.records] == [
        "the stream path is closed: maxmemory-policy: allkeys-lru",
        "the stream path is open again",
    ]


def test_the_doctor_finds_nothing() -> None:
    for kind in registry.kinds():
        groups.ensure(client("control"), kind)
    code, said = doctor("--format", "json")
    assert code == 0
    report = json.loads(said)
    assert report["safe"] is True
    assert [finding["name"] for finding in report["findings"]] == [
        "version", "XAUTOCLAIM", "role", "maxmemory-policy", "appendonly", "aof_last_write_status", "appendfsync",
        "memory", "common_event_stream", "device_info_stream", "health_data_stream",
    ]  # fmt: skip
    assert all(finding["ok"] for finding in report["findings"])


@pytest.mark.parametrize(("name", "value"), [("maxmemory-policy", "allkeys-lru"), ("appendonly", "no")])
def test_the_doctor_names_the_fault_and_its_mend(name: str, value: str) -> None:
    client("control").config_set(name, value)
    code, said = doctor("--format", "json")
    assert code == 10
    report = json.loads(said)
    assert report["safe"] is False
    wrong = [finding for finding in report["findings"] if finding["closes"] and not finding["ok"]]
    assert [(finding["name"], finding["value"]) for finding in wrong] == [(name, value)]
    assert wrong[0]["mend"].startswith(f"CONFIG SET {name} ")
    code, text = doctor()
    assert code == 10
    assert wrong[0]["mend"] in text


@pytest.mark.parametrize("name", ["maxmemory-policy", "appendonly"])
def test_the_mend_that_is_named_mends(name: str) -> None:
    client("control").config_set(name, {"maxmemory-policy": "allkeys-lru", "appendonly": "no"}[name])
    report = json.loads(doctor("--format", "json")[1])
    (mend,) = [finding["mend"] for finding in report["findings"] if finding["name"] == name]
    client("control").execute_command(*mend.split())
    assert doctor()[0] == 0


def test_a_missing_group_is_told_and_is_not_unsafe() -> None:
    code, said = doctor("--format", "json")
    assert code == 0
    findings = {finding["name"]: finding["ok"] for finding in json.loads(said)["findings"]}
    assert findings[HEALTH.stream] is False


def test_a_key_that_is_no_stream_is_unsafe() -> None:
    client("control").set(HEALTH.stream, "x")
    code, said = doctor("--format", "json")
    assert code == 10
    (finding,) = [finding for finding in json.loads(said)["findings"] if finding["name"] == HEALTH.stream]
    assert (finding["ok"], finding["closes"]) == (False, True)


def test_without_redis_the_doctor_says_so_and_returns_3(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock?db=0"
    with pytest.raises(CommandError) as error:
        doctor()
    assert error.value.returncode == 3
