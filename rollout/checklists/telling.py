"""Whether alerts reach people."""

from django.utils import timezone
from django.utils.translation import gettext as _

from monitoring.alerts import groups
from monitoring.alerts.channels import Health, Standing, standing
from rollout.checklists.item import Finding, unknown, verdict
from rollout.models import Plan


def channel_works(plan: Plan) -> Finding:
    """The last message of a channel that takes critical alerts of plans was delivered. Without such a channel, or
    before anything was sent there, nobody knows."""
    found = standing(group=groups.PLAN)
    works = [each for each in found if each.health is Health.WORKS]
    if works:
        return verdict(True, lambda: ", ".join(map(_told, works)))
    if fails := [each for each in found if each.health is Health.FAILS]:
        return verdict(False, lambda: ", ".join(map(_told, fails)))
    return unknown(lambda: _("no message was sent yet: test a channel") if found else _("there is no channel"))


def _told(each: Standing) -> str:
    at = f"{timezone.localtime(each.at):%Y-%m-%d %H:%M:%S}" if each.at else ""
    return f"{each.channel.name}, {at}" + (f": {each.error}" if each.error else "")
