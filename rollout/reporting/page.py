"""The report as one HTML file: no script, no request, printable."""

from collections.abc import Callable
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rollout.reporting import charts, decided, figures, incidents, planned, proofs, remarks, words
from rollout.reporting import series as over_time
from rollout.reporting import shares as history
from rollout.reporting.figures import Figures
from rollout.reporting.period import Period

TEMPLATE = "rollout/report.html"


def render(period: Period) -> str:
    """The report of `period`, in the language that is active. Raises django.db.Error; without Redis it says so."""
    return render_to_string(TEMPLATE, _context(period))


def _context(period: Period) -> dict[str, Any]:
    now = timezone.now()
    shares, series = history.shares(period), over_time.series(period)
    decisions, more_decisions = decided.decided(period)
    happened, more_incidents = incidents.incidents(period)
    alarms, proof = incidents.standing(), proofs.proofs(period)
    before, after = figures.before(series), figures.after(series)
    said = remarks.remarks(
        period, shares, series, alarms_known=alarms is not None, cut=more_decisions or more_incidents,
        now_s=now.timestamp(),
    )  # fmt: skip
    return {
        "language": get_language() or "en",
        "period": period,
        "since": words.moment(period.since),
        "until": words.moment(period.until),
        "lasted": words.length(period.until - period.since),
        "zone": timezone.get_current_timezone_name(),
        "made": words.moment(now),
        "from_share": _together(shares.first),
        "to_share": _together(shares.last),
        "changes": [
            {
                "row": each, "at": words.moment(each.created_at), "before": words.percent(each.from_percentage),
                "after": words.percent(each.to_percentage),
            }
            for each in shares.changes
        ],
        "charts": charts.charts(period, shares, series),
        "plan": planned.of_plan(period.plan) if period.plan else None,
        "decisions": [(words.moment(each.at), each) for each in decisions],
        "incidents": [(words.moment(each.at), each) for each in happened],
        "alarms": [(words.moment(each.since), each) for each in alarms or ()],
        "dead": incidents.dead(period),
        "proofs": proof,
        "compared": words.number(proof.compared),
        "figures": _figures(before, after),
        "basis": [(_("Before"), _basis(before)), (_("After"), _basis(after))],
        "remarks": list(said),
    }  # fmt: skip


def _together(shares: dict[str, float]) -> str:
    if len(set(shares.values())) == 1:
        return words.percent(next(iter(shares.values())))
    return ", ".join(f"{kind} {words.percent(share)}" for kind, share in shares.items())


def _figures(before: Figures | None, after: Figures | None) -> list[tuple[str, str, str]]:
    """Name, legacy path before, stream path after."""
    rows: list[tuple[str, Callable[[float | None], str], str]] = [
        (_("Uploads per second"), words.number, "uploads_per_s"),
        (_("Time to the answer, p50"), words.seconds, "p50_s"),
        (_("Time to the answer, p99"), words.seconds, "p99_s"),
        (_("Error rate"), words.share, "error_rate"),
    ]
    return [(label, _shown(before, name, unit), _shown(after, name, unit)) for label, unit, name in rows]


def _shown(found: Figures | None, name: str, unit: Callable[[float | None], str]) -> str:
    return unit(getattr(found, name)) if found else words.NONE


def _basis(found: Figures | None) -> str:
    """What a column of figures is of."""
    if found is None:
        return _("no data")
    least, most = words.percent(found.least), words.percent(found.most)
    return _("%(since)s – %(until)s, share %(share)s, medians of %(count)d decisions") % {
        "since": words.moment(found.since),
        "until": words.moment(found.until),
        "share": least if least == most else f"{least} – {most}",
        "count": found.decisions,
    }
