"""The guardrail policy of a drill: the one in force, with samples and windows that a small fleet fills in seconds."""

import json
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ingest.drill.errors import Busy
from rollout import policies
from rollout.guardrails import policy as rules
from rollout.guardrails.limits import SeriesLimits
from rollout.guardrails.policy import Policy
from rollout.models import GuardrailPolicy
from rollout.plans.errors import Conflict

ACTOR = "drill"

# Its devices leave a few entries a second; the age acts later than the backlog, which asks for a consumer first.
BACKLOG_HOLD, BACKLOG_ACT = 10.0, 30.0
AGE_HOLD_S, AGE_ACT_S = 15.0, 60.0
SPACING_S = 2.0
REQUESTS_MIN = 20
# An upload that a drill delays longer would pass for lost by its device.
ACCEPT_ACT_S = 6.0
# The load of a drill on a small machine must not end it.
CPU_NEVER = 1.0
# A demonstration shares a laptop with everything else, and a full processor would hold it.
CPU_BEYOND = 2.0
SLOWER = 1.3
HOLDS_AT = 0.6
ABOVE = 0.15


def of_drill(policy: Policy) -> Policy:
    """`policy` as a drill needs it. No threshold is above that of `policy`, but for the CPU's."""
    accept = policy.accept
    return replace(
        policy,
        backlog=_quick(policy.backlog, hold=BACKLOG_HOLD, act=BACKLOG_ACT),
        age=_quick(policy.age, hold=AGE_HOLD_S, act=AGE_ACT_S),
        accept=replace(
            accept,
            hold=min(accept.hold, ACCEPT_ACT_S),
            act=min(accept.act, ACCEPT_ACT_S),
            requests_min=min(accept.requests_min, REQUESTS_MIN),
        ),
        cpu=replace(policy.cpu, hold=CPU_NEVER, act=CPU_NEVER),
    )


def of_demo(policy: Policy) -> Policy:
    """`policy` for a demonstration: samples that are there within seconds, and room between holding and acting of the
    p99. No threshold is above that of `policy`, but for the CPU's."""
    accept = policy.accept
    return replace(
        policy,
        backlog=_near(policy.backlog),
        age=_near(policy.age),
        accept=replace(
            accept,
            hold=min(accept.hold, accept.act * HOLDS_AT),
            requests_min=min(accept.requests_min, REQUESTS_MIN),
        ),
        cpu=replace(_near(policy.cpu), hold=CPU_BEYOND, act=CPU_BEYOND),
    )


def holding_delay_s(policy: Policy) -> float:
    """How long an upload has to wait to hold a plan and not to pause it, by `policy`, the demonstration's. Near the
    lower threshold: what a busy machine takes for an upload comes on top."""
    hold, act = policy.accept.hold, policy.accept.act
    return hold + (act - hold) * ABOVE


def _quick(limits: SeriesLimits, *, hold: float, act: float) -> SeriesLimits:
    act = min(limits.act, act)
    return replace(_near(limits), hold=min(limits.hold, hold, act), act=act)


def _near(limits: SeriesLimits) -> SeriesLimits:
    return replace(limits, spacing_s=min(limits.spacing_s, SPACING_S))


def delay_s(policy: Policy) -> float:
    """How long an upload has to wait to be above the threshold of `policy`, the drill's."""
    return policy.accept.act * SLOWER


class Thresholds:
    """The policy of one drill: in force from `take` to `give_back`."""

    def __init__(self) -> None:
        self._taken: GuardrailPolicy | None = None
        self._before: dict[str, Any] = {}
        self._version = 0

    def take(self, *, reason: str, adapt: Callable[[Policy], Policy] = of_drill) -> Policy:
        """Make the policy in force, as `adapt` changes it, the active one. What a drill that was killed
        has left is not taken for the operator's. Raises Busy, django.db.Error."""
        row, _policy = policies.active()
        before = GuardrailPolicy.objects.exclude(created_by=ACTOR).order_by("-version").first() or row
        self._before, self._version = before.values, before.version
        made = adapt(policies.read(before))
        try:
            self._taken = policies.save(
                json.loads(rules.encode(made)), actor=ACTOR, reason=reason, expected=row.version
            )
        except Conflict as error:
            raise Busy(str(error)) from error
        return made

    def give_back(self, *, actor: str, reason: str) -> bool:
        """Make the one before active again, as a new version; False when somebody has changed it meanwhile, which then
        stays. Nothing to do when it was never taken. Raises django.db.Error."""
        taken, self._taken = self._taken, None
        if taken is None:
            return True
        try:
            policies.save(self._before, actor=actor, reason=reason, expected=taken.version)
        except Conflict:
            return False
        return True
