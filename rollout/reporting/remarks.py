"""What a report can not know, said in it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from rollout.consistency.tallies import KEPT_S
from rollout.reporting import words
from rollout.reporting.period import Period
from rollout.reporting.series import Series
from rollout.reporting.shares import Shares

MOST_GAPS = 10
DAY_S = 86_400


def remarks(
    period: Period, shares: Shares, series: Series, *, alarms_known: bool, cut: bool, now_s: float
) -> Iterator[str]:
    """A sentence each. `cut`: a table is longer than what it shows."""
    told = {"shown": len(series.points), "all": series.decisions}
    yield (
        _(
            "Counts of each second are kept for 15 minutes: charts and figures are those of the controller's decisions,"
            " one a minute. %(shown)d of %(all)d were read."
        )
        % told
    )
    if not series.decisions:
        yield _("The controller has decided nothing in this time: nothing is known of uploads, latency and errors.")
    for begin, end in series.gaps[:MOST_GAPS] if series.decisions else ():
        between = {"since": words.moment(begin), "until": words.moment(end)}
        yield _("From %(since)s to %(until)s nothing was decided: the lines are broken there.") % between
    if len(series.gaps) > MOST_GAPS:
        yield _("Such gaps beyond these: %d.") % (len(series.gaps) - MOST_GAPS)
    if series.unread:
        yield _("Decisions whose evidence is of another version and was left out: %d.") % series.unread
    if series.p50_missing:
        yield _("The p50 was not kept with the oldest decisions.")
    if period.since_s < now_s - KEPT_S:
        yield _("Comparisons are kept for %d days: older ones are not in the counts.") % (KEPT_S // DAY_S)
    yield _(
        "Without a plan and with all shares at zero nothing is decided: “before” is the first hour of which there is"
        " evidence of the legacy path."
    )
    yield _("Alarms that are over are in the log alone.")
    if not alarms_known:
        yield _("Redis does not answer: which alarms stand is not known.")
    yield _("Counts of dead letters are those of the whole group, at most 2,000 each.")
    if shares.left_out or series.left_out or cut:
        yield _("There was more than the tables here show.")
