"""What the controller has done by itself, as the guardrails remember it."""

import json
from datetime import timedelta

from django.utils import timezone

from rollout.guardrails import judgement as judgements
from rollout.guardrails.actions import Action
from rollout.guardrails.evidence import AutomaticChange
from rollout.models import Decision, Plan, Transition

ACTOR = "controller"
# What a person does to let the plan go on with a clean slate.
BY_PEOPLE = ("start", "resume")
LOOK_BACK = timedelta(hours=1)


def changes(plan: Plan | None) -> tuple[AutomaticChange, ...]:
    """The automatic changes since a person last started or resumed the plan, oldest first; without a plan those of the
    last hour that had none. Raises django.db.Error."""
    rows = Decision.objects.filter(plan=plan).exclude(outcome="").exclude(action=Action.NONE.value)
    if plan is None:
        rows = rows.filter(created_at__gte=timezone.now() - LOOK_BACK)
    else:
        last = Transition.objects.filter(plan=plan, action__in=BY_PEOPLE).exclude(actor=ACTOR)
        if (since := last.order_by("-id").values_list("created_at", flat=True).first()) is not None:
            rows = rows.filter(created_at__gte=since)
    found = []
    # Their evidence, which is long, is not read.
    for action, told in rows.order_by("-id").values_list("action", "judgement")[:100]:
        judgement = judgements.decode(json.dumps(told))
        found += [
            AutomaticChange(
                metric=finding.metric,
                at=judgement.at,
                kind=finding.kind,
                path=finding.path,
                action=finding.action,
                value=finding.value,
            )
            for finding in judgement.findings
            if finding.action.value == action
        ]
    return tuple(sorted(found, key=lambda each: each.at))
