"""What people are to be told: a notice for each alert and channel. Whoever sends takes all of a group at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from monitoring.alerts import silences
from monitoring.alerts.channels import takes
from monitoring.alerts.rule import Rule
from monitoring.alerts.states import MOST, State
from monitoring.models import Alert, Channel, Notice

What = Notice.What


def announce(*, now: float, fence: Callable[[], None]) -> None:
    """Leave notices of what fires and was not told yet, or not for so long that it is repeated: then of all of its
    group. What is silenced, or taken by no channel, stays untold until it is not. Raises what `fence` raises,
    django.db.Error."""
    moment = datetime.fromtimestamp(now, UTC)
    firing = list(Alert.objects.filter(open_key__isnull=False, state=State.FIRING, gone_at__isnull=True))
    if not any(_is_due(alert, moment) for alert in firing):
        return
    quiet = silences.in_force(moment)
    heard = [alert for alert in firing if not silences.silenced(alert, quiet)]
    repeated = {alert.group for alert in heard if alert.told_at is not None and _is_due(alert, moment)}
    due = [alert for alert in heard if alert.told_at is None or alert.group in repeated]
    notices = _notices(due, now=now, what=lambda alert: What.FIRING if alert.told_at is None else What.REPEATED)
    if not notices:
        return
    with transaction.atomic():
        fence()
        _leave(notices)
        told = sorted({notice.alert_id for notice in notices})
        for start in range(0, len(told), MOST):
            Alert.objects.filter(pk__in=told[start : start + MOST]).update(told_at=moment)


def ends(resolved: Sequence[Alert], rules: Mapping[str, Rule], *, now: float) -> None:
    """Leave notices of the end of what people were told of, in the caller's transaction. Raises django.db.Error."""
    quiet = silences.in_force(datetime.fromtimestamp(now, UTC)) if resolved else []
    told = [
        alert
        for alert in resolved
        if alert.told_at is not None
        and not ((rule := rules.get(alert.rule)) and rule.happens)
        and not silences.silenced(alert, quiet)
    ]
    _leave(_notices(told, now=now, what=lambda alert: What.RESOLVED))


def _is_due(alert: Alert, moment: datetime) -> bool:
    if alert.told_at is None:
        return True
    return moment - alert.told_at >= timedelta(minutes=settings.ALERT_REPEAT_MINUTES)


def _notices(alerts: Iterable[Alert], *, now: float, what: Callable[[Alert], What]) -> list[Notice]:
    channels = list(Channel.objects.filter(enabled=True))
    return [
        Notice(
            channel=channel, alert=alert, group=alert.group, what=what(alert),
            due_at=now + settings.ALERT_GROUP_WAIT_S,
        )
        for alert in alerts
        for channel in channels
        if takes(channel, severity=alert.severity, group=alert.group)
    ]  # fmt: skip


def _leave(notices: Sequence[Notice]) -> None:
    """The newest news of each alert is what its channels tell."""
    for start in range(0, len(notices), MOST):
        part = notices[start : start + MOST]
        Notice.objects.filter(alert__in={notice.alert_id for notice in part}).filter(
            channel__in={notice.channel_id for notice in part}
        ).delete()
        Notice.objects.bulk_create(part)
