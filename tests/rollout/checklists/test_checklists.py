"""The checklists of a plan: measured where they can be, signed where not, and unknown is never green."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from django.utils import timezone, translation

import ljwx.redis
from monitoring import live, processes
from monitoring.models import Channel, Delivery
from rollout import backups, checklists
from rollout.checklists import before, declared
from rollout.checklists.item import State
from rollout.controller import state
from rollout.dashboard import rows
from rollout.guardrails import judgement as judgements
from rollout.guardrails.actions import Action
from rollout.guardrails.finding import Finding
from rollout.guardrails.judgement import Judgement
from rollout.guardrails.metrics import Metric
from rollout.guardrails.verdicts import Verdict
from rollout.lease import Leader
from rollout.live import parts
from rollout.models import Decision, GuardrailPolicy, Pin, Plan, Rollback, Route
from rollout.plans.errors import Conflict, Invalid
from streaming import groups, registry, safety
from streaming.worker import State as WorkerState
from tests.rollout.plans.stage import S, brought

pytestmark = pytest.mark.usefixtures("db", "redis")

SIGNED_BEFORE = ["consistency_check", "alert_channel", "team_told", "rollback_drill"]


def item(plan: Plan, code: str) -> checklists.Item:
    return next(each for each in checklists.items(plan) if each.code == code)


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch, redis: Any) -> dict[str, Any]:
    """A system in which everything that can be measured is as it must be. Change the values to spoil it."""
    found: dict[str, Any] = {
        "safety": [safety.Finding("memory", True, False, "10 MB", "")],
        "leader": Leader("a:1", 3, 0.4),
        "web": [object()],
        "backup": SimpleNamespace(event="plan-1", created_at=timezone.now() - timedelta(hours=1)),
        "consumers": [SimpleNamespace(state=WorkerState.RUNNING, beat_age_s=1.0, kinds=["health", "device", "event"])],
    }
    for kind in registry.kinds():
        groups.ensure(redis, kind)
    status = lambda: SimpleNamespace(consumers=found["consumers"], desired=1, running=len(found["consumers"]))  # noqa: E731
    monkeypatch.setattr(safety, "examine", lambda connection: found["safety"])
    monkeypatch.setattr(state, "leader", lambda: found["leader"])
    monkeypatch.setattr(processes, "live", lambda **asked: found["web"])
    monkeypatch.setattr(backups, "latest_verified", lambda: found["backup"])
    monkeypatch.setattr(before, "get_consumer_manager", lambda: SimpleNamespace(status=status))
    return found


def test_the_three_lists_are_those_of_the_guide_and_the_mirror() -> None:
    phases: dict[str, list[str]] = {}
    for check in declared.CHECKS:
        phases.setdefault(check.phase, []).append(check.code)
    assert phases == {
        "before": [
            "redis", "groups", "consumers", "controller", "dashboard", "backup", "drained", "mirror", *SIGNED_BEFORE,
        ],
        "during": ["errors", "backlog", "age", "cpu", "accept", "memory", "consistency", "consumers_run"],
        "after": [
            "reached", "soaked", "backlog_gone", "ledger", "consistency_verified", "dead_letters", "documentation",
        ],
    }  # fmt: skip
    assert len({check.code for check in declared.CHECKS}) == len(declared.CHECKS)


def test_where_all_is_well_only_what_must_be_signed_is_missing(well: dict[str, Any], settings: Any) -> None:
    plan = brought(S.APPROVED)
    assert checklists.preflight(plan) == SIGNED_BEFORE
    settings.EMBEDDED = True
    assert checklists.preflight(plan) == []
    settings.EMBEDDED = False
    for code in SIGNED_BEFORE:
        checklists.sign(plan.pk, item=code, signer="li", note="looked at it")
    assert checklists.preflight(plan) == []


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ("redis", "safety", [safety.Finding("appendonly", False, True, "no", "")]),
        ("redis", "safety", [safety.Finding("memory", False, False, "80%", "")]),
        ("redis", "safety", [safety.Finding("version", None, True, "?", "")]),
        ("consumers", "consumers", []),
        ("consumers", "consumers", [SimpleNamespace(state=WorkerState.RUNNING, beat_age_s=1.0, kinds=["event"])]),
        ("consumers", "consumers", [SimpleNamespace(state=WorkerState.RUNNING, beat_age_s=None, kinds=["health"])]),
        ("controller", "leader", None),
        ("controller", "leader", Leader("a:1", 3, 30.0)),
        ("dashboard", "web", []),
        ("backup", "backup", None),
        ("backup", "backup", SimpleNamespace(event="x", created_at=timezone.now() - timedelta(hours=25))),
    ],
)
def test_what_is_measured_and_not_well_blocks_everywhere(
    well: dict[str, Any], settings: Any, embedded: bool, code: str, name: str, value: Any
) -> None:
    settings.EMBEDDED = embedded
    plan = brought(S.APPROVED)
    assert item(plan, code).state is State.GREEN
    well[name] = value
    found = item(plan, code)
    assert found.state is State.RED
    assert found.measured_at is not None
    assert code in checklists.preflight(plan)
    with pytest.raises(Invalid):
        checklists.sign(plan.pk, item=code, signer="li")


def test_what_redis_does_not_let_us_see_is_named_and_does_not_close(well: dict[str, Any]) -> None:
    well["safety"] = [safety.Finding("appendfsync", None, False, "CONFIG is not allowed here", "")]
    found = item(brought(S.APPROVED), "redis")
    assert (found.state, found.value) == (State.GREEN, "appendfsync: CONFIG is not allowed here")


def test_a_value_is_there_in_every_language_whoever_measures_it(well: dict[str, Any]) -> None:
    """The controller measures what a page in another language shows."""
    well["safety"] = [safety.Finding("appendfsync", None, False, "CONFIG is not allowed here", "")]
    with translation.override("zh-hans"):
        brought(S.APPROVED)
        found = {each["code"]: each for each in parts.checklist()}
    assert found["consumers"]["values"] == {"zh-hans": "1 个中有 1 个在运行", "en": "1 of 1 run"}
    assert found["redis"]["values"]["en"] == "appendfsync: CONFIG is not allowed here"
    assert found["redis"]["values"]["zh-hans"] != found["redis"]["values"]["en"]
    assert all(each["values"]["zh-hans"] == each["value"] for each in found.values())
    document = msgspec.json.decode(live.encode({"checklist": list(found.values())}))
    shown = dict(rows.checklist(document))
    assert "1 of 1 run" in {row["value"] for listed in shown.values() for row in listed}


def test_a_redis_that_is_away_is_unknown_and_blocks_in_the_embedded_default_too(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EMBEDDED = True

    def away(profile: str) -> Any:
        raise ljwx.redis.redis.ConnectionError("away")

    monkeypatch.setattr(before, "client", away)
    plan = brought(S.APPROVED)
    assert (item(plan, "redis").state, item(plan, "redis").value) == (State.UNKNOWN, "ConnectionError")
    assert {"redis", "groups"} <= set(checklists.preflight(plan))


@pytest.mark.usefixtures("well")
def test_a_missing_group_is_named(redis: Any) -> None:
    plan = brought(S.APPROVED)
    assert item(plan, "groups").state is State.GREEN
    kind = registry.get("health")
    redis.xgroup_destroy(kind.stream, kind.group)
    assert (item(plan, "groups").state, kind.stream in item(plan, "groups").value) == (State.RED, True)


@pytest.mark.usefixtures("well")
def test_what_an_earlier_plan_left_in_the_stream_blocks(redis: Any) -> None:
    plan, kind = brought(S.APPROVED), registry.get("health")
    assert item(plan, "drained").state is State.GREEN
    redis.xadd(kind.stream, {"d": "x"})
    assert (item(plan, "drained").state, item(plan, "drained").value) == (State.RED, "1 entries wait")
    Route.objects.filter(kind="health").update(percentage=5)
    assert item(plan, "drained").state is State.GREEN
    Route.objects.update(percentage=0)
    pin = Pin.objects.create(
        device_sn="A", path="stream", owner="li", reason="x", expires_at=timezone.now() + timedelta(hours=1)
    )
    assert item(plan, "drained").state is State.GREEN
    pin.delete()
    redis.delete(kind.stream)
    Rollback.objects.create(
        strategy="immediate", kinds=["health"], target=0, before={}, source="x", actor="x", reason="x",
        requested_at=timezone.now(),
    )  # fmt: skip
    assert item(plan, "drained").state is State.RED


@pytest.mark.usefixtures("well")
def test_the_channel_of_the_alerts_is_measured_once_it_was_tried(settings: Any) -> None:
    plan, now = brought(S.APPROVED), timezone.now()
    assert (item(plan, "alert_channel").state, item(plan, "alert_channel").value) == (
        State.UNKNOWN, "there is no channel",
    )  # fmt: skip
    ops = Channel.objects.create(name="ops", kind="wecom", address="https://wecom.example/?key=k", groups=["plan"])
    assert item(plan, "alert_channel").value == "no message was sent yet: test a channel"
    checklists.sign(plan.pk, item="alert_channel", signer="li", note="rang the phone")
    assert item(plan, "alert_channel").state is State.SIGNED
    sent = {"endpoint": ops.endpoint, "channel_name": "ops", "began_at": now, "ended_at": now, "title": "x"}
    Delivery.objects.create(outcome="failed", error="no answer in time", **sent)
    found = item(plan, "alert_channel")  # measured counts before signed
    assert (found.state, "no answer in time" in found.value) == (State.RED, True)
    settings.EMBEDDED = True
    assert "alert_channel" in checklists.preflight(plan)
    Delivery.objects.create(outcome="delivered", **sent)
    assert item(plan, "alert_channel").state is State.GREEN
    assert "alert_channel" not in checklists.preflight(plan)
    Channel.objects.update(groups=["devices"])
    assert item(plan, "alert_channel").state is State.SIGNED


@pytest.mark.usefixtures("well")
def test_only_what_is_unknown_can_be_signed_and_once() -> None:
    plan = brought(S.APPROVED)
    signature = checklists.sign(plan.pk, item="team_told", signer="li", note="at noon")
    found = item(plan, "team_told")
    assert (found.state, found.value, found.measured_at) == (State.SIGNED, "li: at noon", signature.created_at)
    with pytest.raises(Conflict):
        checklists.sign(plan.pk, item="team_told", signer="wang")
    for wrong in ("redis", "nonsense"):
        with pytest.raises(Invalid):
            checklists.sign(plan.pk, item=wrong, signer="li")
    with pytest.raises(Conflict):
        checklists.sign(brought(S.CANCELLED).pk, item="team_told", signer="li")
    assert item(brought(S.DRAFT), "team_told").state is State.UNKNOWN


def decided(plan: Plan, *findings: Finding, age_s: float = 0.0) -> Decision:
    judgement = Judgement(at=0.0, verdict=Verdict.PASS, action=Action.NONE, findings=findings, blocks=())
    policy, _made = GuardrailPolicy.objects.get_or_create(
        version=1, defaults={"values": {}, "active": True, "created_by": "x", "reason": "x"}
    )
    return Decision.objects.create(
        plan=plan, policy=policy, token=1, verdict="pass", action="none", evidence={},
        judgement=json.loads(judgements.encode(judgement)), created_at=timezone.now() - timedelta(seconds=age_s),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["pass", "pass"], State.GREEN),
        (["pass", "hold"], State.RED),
        (["act", "pass"], State.RED),
        (["pass", "no_data"], State.UNKNOWN),
        ([], State.UNKNOWN),
    ],
)
def test_while_it_runs_the_guardrails_speak(verdicts: list[str], expected: State) -> None:
    plan = brought(S.RUNNING)
    assert item(plan, "backlog").state is State.UNKNOWN
    kinds = ("health", "event")
    found = [
        Finding(Metric.BACKLOG, msgspec.convert(verdict, Verdict), value=12.0, kind=kind)
        for verdict, kind in zip(verdicts, kinds, strict=False)
    ]
    decision = decided(plan, *found)
    shown = item(plan, "backlog")
    assert (shown.state, shown.measured_at) == (expected, decision.created_at)
    if found:
        assert shown.value == "health: 12, event: 12"


def test_an_old_judgement_is_no_judgement() -> None:
    plan = brought(S.RUNNING)
    decided(plan, Finding(Metric.CPU, Verdict.PASS, value=0.5), age_s=600)
    assert item(plan, "cpu").state is State.UNKNOWN
    Decision.objects.update(created_at=timezone.now(), judgement={"odd": 1})
    assert item(plan, "cpu").state is State.UNKNOWN


def test_at_the_end_the_share_the_time_and_the_streams_are_measured(redis: Any) -> None:
    plan = brought(S.SOAKING)
    assert (item(plan, "reached").state, item(plan, "soaked").state) == (State.RED, State.RED)
    Route.objects.update(percentage=100)
    Plan.objects.update(soaking_since=timezone.now() - timedelta(seconds=601))
    plan.refresh_from_db()
    assert [item(plan, code).state for code in ("reached", "soaked", "backlog_gone")] == [State.GREEN] * 3
    Route.objects.filter(kind="event").update(percentage="99.99")
    assert item(plan, "reached").state is State.RED
    redis.xadd(registry.get("health").stream, {"d": "x"}, id="1-1")
    assert item(plan, "backlog_gone").state is State.RED
    assert item(plan, "ledger").state is State.UNKNOWN


def test_a_ledger_with_missing_records_is_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    from streaming import accounts

    plan = brought(S.SOAKING)
    line = SimpleNamespace(kind="health", accepted=10, residue=0)
    monkeypatch.setattr(accounts, "lines", lambda minutes: [line])
    assert item(plan, "ledger").state is State.GREEN
    line.residue = 2
    assert (item(plan, "ledger").state, item(plan, "ledger").value) == (State.RED, "2 of 10 records missing")


def test_every_code_has_words() -> None:
    assert checklists.words(["redis", "team_told", "new"]) == [
        "Redis is safe: policy, AOF, memory",
        "The team is told",
        "new",
    ]
