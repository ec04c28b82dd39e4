"""Rules for guardrails and plans."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from monitoring.alerts import groups
from monitoring.alerts.rule import Facts, Rule, Sighting, Values
from monitoring.models import Severity
from rollout.controller import codes
from rollout.guardrails.metrics import Metric
from rollout.guardrails.verdicts import Verdict
from rollout.live.judged import fresh
from rollout.models import Pause, Plan, Rollback, Step

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING

# Nobody has pressed a button: people are told what was done.
BY_ITSELF = ("guardrail", "override")
NEWS = timedelta(hours=1)
FINDING = ("judged", "measured_at")


def guardrail_acts(facts: Facts) -> Iterator[Sighting]:
    """A metric is proven bad."""
    yield from _findings(facts, (Verdict.ACT,))


def guardrail_holds(facts: Facts) -> Iterator[Sighting]:
    """A metric is over its first threshold; what is only not proven yet is not."""
    yield from _findings(facts, (Verdict.HOLD, Verdict.ACT))


def no_data(facts: Facts) -> Iterator[Sighting]:
    """A metric can not be measured while a plan runs."""
    if facts["plan"] is not None:
        yield from _findings(facts, (Verdict.NO_DATA,))


def _findings(facts: Facts, verdicts: tuple[Verdict, ...]) -> Iterator[Sighting]:
    wanted = {verdict.value for verdict in verdicts}
    for each in (fresh(dict(facts)) or {}).get("findings", ()):
        if each["verdict"] in wanted and (each["verdict"] != Verdict.HOLD.value or _is_over(each)):
            of = each["kind"] or each["path"] or ""
            yield Sighting(f"{each['metric']}:{of}" if of else each["metric"], {
                "metric": each["metric"], "of": of, "value": each["value"], "hold": each["hold"], "act": each["act"],
            })  # fmt: skip


def _is_over(finding: dict[str, object]) -> bool:
    """Whether the value itself is on the wrong side of the threshold: consistency falls, the others rise."""
    value, hold, act = finding["value"], finding["hold"], finding["act"]
    if not (isinstance(value, int | float) and isinstance(hold, int | float)):
        return False
    falls = isinstance(act, int | float) and act < hold
    return value <= hold if falls else value >= hold


def plan_paused(facts: Facts) -> Iterator[Sighting]:
    """Something else than a person has paused it."""
    plan = facts["plan"]
    for each in plan["paused_by"] if plan else ():
        if each["cause"] != Pause.Cause.OPERATOR:
            yield Sighting(
                f"{plan['id']}:{each['cause']}",
                {"plan": plan["name"], "cause": each["cause"], "reason": each["reason"][:200]},
            )


def plan_held(facts: Facts) -> Iterator[Sighting]:
    """A step waits for something that does not come."""
    plan = facts["plan"]
    if plan and plan["status"] == Plan.Status.RUNNING:
        for step in plan["steps"]:
            if step["status"] == Step.Status.HELD:
                yield Sighting(
                    f"{plan['id']}:{step['position']}",
                    {"plan": plan["name"], "step": step["position"], "blocked_by": step["blocked_by"][:3]},
                )


def rolled_back(facts: Facts) -> Iterator[Sighting]:
    """A way back that no person has asked for, within the last hour."""
    row = facts["last_rollback"]
    if row is None or row["source"] not in BY_ITSELF:
        return
    asked = row["requested_at"]
    asked = asked if isinstance(asked, datetime) else datetime.fromisoformat(asked)
    if facts["measured_at"] - asked.timestamp() <= NEWS.total_seconds():
        yield Sighting(
            str(row["id"]), {"source": row["source"], "reason": row["reason"][:200], "status": row["status"]}
        )


def _guardrail(values: Values, text: str) -> str:
    numbers = {name: "–" if values[name] is None else f"{values[name]:g}" for name in ("value", "hold", "act")}
    of = f" ({values['of']})" if values["of"] else ""
    return text % {"metric": codes.METRICS.get(values["metric"], values["metric"]), "of": of, **numbers}


def _beyond(values: Values, limit: str, text: str) -> str:
    if values["metric"] == Metric.ERRORS.value and (values["value"] or 0.0) < values[limit]:
        # The test acts on the order in which errors came; since the epoch began they may be few.
        text = _("%(metric)s%(of)s is %(value)s since the epoch began, and of late the test finds too many.")
    return _guardrail(values, text)


RULES = [
    Rule(
        "guardrail_acts", groups.PLAN, CRITICAL, FINDING, guardrail_acts,
        lambda values: _beyond(values, "act", _("%(metric)s%(of)s is %(value)s: beyond %(act)s, the guardrail acts.")),
        holds=True,
    ),
    Rule(
        "guardrail_holds", groups.PLAN, WARNING, FINDING, guardrail_holds,
        lambda values: _beyond(values, "hold", _("%(metric)s%(of)s is %(value)s: beyond %(hold)s, nothing advances.")),
        for_s=60,
    ),
    Rule(
        "no_data", groups.PLAN, WARNING, (*FINDING, "plan"), no_data,
        lambda values: _guardrail(values, _("%(metric)s%(of)s can not be measured while a plan is active.")),
        for_s=300,
    ),
    Rule(
        "plan_paused", groups.PLAN, WARNING, ("plan",), plan_paused,
        lambda values: _("Plan “%(plan)s” is paused (%(cause)s): %(reason)s") % {
            **values, "cause": Pause.Cause(values["cause"]).label,
        },
    ),
    Rule(
        "plan_held", groups.PLAN, WARNING, ("plan",), plan_held,
        lambda values: _("Plan “%(plan)s” is held at step %(step)d: %(why)s") % {
            **values, "why": ", ".join(map(codes.text, values["blocked_by"])),
        },
        for_s=600,
    ),
    Rule(
        "rolled_back", groups.PLAN, CRITICAL, ("last_rollback", "measured_at"), rolled_back,
        lambda values: _("Traffic was sent back to the legacy path (%(source)s, %(status)s): %(reason)s") % {
            **values, "status": Rollback.Status(values["status"]).label,
        },
        happens=True,
    ),
]  # fmt: skip
