"""The rail of a plan's steps, and what can be done to the plan now."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring.live import Document
from rollout.admin import words
from rollout.dashboard import numbers
from rollout.dashboard.sentence import block
from rollout.models import Pause, Plan, Step
from rollout.plans.actions import ACTIONS, DRAWN_UP

# What there is to do before it starts, and after. The way back has its own place.
BEFORE, AFTER = ("submit", "approve", "start", "cancel"), ("pause", "resume", "advance", "complete")
AT_ANY_VERSION = {"pause", "resume", "advance"}
EFFECTS = {
    "submit": gettext_lazy("The plan is handed to those who approve. Nothing moves."),
    "approve": gettext_lazy("You stand behind exactly this plan. Nothing moves."),
    "start": gettext_lazy("A backup is taken, then the controller applies the first step."),
    "cancel": gettext_lazy("The plan is given up. Nothing has moved and nothing moves."),
    "pause": gettext_lazy("The share stays as it is until a person resumes the plan. Guardrails stay on."),
    "resume": gettext_lazy("The plan runs on, and its step is observed anew."),
    "advance": gettext_lazy("The controller takes the next step as soon as every gate passes."),
    "complete": gettext_lazy("The plan ends; the share stays as it is."),
}


@dataclass(frozen=True, slots=True)
class Rung:
    """One step. `state`: done, current or next."""

    position: int
    share: str
    status: str
    label: str
    state: str
    planned: str
    took: str
    verdict: str
    who: str


@dataclass(frozen=True, slots=True)
class Deed:
    """One action. `why_not`: what of the plan speaks against it; `needs`: the permission. `version`: that of the plan
    as it is drawn, where another one is another matter; the controller counts it up while the plan runs."""

    name: str
    label: str
    effect: str
    api: str
    needs: str
    why_not: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Rail:
    """A plan as the dashboard draws it."""

    plan: dict[str, Any]
    status: str
    url: str
    rungs: list[Rung]
    deeds: list[Deed]
    pauses: list[str]
    blocked_by: list[str]


def rail(document: Document) -> Rail | None:
    """The active plan, else the newest that is drawn up; None when there is neither."""
    plan = document.get("plan") or document.get("drawn_up")
    if plan is None:
        return None
    return Rail(
        plan=plan,
        status=str(Plan.Status(plan["status"]).label),
        url=reverse("admin:rollout_plan_change", args=[plan["id"]]),
        rungs=[_rung(step, plan) for step in plan["steps"]],
        deeds=list(_deeds(plan)),
        pauses=[
            f"{Pause.Cause(each['cause']).label}: {each['reason']} ({each['actor']}, {numbers.moment(each['since'])})"
            for each in plan["paused_by"]
        ],
        blocked_by=[block(code, document) for code in plan["blocked_by"]],
    )


def _rung(step: dict[str, Any], plan: dict[str, Any]) -> Rung:
    status = Step.Status(step["status"])
    current = step["position"] == plan["current_step"]
    asked = _("asked for by %s") % step["advance_requested_by"] if step["advance_requested_by"] else ""
    return Rung(
        position=step["position"],
        share=numbers.percent(step["percentage"]),
        status=step["status"],
        label=str(status.label),
        state="current" if current else "next" if status is Step.Status.PENDING else "done",
        planned=numbers.seconds(60 * step["observe_minutes"]),
        took="" if step["observed_s"] is None else numbers.seconds(round(step["observed_s"])),
        verdict="" if step["verdict"] in {"", "pass"} else words.verdict(step["verdict"]),
        who=step["advanced_by"] or asked,
    )


def _deeds(plan: dict[str, Any]) -> Iterator[Deed]:
    for name in BEFORE if plan["status"] in DRAWN_UP else AFTER:
        action = ACTIONS[name]
        yield Deed(
            name=name,
            label=str(action.label),
            effect=str(EFFECTS[name]),
            api=f"plans/{plan['id']}/{name}",
            needs=action.permission,
            why_not=_why_not(plan, name),
            version=None if name in AT_ANY_VERSION else plan["version"],
        )


def _why_not(plan: dict[str, Any], name: str) -> str:
    if name not in plan["allowed"]:
        return _("Not while the plan is %s.") % Plan.Status(plan["status"]).label
    if name == "resume" and not any(each["cause"] == Pause.Cause.OPERATOR for each in plan["paused_by"]):
        return _("No person has paused it: the controller resumes it when the cause is gone.")
    if name == "advance":
        step = next((each for each in plan["steps"] if each["position"] == plan["current_step"]), None)
        if step is None or step["status"] == Step.Status.APPLYING:
            return _("No step is observed now.")
        if who := str(step["advance_requested_by"]):
            return _("Asked for by %s: the controller advances when every gate passes.") % who
    return ""
