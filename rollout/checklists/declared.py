"""Which items there are: the migration guide's three checklists, and what the mirror says."""

from django.utils.translation import gettext_lazy as _

from rollout.checklists import after, before, comparing, during, telling
from rollout.checklists.item import Check, Phase, Signable

YES = Signable.YES
BEFORE, DURING, AFTER = Phase

CHECKS: tuple[Check, ...] = (
    Check("redis", BEFORE, _("Redis is safe: policy, AOF, memory"), before.redis_is_safe),
    Check("groups", BEFORE, _("The consumer groups exist"), before.groups_exist),
    Check("consumers", BEFORE, _("Consumers are alive"), before.consumers_live),
    Check("controller", BEFORE, _("The controller is alive"), before.controller_leads),
    Check("dashboard", BEFORE, _("The dashboard is alive"), before.web_lives),
    Check("backup", BEFORE, _("A verified backup is younger than 24 hours"), before.backup_is_young),
    Check("drained", BEFORE, _("Nothing of an earlier plan is left undrained"), before.is_drained),
    Check("mirror", BEFORE, _("What is mirrored agrees on both paths"), before.mirror_agrees),
    Check("consistency_check", BEFORE, _("The consistency check works"), comparing.check_works, signable=YES),
    Check("alert_channel", BEFORE, _("Alerts have a working channel"), telling.channel_works, signable=YES),
    Check("team_told", BEFORE, _("The team is told"), signable=YES),
    Check("rollback_drill", BEFORE, _("A rollback was tried out"), signable=YES),
    Check("errors", DURING, _("Error rate"), during.metric("errors")),
    Check("backlog", DURING, _("Backlog"), during.metric("backlog")),
    Check("age", DURING, _("Age of the oldest entry"), during.metric("age")),
    Check("cpu", DURING, _("CPU"), during.metric("cpu")),
    Check("accept", DURING, _("p99 of accept"), during.metric("accept")),
    Check("memory", DURING, _("Redis memory"), during.metric("memory")),
    Check("consistency", DURING, _("Consistency"), during.metric("consistency")),
    Check("consumers_run", DURING, _("All consumers run"), before.consumers_live),
    Check("reached", AFTER, _("All devices are on the stream"), after.is_reached),
    Check("soaked", AFTER, _("It has soaked"), after.has_soaked),
    Check("backlog_gone", AFTER, _("Nothing waits in the streams"), after.nothing_waits),
    Check("ledger", AFTER, _("The ledger is clean"), after.ledger_is_clean),
    Check("consistency_verified", AFTER, _("Consistency is verified"), comparing.is_verified, signable=YES),
    Check("dead_letters", AFTER, _("The dead letters were looked at"), signable=YES),
    Check("documentation", AFTER, _("The documentation is up to date"), signable=YES),
)
