"""Which alerts are silenced."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from monitoring.models import Alert, Silence

LONGEST_MINUTES = 30 * 24 * 60


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


def create(*, rule: str = "", group: str = "", prefix: str = "", minutes: int, reason: str, actor: str) -> Silence:
    """Tell nobody of what matches, for `minutes`. Raises django.db.Error."""
    return Silence.objects.create(
        rule=rule, group=group, prefix=prefix, reason=reason, created_by=actor,
        expires_at=timezone.now() + timedelta(minutes=minutes),
    )  # fmt: skip
