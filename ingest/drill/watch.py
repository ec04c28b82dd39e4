"""What the guardrails say of a fault, and what they do about it."""

import json
from collections.abc import Callable

import redis

from ingest.drill.fault import Fault
from ljwx import databaseclock
from rollout.guardrails import judgement as judgements
from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.models import Decision, Plan, Rollback, Step
from streaming.manager import get_consumer_manager

# A metric that is not measured yet, or passes again: it says nothing of a fault.
UNKNOWING = frozenset(
    code.value for code in (Code.MISSING, Code.STALE, Code.QUIET, Code.TOO_FEW, Code.EPOCH, Code.RECOVERING)
)


class Watch:
    """Follows what the controller writes about `plan` from now on. Times are seconds since 1970 by the database's
    clock, each as late as the look that found it. All raise django.db.Error."""

    clock: Callable[[], float] = staticmethod(databaseclock.now)

    def __init__(self, *, plan: Plan, fault: Fault) -> None:
        self.detected_at: float | None = None
        self.decided_at: float | None = None
        self.effective_at: float | None = None
        self.decision: Decision | None = None
        self._plan, self._fault = plan, fault
        self._after = Decision.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    @property
    def action(self) -> str | None:
        """What the guardrail has done; None as long as it has done nothing."""
        return self.decision.action if self.decision else None

    def look(self) -> bool:
        """Look once; whether the guardrail has acted on the fault."""
        now = self.clock()
        if self.detected_at is None and self.is_named:
            self.detected_at = now
        if self.decision is None and (decision := self._acted()) is not None:
            self.decision, self.decided_at = decision, now
            self.detected_at = self.detected_at or now
        return self.decision is not None

    @property
    def is_named(self) -> bool:
        """Whether the newest evaluation names the fault's metric as what keeps the step from passing."""
        found = Step.objects.filter(plan=self._plan).order_by("position").values_list("blocked_by", flat=True)
        return any(_names(self._fault, code) for blocked_by in found for code in blocked_by)

    def others(self) -> list[str]:
        """What other guardrails have done meanwhile, in words."""
        return [row.outcome for row in self._decisions() if not self._is_about(row)]

    def took_effect(self) -> bool:
        """Whether what was done is in force: all processes use the lowered share, all consumers run, the plan stands
        still."""
        if self.effective_at is None and self._is_in_force():
            self.effective_at = self.clock()
        return self.effective_at is not None

    def _is_in_force(self) -> bool:
        match self.action:
            case Action.ROLL_BACK.value:
                return Rollback.objects.filter(plan=self._plan, effective_at__isnull=False).exists()
            case Action.ADD_CONSUMERS.value:
                try:
                    status = get_consumer_manager().status()
                except redis.RedisError:
                    return False
                return status.running >= status.desired
            case Action.PAUSE.value:
                return self._plan.pauses.filter(standing=True).exists()
            case _other:
                return False

    def _decisions(self) -> list[Decision]:
        rows = Decision.objects.filter(plan=self._plan, pk__gt=self._after).exclude(action=Action.NONE.value)
        return list(rows.exclude(outcome="").order_by("pk"))

    def _acted(self) -> Decision | None:
        return next((row for row in self._decisions() if self._is_about(row)), None)

    def _is_about(self, row: Decision) -> bool:
        findings = judgements.decode(json.dumps(row.judgement)).findings
        return any(
            finding.action.value == row.action and self._fault.is_named_by(finding.metric, finding.kind or finding.path)
            for finding in findings
        )


def _names(fault: Fault, code: str) -> bool:
    metric, _separator, rest = code.partition(":")
    why, _separator, of = rest.partition(":")
    return fault.is_named_by(metric, of or None) and why not in UNKNOWING
