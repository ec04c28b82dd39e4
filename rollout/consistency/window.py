"""Whether a stretch of time is verified: what a rollback asks before it is done."""

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from rollout.consistency import findings, rolling, seen, tallies, verified
from rollout.consistency.report import moment
from rollout.models import CheckFinding
from rollout.rollback.said import Said
from rollout.rollback.verifying import Found, Window

# A check that is further behind does not keep a rollback from its end: it ends without being verified.
PATIENCE_S = 1_800.0
NO_STOP = verified.NO_STOP


def compared(window: Window) -> Found | None:
    """What the rolling check has found of the window, carried on by a chunk or two until it has seen all of it; None
    until then. Raises django.db.Error."""
    rolling.advance(now=window.now)
    until_ms = (window.last + 1) * 60_000
    rows = {kind: seen.settled(kind) for kind in window.kinds}
    behind = sorted(kind for kind, row in rows.items() if row is None or row.cursor_ms < until_ms)
    if behind:
        if window.now < until_ms / 1000 + PATIENCE_S:
            return None
        return Found(False, Said(_("not compared in time: %(kinds)s"), {"kinds": ", ".join(behind)}))
    begun_ms = max((row.begin_ms for row in rows.values() if row is not None), default=0)
    since_ms = max(window.first * 60_000, begun_ms)
    wrong = sum(_open(kind, since_ms=since_ms, until_ms=until_ms) for kind in window.kinds)
    if wrong:
        text = _("not as sent or not to be verified: %(count)d (see the findings of checks)")
        return Found(False, Said(text, {"count": wrong}))
    records = sum(tallies.between(kind, since=since_ms / 1000, until=until_ms / 1000) for kind in window.kinds)
    since = timezone.localtime(moment(since_ms))
    text = _("by comparison: %(records)d records agree since %(since)s")
    return Found(True, Said(text, {"records": records, "since": f"{since:%H:%M:%S}"}))


def _open(kind: str, *, since_ms: int, until_ms: int) -> int:
    """Open findings of entries of this time; a hole counts that reaches into it."""
    known = findings.still_open(kind).exclude(outcome=NO_STOP).filter(entry_ms__lt=until_ms)
    holes = known.filter(outcome=CheckFinding.Outcome.HOLE, until_ms__gt=since_ms)
    return known.filter(entry_ms__gte=since_ms).exclude(outcome=CheckFinding.Outcome.HOLE).count() + holes.count()
