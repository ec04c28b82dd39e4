"""Sending what waits for a channel: one message at a time, all that is due in it, never more than its service takes."""

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from ljwx import databaseclock
from ljwx.pauses import doubled
from monitoring import notifiers
from monitoring.alerts import registry, wording
from monitoring.alerts.errors import NotSent
from monitoring.models import Alert, Channel, Delivery, Notice, Severity
from monitoring.notifiers.message import Line, Message, fitted, title
from monitoring.notifiers.notifier import Answer, Failed, Target

log = logging.getLogger(__name__)

Outcome = Delivery.Outcome

# Longer than any notifier takes: a process that dies while it sends leaves its channel so long.
BUSY_S = 120.0
# After a failure, doubled with each in a row up to the longest.
PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
# With these pauses about an hour and a half.
MOST_ATTEMPTS = 24
# A message is made of so many notices at most; what does not fit follows.
MOST_NOTICES = 2_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What one message became: `failed` is None when it was delivered."""

    delivery: int
    failed: Failed | None


class Sender:
    """Sends for any process; whoever holds a channel sends on it.

    Guarantee: a notice is sent at least once, and once unless a process dies between the service's answer and its own
    COMMIT, or a service takes a message and its answer is lost. Messages of a channel follow each other at its
    notifier's gap, whichever processes send them.
    """

    clock: Callable[[], float] = staticmethod(databaseclock.now)
    watch: Callable[[], float] = staticmethod(time.monotonic)

    def due(self) -> list[int]:
        """The channels that have something to send now. Raises django.db.Error."""
        now = self.clock()
        waiting = Notice.objects.filter(due_at__lte=now).order_by().values("channel").distinct()
        return list(Channel.objects.filter(_ready(now), pk__in=waiting).values_list("pk", flat=True))

    def work(self, pk: int) -> bool:
        """Send one message of channel `pk`, if there is one and its service takes one now; whether one was tried.
        Raises django.db.Error."""
        now = self.clock()
        channel = _claim(pk, now, _ready(now))
        if channel is None:
            return False
        try:
            if _wait_s(channel, now) > 0 or not (notices := _waiting(channel, now)):
                return False
            self._deliver(channel, notices)
            return True
        finally:
            _release(channel)

    def test(self, pk: int, *, actor: str) -> Sent:
        """Send a test message now, on a channel that is enabled or not. Raises NotSent, Channel.DoesNotExist,
        django.db.Error."""
        now = self.clock()
        channel = _claim(pk, now, _idle(now))
        if channel is None:
            Channel.objects.get(pk=pk)
            raise NotSent(_("A message is being sent there just now; try again in a moment."))
        try:
            if (wait_s := _wait_s(channel, now)) > 0:
                raise NotSent(_("Its service takes the next message in %d s.") % max(1, round(wait_s)))
            with translation.override(settings.LANGUAGE_CODE):
                return self._send(channel, Message([], test=True), notices=(), actor=actor)
        finally:
            _release(channel)

    def _deliver(self, channel: Channel, notices: Sequence[Notice]) -> None:
        notifier = notifiers.of(channel.kind)
        with translation.override(settings.LANGUAGE_CODE):
            whole = Message([line(notice.alert, notice.what) for notice in notices])
            message = fitted(whole, notifier.render, most=notifier.most_bytes)
            self._send(channel, message, notices=notices[: len(message.lines)])

    def _send(self, channel: Channel, message: Message, *, notices: Sequence[Notice], actor: str = "") -> Sent:
        notifier = notifiers.of(channel.kind)
        row = Delivery.objects.create(
            channel=channel, channel_name=channel.name, endpoint=channel.endpoint, is_test=message.test, actor=actor,
            title=title(message)[:200], alerts=[[each.alert_id, each.what] for each in notices],
            attempt=channel.failures + 1, began_at=_moment(self.clock()),
        )  # fmt: skip
        answer, failed, since = Answer(), None, self.watch()
        message = Message(message.lines, message.more, row.pk, message.test)
        try:
            answer = notifier.send(message, Target(channel.address, channel.secret, self.clock()))
        except Failed as error:
            failed = error
        took_ms = max(0, round(1000 * (self.watch() - since)))
        self._record(channel, row, answer, failed, notices, took_ms=took_ms)
        return Sent(row.pk, failed)

    def _record(
        self, channel: Channel, row: Delivery, answer: Answer, failed: Failed | None, notices: Sequence[Notice], *,
        took_ms: int,
    ) -> None:  # fmt: skip
        now = self.clock()
        told: dict[str, Any] = {"ended_at": _moment(now), "took_ms": took_ms}
        if failed is None:
            told |= {"outcome": Outcome.DELIVERED, "status": answer.status, "code": answer.code}
        else:
            told |= {"outcome": Outcome.FAILED, "status": failed.status, "code": failed.code}
            told["error"] = str(failed)[:200]
        ids = [each.pk for each in notices]
        with transaction.atomic():
            Delivery.objects.filter(pk=row.pk).update(**told)
            mine = Channel.objects.filter(pk=channel.pk, busy_by=channel.busy_by)
            if failed is None:
                mine.update(failures=0, next_at=now + notifiers.of(channel.kind).gap_s)
                Notice.objects.filter(pk__in=ids).delete()
                return
            pause = doubled(PAUSE_S, channel.failures, longest_s=LONGEST_PAUSE_S)
            pause = max(pause, failed.retry_s, notifiers.of(channel.kind).gap_s)
            if not row.is_test:
                mine.update(failures=F("failures") + 1, next_at=now + pause)
            elif failed.retry_s:
                mine.update(next_at=now + failed.retry_s)
            Notice.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1)
            lost, _rows = Notice.objects.filter(pk__in=ids, attempts__gte=MOST_ATTEMPTS).delete()
        log.warning(
            "channel %s does not take messages: %s%s", channel.name, failed,
            f"; {lost} notices are given up" if lost else "",
        )  # fmt: skip


def line(alert: Alert, what: str) -> Line:
    """What is told of an alert, in the language in force. What is over by now is told as such."""
    if alert.resolved_at is not None and not registry.happens(alert.rule):
        what = Notice.What.RESOLVED
    return Line(
        alert=alert.pk, name=alert.name, group=alert.group, severity=alert.severity, what=what,
        text=wording.text(alert.rule, alert.label, alert.values), since=alert.firing_at or alert.pending_at,
        until=alert.resolved_at, acknowledged_by=alert.acknowledged_by,
    )  # fmt: skip


def _idle(now: float) -> Q:
    return Q(busy_until__isnull=True) | Q(busy_until__lte=now)


def _ready(now: float) -> Q:
    return _idle(now) & (Q(next_at__isnull=True) | Q(next_at__lte=now)) & Q(enabled=True)


def _claim(pk: int, now: float, free: Q) -> Channel | None:
    """The channel, held by this call alone; None when it is not `free`."""
    token = secrets.token_hex(8)
    if not Channel.objects.filter(free, pk=pk).update(busy_by=token, busy_until=now + BUSY_S):
        return None
    return Channel.objects.filter(pk=pk, busy_by=token).first()


def _release(channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk, busy_by=channel.busy_by).update(busy_by="", busy_until=None)


def _wait_s(channel: Channel, now: float) -> float:
    """Seconds until its service takes the next message. The last one that never ended may have arrived late."""
    last = Delivery.objects.filter(endpoint=channel.endpoint).order_by("-pk").first()
    if last is None:
        return 0.0
    arrived = last.began_at.timestamp() + BUSY_S if last.ended_at is None else last.ended_at.timestamp()
    return arrived + notifiers.of(channel.kind).gap_s - now


def _waiting(channel: Channel, now: float) -> list[Notice]:
    """What the next message tells: everything of the groups that have something due, the worst and oldest first."""
    rows = Notice.objects.filter(channel=channel)
    groups = rows.filter(due_at__lte=now).order_by().values_list("group", flat=True).distinct()
    found = rows.filter(group__in=list(groups)).select_related("alert").order_by("pk")[:MOST_NOTICES]
    return sorted(found, key=_urgency)


def _urgency(notice: Notice) -> tuple[bool, int, int]:
    return notice.what == Notice.What.RESOLVED, -Severity(notice.alert.severity).rank, notice.pk


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
