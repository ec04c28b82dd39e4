"""What must be so before a plan is completed."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.checklists.item import Finding, unknown, verdict
from rollout.models import Plan, Route
from streaming import accounts, backlog, registry

# Traffic goes on: entries are always on their way, but none of them for long.
YOUNG_S = 5.0
LEDGER_MINUTES = 60


def is_reached(plan: Plan) -> Finding:
    """Every kind of the plan is at 100 %."""
    shares = dict(Route.objects.filter(kind__in=plan.kinds).values_list("kind", "percentage"))
    told = ", ".join(f"{kind}: {share} %" for kind, share in sorted(shares.items()))
    return verdict(len(shares) == len(plan.kinds) and all(share == 100 for share in shares.values()), lambda: told)


def has_soaked(plan: Plan) -> Finding:
    """It has soaked for at least as long as its last step was to be observed."""
    last = plan.steps.last()
    if plan.soaking_since is None or last is None:
        return verdict(False, lambda: _("it does not soak yet"))
    needed = timedelta(seconds=last.observe_s)
    soaked = (plan.ended_at or timezone.now()) - plan.soaking_since
    told = {"soaked": str(soaked).partition(".")[0], "needed": needed}
    return verdict(soaked >= needed, lambda: _("%(soaked)s of %(needed)s") % told)


def nothing_waits(plan: Plan) -> Finding:
    """Nothing is undelivered or unacknowledged for 5 s or longer in the streams of the plan's kinds."""
    found = [backlog.measure(registry.get(kind)) for kind in plan.kinds]
    oldest_s = max((each.oldest_s or 0.0 for each in found), default=0.0)
    told = {"count": sum(each.total for each in found), "age": oldest_s}
    return verdict(oldest_s < YOUNG_S, lambda: _("%(count)d entries, the oldest %(age).1f s") % told)


def ledger_is_clean(plan: Plan) -> Finding:
    """Of the last hour no record that was accepted is in no account."""
    lines = [line for line in accounts.lines(LEDGER_MINUTES) if line.kind in plan.kinds]
    if not lines:
        return unknown(lambda: _("nothing was accepted in the last hour"))
    missing = sum(line.residue for line in lines if line.residue > 0)
    told = {"missing": missing, "accepted": sum(line.accepted for line in lines)}
    return verdict(not missing, lambda: _("%(missing)d of %(accepted)d records missing") % told)
