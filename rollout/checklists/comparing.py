"""Whether the consistency check works, and what it has verified."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ljwx import databaseclock
from rollout.checklists.item import Finding, unknown, verdict
from rollout.consistency import seen, verified_through
from rollout.consistency.report import moment
from rollout.models import CheckFinding, Plan

# Behind the grace by so much, the check does not keep up.
BEHIND_S = 120.0


def check_works(plan: Plan) -> Finding:
    """The rolling check of every kind of the plan keeps up with its stream."""
    rows = {kind: seen.settled(kind) for kind in plan.kinds}
    if missing := sorted(kind for kind, row in rows.items() if row is None):
        return unknown(lambda: _("not begun: %s") % ", ".join(missing))
    oldest_ms = min(row.cursor_ms for row in rows.values() if row is not None)
    return verdict(_keeps_up(oldest_ms), lambda: _("compared through %s") % _text(oldest_ms))


def is_verified(plan: Plan) -> Finding:
    """Everything of the plan's kinds since it was started is verified, without a gap, up to a moment ago."""
    found = [verified_through(kind) for kind in plan.kinds]
    known = [each for each in found if each is not None]
    if len(known) < len(found) or not known or plan.started_at is None:
        return unknown(lambda: _("not compared yet"))
    started_ms = plan.started_at.timestamp() * 1000
    through_ms = min(each.through_ms for each in known)
    stops = [
        stop for each in known if (stop := each.stopped_by) and max(stop.entry_ms, stop.until_ms or 0) >= started_ms
    ]
    if stops:
        return verdict(False, lambda: f"{_through(through_ms)} ({', '.join(map(_stop, stops))})")
    if any(each.stopped_by or each.since_ms > started_ms for each in known):
        return unknown(lambda: _("not compared from the beginning"))
    return verdict(_keeps_up(through_ms), lambda: _through(through_ms))


def _keeps_up(through_ms: int) -> bool:
    return databaseclock.now() - through_ms / 1000 < settings.CHECK_GRACE_S + BEHIND_S


def _through(milliseconds: int) -> str:
    return _("verified through %s") % _text(milliseconds)


def _stop(finding: CheckFinding) -> str:
    return f"{finding.kind} {finding.get_outcome_display()}"


def _text(milliseconds: int) -> str:
    return f"{timezone.localtime(moment(milliseconds)):%Y-%m-%d %H:%M:%S}"
