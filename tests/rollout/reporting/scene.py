"""A migration that is over: its plan, its changes, and a decision a minute with the evidence of both paths."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from rollout import policies
from rollout.guardrails import evidence as evidences
from rollout.guardrails import judgement as judgements
from rollout.guardrails.evidence import Accept, Consistency, Evidence, KindEvidence, Sample
from rollout.guardrails.judge import judge
from rollout.guardrails.sequential import Tally
from rollout.models import Approval, Change, Decision, Plan, Route, Step
from rollout.plans import drafting
from rollout.plans.templates import StepDraft

END = timezone.now().replace(microsecond=0) - timedelta(minutes=5)
SHARES = (10, 50, 100)
KIND = "health"


def evidence(at: datetime, share: float, *, stream_errors: int = 0, p50: float | None = 0.01) -> Evidence:
    """What a controller has seen at `at`: 60 uploads a second, as many on the stream as the share says."""
    now, on_stream = at.timestamp(), 60 * share / 100
    accept = tuple(
        Accept(path, requests=round(30 * rate), p99_s=p99, since=now - 31, until=now - 1, p50_s=p50)
        for path, rate, p99 in (("stream", on_stream, 0.02), ("legacy", 60 - on_stream, 0.2))
        if rate
    )
    kind = KindEvidence(
        KIND, 1, share, now - 300, now - 290,
        errors=Tally(good=10_000, second=int(now) - 1),
        errors_window=Tally(good=int(60 * on_stream), errors=stream_errors),
        legacy_window=Tally(good=int(60 * (60 - on_stream)), errors=4),
        backlog=tuple(Sample(now - back, 10.0) for back in (20, 10, 0)),
        age=tuple(Sample(now - back, 1.0) for back in (20, 10, 0)),
        lost=Sample(now, 0.0),
        consistency=Consistency(5_000, 0, now - 60),
    )  # fmt: skip
    return Evidence(
        now, now - 600, kinds=(kind,), accept=accept, cpu=tuple(Sample(now - back, 0.3) for back in (40, 20, 0)),
        memory=(Sample(now, 0.2),), evicts=False, heartbeat_age_s=1.0,
    )  # fmt: skip


def decision(at: datetime, found: Evidence, *, plan: Plan | None = None, outcome: str = "") -> Decision:
    """Not saved."""
    row, policy = policies.active()
    judgement = judge(policy, found)
    return Decision(
        plan=plan, policy=row, token=1, verdict=judgement.verdict.value, action=judgement.action.value,
        evidence=json.loads(evidences.encode(found)), judgement=json.loads(judgements.encode(judgement)),
        outcome=outcome, created_at=at,
    )  # fmt: skip


def change(at: datetime, before: float, after: float, *, plan: Plan | None = None, reason: str = "step") -> Change:
    """In the history alone, at a time of its own."""
    epoch = Change.objects.filter(kind=KIND).count() + 2
    made = Change.objects.create(
        kind=KIND, epoch=epoch, from_percentage=Decimal(str(before)), to_percentage=Decimal(str(after)),
        source="plan", actor="controller", reason=reason, plan=plan,
    )  # fmt: skip
    Change.objects.filter(pk=made.pk).update(created_at=at)
    Route.objects.filter(kind=KIND).update(percentage=after, epoch=epoch)
    return made


def migration(
    *, minutes: int = 30, skipped: Callable[[int], bool] = lambda minute: False, p50: float | None = 0.01
) -> Plan:
    """A completed plan of three steps of `minutes` each that has ended five minutes ago; no decision is kept of the
    minutes that are `skipped`."""
    steps = [StepDraft(Decimal(share), 60 * minutes) for share in SHARES]
    plan = drafting.create(name="autumn", steps=steps, actor="ann", kinds=[KIND])
    begin = END - timedelta(minutes=minutes * len(SHARES))
    Approval.objects.create(plan=plan, sha256="ab" * 32, approver="bob", reason="read it")
    rows = []
    for place, share in enumerate(SHARES):
        at = begin + timedelta(minutes=minutes * place)
        change(at, SHARES[place - 1] if place else 0, share, plan=plan, reason=f"autumn, step {place + 1}")
        rows.append(decision(at, evidence(at, share, p50=p50), plan=plan, outcome=f"step {place + 1}: {share} %"))
        rows += [
            decision(
                at + timedelta(minutes=minute), evidence(at + timedelta(minutes=minute), share, p50=p50), plan=plan
            )
            for minute in range(1, minutes)
            if not skipped(minutes * place + minute)
        ]
        Step.objects.filter(plan=plan, position=place + 1).update(
            status="passed", verdict="pass", applying_since=at, observing_since=at + timedelta(seconds=2),
            ended_at=at + timedelta(minutes=minutes), advanced_by="controller",
        )  # fmt: skip
    Decision.objects.bulk_create(rows)
    Plan.objects.filter(pk=plan.pk).update(status="completed", started_at=begin, ended_at=END)
    return Plan.objects.get(pk=plan.pk)
