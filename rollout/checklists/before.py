"""What must be so before a share is raised."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from ljwx.redis import client
from monitoring import processes
from rollout import backups
from rollout.checklists.item import Finding, verdict
from rollout.consistency import findings, seen
from rollout.controller import state
from rollout.models import Pin, Plan, Rollback, Route
from streaming import backlog, groups, registry, safety
from streaming.manager import get_consumer_manager
from streaming.worker import State as WorkerState

BACKUP_AGE = timedelta(hours=24)
BEAT_S = 15.0
LEADER_BEAT_S = 5.0


def redis_is_safe(plan: Plan) -> Finding:
    """Every property that the stream path needs, and memory below 70 % of maxmemory. What the server does not let us
    measure without closing the path (`CONFIG` forbidden) is named and does not count."""
    findings = safety.examine(client("control"))
    shown = [finding for finding in findings if finding.ok is not True] or findings[-1:]
    ok = all(finding.ok is not False and (finding.ok or not finding.closes) for finding in findings)
    return verdict(ok, lambda: ", ".join(f"{finding.name}: {_(finding.value)}" for finding in shown))


def groups_exist(plan: Plan) -> Finding:
    """The group of each kind of the plan."""
    missing = [kind.stream for kind in map(registry.get, plan.kinds) if not groups.present(client("control"), kind)]
    return verdict(not missing, lambda: _("missing: %s") % ", ".join(missing) if missing else str(len(plan.kinds)))


def consumers_live(plan: Plan) -> Finding:
    """As many run as should, and each kind of the plan has one that has given a sign of life within 15 s."""
    status = get_consumer_manager().status()
    living = [
        each
        for each in status.consumers
        if each.state is WorkerState.RUNNING and each.beat_age_s is not None and each.beat_age_s < BEAT_S
    ]
    served = {kind for each in living for kind in each.kinds}
    missing = sorted(set(plan.kinds) - served)

    def told() -> str:
        text = _("%(running)d of %(desired)d run") % {"running": len(living), "desired": status.desired}
        return f"{text} · {_('nobody serves: %s') % ', '.join(missing)}" if missing else text

    return verdict(not missing and status.running >= status.desired, told)


def controller_leads(plan: Plan) -> Finding:
    """Somebody leads, with a sign of life within 5 s."""
    found = state.leader()
    if found is None:
        return verdict(False, lambda: _("none leads"))
    told = {"name": found.holder, "age": found.beat_age_s}
    return verdict(found.beat_age_s <= LEADER_BEAT_S, lambda: _("%(name)s, %(age).1f s ago") % told)


def web_lives(plan: Plan) -> Finding:
    """A web process, which serves the dashboard, has told of itself within 5 s."""
    found = processes.live(role=processes.Role.WEB)
    return verdict(bool(found), lambda: _("%d web processes") % len(found))


def backup_is_young(plan: Plan) -> Finding:
    """The newest verified backup."""
    found = backups.latest_verified()
    if found is None:
        return verdict(False, lambda: _("none is verified"))
    told = f"{found.event}, {timezone.localtime(found.created_at):%Y-%m-%d %H:%M:%S}"
    return verdict(timezone.now() - found.created_at < BACKUP_AGE, lambda: told)


def is_drained(plan: Plan) -> Finding:
    """No rollback is under way, and the stream of a kind that nothing feeds is empty."""
    if (rollback := Rollback.objects.filter(active=True).first()) is not None:
        return verdict(False, lambda: _("a rollback is under way: %s") % rollback.get_status_display())
    fed = Pin.objects.filter(path=Pin.Path.STREAM, expires_at__gt=timezone.now()).exists()
    unfed = Route.objects.filter(kind__in=plan.kinds, percentage=0).values_list("kind", flat=True)
    waiting = 0 if fed else sum(backlog.measure(registry.get(kind)).total for kind in unfed)
    return verdict(not waiting, lambda: _("%d entries wait") % waiting)


def mirror_agrees(plan: Plan) -> Finding:
    """No open finding of mirrored records of the plan's kinds. Nobody has to mirror: without it nothing disagrees."""
    shadows = [shadow for kind in plan.kinds if (shadow := registry.shadow(kind)) is not None]
    compared = sum(row.checked for shadow in shadows if (row := seen.settled(shadow.name)) is not None)
    wrong = sum(findings.still_open(shadow.name).count() for shadow in shadows)
    told = {"compared": compared, "wrong": wrong}
    return verdict(not wrong, lambda: _("%(compared)d records compared, %(wrong)d findings") % told)
