"""Critical alerts of devices, for the people who are told of alerts."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from ingest.drill.arming import TAG
from ingest.models import AlertInfo
from monitoring.alerts import groups, registry
from monitoring.alerts.rule import Facts, Rule, Sighting
from monitoring.models import Severity
from rollout.consistency.report import masked

FACT = "device_alerts"
# Of those that nobody has handled within an hour people were told; more at once are told of when the first are over.
WITHIN = timedelta(hours=1)
MOST = 200


def pending() -> list[dict[str, object]]:
    """The critical alerts of the last hour that nobody has handled, the newest first, at most 200; serials masked.
    Nobody is called for simulated devices of a drill. Raises django.db.Error."""
    rows = AlertInfo.objects.filter(
        alert_status="pending", severity_level=AlertInfo.Severity.CRITICAL, create_time__gt=timezone.now() - WITHIN
    )
    found = rows.exclude(device_sn__startswith=TAG).order_by("-id").values_list("id", "alert_type", "device_sn")[:MOST]
    return [{"id": pk, "type": type_, "device": masked(device)} for pk, type_, device in found]


def device_alert(facts: Facts) -> Iterator[Sighting]:
    """Each of them."""
    for each in facts[FACT]:
        yield Sighting(f"{each['type']}:{each['id']}", dict(each))


RULE = Rule(
    "device_alert", groups.DEVICES, Severity.CRITICAL, (FACT,), device_alert,
    lambda values: _("%(type)s of device %(device)s (alert %(id)d).") % values, keep_s=0, happens=True,
)  # fmt: skip


def register() -> None:
    """Called once, when Django starts."""
    registry.register(RULE)
    registry.know(FACT, pending)
