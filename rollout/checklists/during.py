"""What must stay so while a plan runs: the guardrails, as the controller has judged them last."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.checklists.item import Finding, unknown, verdict
from rollout.guardrails import judgement as judgements
from rollout.guardrails.finding import Finding as Judged
from rollout.guardrails.verdicts import Verdict
from rollout.models import Plan

# The controller stores a decision a minute at least.
FRESH = timedelta(seconds=150)


def metric(name: str) -> Callable[[Plan], Finding]:
    """The item of a guardrail: green while it passes, red when it holds or acts, unknown without fresh data."""

    def measure(plan: Plan) -> Finding:
        decision = plan.decisions.defer("evidence").order_by("-id").first()
        if decision is None:
            return unknown(lambda: _("the controller has not judged it yet"))
        at = decision.created_at
        if timezone.now() - at > FRESH:
            return unknown(lambda: _("the controller has not judged it lately"), at=at)
        try:
            judged = judgements.decode(json.dumps(decision.judgement)).findings
        except msgspec.MsgspecError:
            return unknown(lambda: _("the last decision can not be read"), at=at)
        found = [each for each in judged if each.metric == name]
        words = partial(_values, found)
        if not found or any(each.verdict is Verdict.NO_DATA for each in found):
            return unknown(words, at=at)
        return verdict(all(each.verdict is Verdict.PASS for each in found), words, at=at)

    return measure


def _values(found: Sequence[Judged]) -> str:
    return ", ".join(map(_value, found)) or _("no data")


def _value(judged: Judged) -> str:
    of = judged.kind or judged.path
    number = _("no data") if judged.value is None else f"{judged.value:g}"
    return f"{of}: {number}" if of else number
