"""Which alerts are silenced."""

from collections.abc import Sequence
from datetime import datetime

from monitoring.models import Alert, Silence


def in_force(now: datetime) -> list[Silence]:
    """The silences that have not expired. Raises django.db.Error."""
    return list(Silence.objects.filter(expires_at__gt=now).order_by("pk"))


def matches(silence: Silence, alert: Alert) -> bool:
    """Whether everything that the silence names is so of the alert."""
    return (
        silence.rule in ("", alert.rule)
        and silence.group in ("", alert.group)
        and alert.label.startswith(silence.prefix)
    )


def silenced(alert: Alert, silences: Sequence[Silence]) -> bool:
    """Whether nobody is to be told of it."""
    return any(matches(silence, alert) for silence in silences)
