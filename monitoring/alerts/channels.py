"""Which channel takes which alert, and whether it works."""

import enum
from dataclasses import dataclass
from datetime import datetime

from monitoring.models import Channel, Delivery, Severity

Outcome = Delivery.Outcome


def takes(channel: Channel, *, severity: str, group: str) -> bool:
    """Whether people are told of it there."""
    enough = Severity(severity).rank >= Severity(channel.severity).rank
    return enough and (not channel.groups or group in channel.groups)


class Health(enum.Enum):
    """*UNTRIED*: nothing was sent yet."""

    WORKS = "works"
    FAILS = "fails"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the last message of a channel went; `error` is what it failed of, `at` when it ended."""

    channel: Channel
    health: Health
    at: datetime | None = None
    error: str = ""


def standing(*, group: str) -> list[Standing]:
    """Every channel that is enabled and takes critical alerts of `group`. Raises django.db.Error."""
    found = Channel.objects.filter(enabled=True).order_by("name")
    return [_standing(each) for each in found if takes(each, severity=Severity.CRITICAL, group=group)]


def _standing(channel: Channel) -> Standing:
    last = Delivery.objects.filter(endpoint=channel.endpoint, ended_at__isnull=False).order_by("-pk").first()
    if last is None:
        return Standing(channel, Health.UNTRIED)
    health = Health.WORKS if last.outcome == Outcome.DELIVERED else Health.FAILS
    return Standing(channel, health, last.ended_at, last.error)
