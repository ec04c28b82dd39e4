"""How long alerts and deliveries are kept."""

from datetime import UTC, datetime, timedelta

from monitoring.models import Alert, Delivery, Notice, Silence

KEPT = timedelta(days=30)


def prune(*, now: float) -> int:
    """Delete what was over 30 days ago, and what waits for a channel that is not enabled; how many rows. Raises
    django.db.Error."""
    before = datetime.fromtimestamp(now, UTC) - KEPT
    rows = (
        Alert.objects.filter(resolved_at__lt=before),
        Delivery.objects.filter(began_at__lt=before),
        Silence.objects.filter(expires_at__lt=before),
        Notice.objects.filter(channel__enabled=False),
    )
    return sum(found.delete()[0] for found in rows)
