"""Decisions, kept with everything that went into them."""

import json
from collections.abc import Sequence

from django.utils import timezone

from rollout.guardrails import evidence as evidences
from rollout.guardrails import judgement as judgements
from rollout.guardrails.evidence import Evidence
from rollout.guardrails.judgement import Judgement
from rollout.models import Decision, GuardrailPolicy, Plan, Step


def record(
    *,
    plan: Plan | None,
    step: Step | None,
    policy: GuardrailPolicy,
    token: int,
    evidence: Evidence,
    judgement: Judgement,
    blocked_by: Sequence[str],
    outcome: str = "",
) -> Decision:
    """Write one decision, in the caller's transaction if there is one. `outcome`: what was done; empty for nothing."""
    return Decision.objects.create(
        plan=plan,
        step=step,
        policy=policy,
        token=token,
        verdict=judgement.verdict.value,
        action=judgement.action.value,
        evidence=json.loads(evidences.encode(evidence)),
        judgement=json.loads(judgements.encode(judgement)),
        blocked_by=list(blocked_by),
        outcome=outcome[:255],
        created_at=timezone.now(),
    )
