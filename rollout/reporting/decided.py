"""What the controller did, with the evidence it had."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from rollout.admin import words as admin_words
from rollout.guardrails import judgement as judgements
from rollout.guardrails.finding import Finding
from rollout.guardrails.verdicts import Verdict
from rollout.models import Decision
from rollout.reporting import words
from rollout.reporting.period import Period

MOST = 300


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding: what was measured, its thresholds, its verdict in words."""

    text: str
    limits: str
    verdict: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision that changed something. `evidence`: every finding when it went on, what was not good else."""

    at: datetime
    outcome: str
    verdict: str
    policy: int
    evidence: Sequence[Evidence]


def decided(period: Period) -> tuple[list[Decided], bool]:
    """The decisions that changed something, oldest first, and whether there were more than are told. Raises
    django.db.Error."""
    rows = Decision.objects.filter(created_at__range=period.span).exclude(outcome="")
    # What went in, which is long, is not read.
    found = list(rows.defer("evidence").select_related("policy").order_by("created_at")[: MOST + 1])
    return [_decided(row) for row in found[:MOST]], len(found) > MOST


def _decided(row: Decision) -> Decided:
    try:
        findings = judgements.decode(json.dumps(row.judgement)).findings
    except msgspec.MsgspecError:
        findings = ()
    bad = [each for each in findings if each.verdict is not Verdict.PASS]
    return Decided(
        at=row.created_at,
        outcome=row.outcome,
        verdict=admin_words.verdict(row.verdict),
        policy=row.policy.version,
        evidence=[_evidence(each) for each in bad or findings],
    )


def _evidence(found: Finding) -> Evidence:
    return Evidence(
        text=words.finding(found),
        limits=words.limits(found),
        verdict=admin_words.verdict(found.verdict.value),
        is_good=found.verdict is Verdict.PASS,
    )
