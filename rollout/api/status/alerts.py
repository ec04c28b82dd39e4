"""The alerts that are not over."""

from typing import Any

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils import timezone

from monitoring.alerts import groups, silences, wording
from monitoring.models import Alert, Severity

MOST = 100
# Of devices: a fleet has them all day, and each is told of once; they must not hide what else is wrong.
MOST_OF_DEVICES = 5

# The worst first, and of those the newest.
_RANK = Case(
    *(When(severity=severity, then=Value(severity.rank)) for severity in Severity), output_field=IntegerField()
)


def standing() -> dict[str, Any]:
    """How many there are by state and severity, and the worst 100 of them, then the newest 5 of devices. Raises
    django.db.Error."""
    rows = Alert.objects.filter(open_key__isnull=False)
    counts = rows.order_by().values_list("state", "severity").annotate(Count("pk"))
    of_devices = Q(group=groups.DEVICES)
    worst = [
        *rows.exclude(of_devices).order_by(-_RANK, "-pk")[:MOST],
        *rows.filter(of_devices).order_by("-pk")[:MOST_OF_DEVICES],
    ]
    return {"counts": [list(each) for each in counts], "shown": shown(worst)}


def shown(rows: Any) -> list[dict[str, Any]]:
    """Alerts as an answer has them, each with its text in the language in force."""
    quiet = silences.in_force(timezone.now())
    return [alert(row, silenced=silences.silenced(row, quiet)) for row in rows]


def alert(row: Alert, *, silenced: bool = False) -> dict[str, Any]:
    """One alert."""
    return {
        "id": row.pk,
        "name": row.name,
        "rule": row.rule,
        "label": row.label,
        "group": row.group,
        "severity": row.severity,
        "state": row.state,
        "text": wording.text(row.rule, row.label, row.values),
        "values": row.values,
        "since": row.firing_at or row.pending_at,
        "told_at": row.told_at,
        "silenced": silenced,
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": row.acknowledged_by,
        "note": row.note,
        "resolved_at": row.resolved_at,
    }
