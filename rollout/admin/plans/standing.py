"""Where a plan stands, in one sentence, and the rail of its steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.admin import words
from rollout.admin.duration import shown
from rollout.admin.percent import present, together
from rollout.models import Plan, Step
from rollout.plans import people

S = Plan.Status
T = Step.Status


@dataclass(frozen=True, slots=True)
class Rung:
    """One step on the rail. `took`: how long it was observed, empty before. `who`: advanced it, or asked for it."""

    step: Step
    planned: str
    took: str
    verdict: str
    who: str
    current: bool


def rail(steps: Sequence[Step], *, now: datetime) -> list[Rung]:
    """The steps in order."""
    at = current(steps)
    return [
        Rung(
            step=step,
            planned=shown(step.observe_s),
            took=_minutes((step.ended_at or now) - step.observing_since) if step.observing_since else "",
            verdict="" if step.verdict == "pass" else words.verdict(step.verdict),
            who=step.advanced_by
            or (_("asked for by %s") % step.advance_requested_by if step.advance_requested_by else ""),
            current=step is at,
        )
        for step in steps
    ]


def current(steps: Sequence[Step]) -> Step | None:
    """The step that is applied or observed, else the last that was."""
    begun = [step for step in steps if step.status != T.PENDING]
    return begun[-1] if begun else None


def sentence(plan: Plan, steps: Sequence[Step], *, now: datetime) -> str:
    """One sentence that says where the plan stands and what it waits for."""
    at, count = current(steps), len(steps)
    share = together(present(plan.kinds))
    match plan.status:
        case S.DRAFT:
            text = _("A draft of %(count)d steps by %(author)s: submit it for approval.")
            return text % {"count": count, "author": plan.created_by}
        case S.SUBMITTED:
            approvers = ", ".join(sorted(people.approvers(plan))) or _("nobody")
            return _("Submitted by %(who)s; approved by %(approvers)s: more people must approve it.") % {
                "who": plan.submitted_by, "approvers": approvers,
            }  # fmt: skip
        case S.APPROVED:
            return _("Approved by %s: it can be started.") % ", ".join(sorted(people.approvers(plan)))
        case S.RUNNING | S.PAUSED:
            text = _("%(share)s of devices on the stream · step %(at)d of %(count)d · %(waits)s")
            waits = _paused(plan) if plan.status == S.PAUSED else _waits(at, now=now)
            return text % {"share": share, "at": at.position if at else 0, "count": count, "waits": waits}
        case S.SOAKING:
            since = _minutes(now - plan.soaking_since) if plan.soaking_since else "–"
            text = _("%(share)s of devices on the stream · soaking for %(since)s until a person completes the plan")
            return text % {"share": share, "since": since}
        case S.ROLLING_BACK:
            return _("Rolling back: %s of devices on the stream; the processes confirm the lowered share.") % share
        case S.DRAINING:
            return _("Rolling back: %s of devices on the stream; what the stream holds is being stored.") % share
    ended = f"{timezone.localtime(plan.ended_at):%Y-%m-%d %H:%M:%S}" if plan.ended_at else "–"
    return _("%(status)s since %(at)s.") % {"status": plan.get_status_display(), "at": ended}


def _minutes(time: timedelta) -> str:
    """To the minute: seconds would be old before they are read."""
    return shown(int(time.total_seconds()) // 60 * 60)


def _paused(plan: Plan) -> str:
    causes = "; ".join(str(pause) for pause in plan.pauses.filter(standing=True).order_by("id"))
    return _("paused: %s") % causes


def _waits(step: Step | None, *, now: datetime) -> str:
    if step is None:
        return _("the controller applies the first step")
    if step.status == T.APPLYING:
        return _("waiting until every process uses the new share")
    if step.observing_since is None or step.status == T.PASSED:
        return _("the controller takes the next step")
    left = step.observing_since + timedelta(seconds=step.observe_s) - now
    if left > timedelta(0):
        text = _("observed for another %s") % _minutes(max(left, timedelta(minutes=1)))
    elif step.advance_requested_at or step.plan.auto_execute:
        text = _("observed long enough, advances when every gate passes")
    else:
        text = _("observed long enough: a person advances it")
    if step.blocked_by:
        text += " · " + _("blocked by: %s") % ", ".join(words.blocks(step.blocked_by))
    return text
