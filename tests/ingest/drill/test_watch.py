"""When the guardrail has found the fault, what it did, and when that is in force."""

import json

import pytest
from django.utils import timezone

from ingest.drill.fault import Fault
from ingest.drill.watch import Watch
from rollout import policies
from rollout.guardrails import judgement as judgements
from rollout.guardrails.actions import Action
from rollout.guardrails.finding import Finding
from rollout.guardrails.judgement import Judgement
from rollout.guardrails.metrics import Metric
from rollout.guardrails.verdicts import Verdict
from rollout.models import Decision, Pause, Plan, Rollback, Step

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    found = Plan.objects.create(name="drill", kinds=["health"], status="running", active=True, created_by="ann")
    Step.objects.create(plan=found, position=1, percentage=10, observe_s=30, status="observing")
    return found


def decide(plan: Plan, metric: Metric, action: Action, *, path: str | None = None, outcome: str = "done") -> None:
    finding = Finding(metric=metric, verdict=Verdict.ACT, action=action, path=path)
    judgement = Judgement(0.0, Verdict.ACT, action, (finding,), ())
    Decision.objects.create(
        plan=plan, policy=policies.active()[0], token=1, verdict="act", action=action.value, evidence={},
        judgement=json.loads(judgements.encode(judgement)), blocked_by=[], outcome=outcome, created_at=timezone.now(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "code", "names"),
    [
        (Fault.ERRORS, "errors:unproven:health", True),
        (Fault.ERRORS, "errors::event", True),
        (Fault.ERRORS, "errors:too_few:health", False),
        (Fault.ERRORS, "errors:missing:health", False),
        (Fault.ERRORS, "accept::stream", False),
        (Fault.ERRORS, "interval", False),
        (Fault.SLOW, "accept::stream", True),
        (Fault.SLOW, "accept::legacy", False),
        (Fault.SLOW, "accept:stale:stream", False),
        (Fault.CONSISTENCY, "consistency:propose_repair:health", True),
        (Fault.CONSISTENCY, "consistency:too_few:health", False),
        (Fault.BACKLOG, "backlog::health", True),
        (Fault.BACKLOG, "age::health", True),
        (Fault.BACKLOG, "backlog:too_few:health", False),
    ],
)
def test_an_evaluation_names_a_fault_when_it_has_measured_it(plan: Plan, fault: Fault, code: str, names: bool) -> None:
    plan.steps.update(blocked_by=["person", code])
    subject = Watch(plan=plan, fault=fault)
    assert not subject.look()
    assert subject.is_named == (subject.detected_at is not None) == names


def test_only_an_action_for_the_fault_after_the_beginning_counts(plan: Plan) -> None:
    decide(plan, Metric.ACCEPT, Action.PAUSE, path="stream")
    subject = Watch(plan=plan, fault=Fault.SLOW)
    decide(plan, Metric.ACCEPT, Action.PAUSE, path="legacy", outcome="paused: legacy")
    decide(plan, Metric.CPU, Action.PAUSE, outcome="paused: cpu")
    decide(plan, Metric.ACCEPT, Action.PAUSE, path="stream", outcome="")
    assert not subject.look()
    assert subject.others() == ["paused: legacy", "paused: cpu"]
    decide(plan, Metric.ACCEPT, Action.PAUSE, path="stream")
    assert subject.look()
    assert subject.action == "pause"
    assert subject.detected_at == subject.decided_at is not None


def test_a_pause_is_in_force_when_it_stands(plan: Plan) -> None:
    subject = Watch(plan=plan, fault=Fault.SLOW)
    assert not subject.took_effect()
    decide(plan, Metric.ACCEPT, Action.PAUSE, path="stream")
    subject.look()
    assert not subject.took_effect()
    Pause.objects.create(plan=plan, cause="guardrail", standing=True, actor="controller", reason="slow")
    assert subject.took_effect()
    assert subject.effective_at is not None


def test_a_rollback_is_in_force_when_all_processes_have_confirmed(plan: Plan) -> None:
    subject = Watch(plan=plan, fault=Fault.ERRORS)
    decide(plan, Metric.ERRORS, Action.ROLL_BACK)
    subject.look()
    row = Rollback.objects.create(
        plan=plan, strategy="immediate", kinds=["health"], target=0, before={}, source="guardrail", actor="controller",
        reason="errors", requested_at=timezone.now(),
    )  # fmt: skip
    assert not subject.took_effect()
    Rollback.objects.filter(pk=row.pk).update(effective_at=timezone.now())
    assert subject.took_effect()
