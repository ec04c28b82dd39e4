"""Until what the old share has put into the streams is stored.

A kind that nothing feeds any more is drained when it has nothing undelivered and nothing pending, in two rounds. One
that is still fed (a share above 0, a pinned device) is never empty: it is drained when every entry is
acknowledged that was appended before all processes had confirmed.
"""

from datetime import datetime, timedelta
from typing import Any

import redis
from django.utils.translation import gettext_noop as _
from msgspec.structs import replace

from ljwx.redis import client, says_missing
from rollout.lease import Fence
from rollout.models import Pin, Rollback, Route
from rollout.rollback import facts
from rollout.rollback.said import Said
from rollout.rollback.staying import note
from streaming import backlog, groups, registry
from streaming.registry import Kind

S = Rollback.Status
# Two rounds are two only when some time lies between them, whoever makes them.
APART = timedelta(milliseconds=500)
BEGINNING = "0-0"


def count(rollback: Rollback, *, fence: Fence) -> bool:
    """Keep how many entries wait in the streams, from the first round that can know."""
    try:
        waiting = sum(backlog.measure(registry.get(kind)).total for kind in rollback.kinds)
    except redis.RedisError:
        return False
    return note(rollback, facts.read(rollback.facts), fence=fence, in_stream=waiting)


def drain(rollback: Rollback, *, now: datetime, fence: Fence) -> bool:
    """Look once. Redis away: nothing is known, and the facts say so."""
    held = facts.read(rollback.facts)
    kinds = [registry.get(kind) for kind in rollback.kinds]
    try:
        appended = held.appended or {kind.name: _last(kind) for kind in kinds}
        left = [said for kind in kinds if (said := _left(kind, appended[kind.name], now=now))]
    except redis.RedisError as error:
        return note(rollback, replace(held, waits=[silent(error)], quiet_at=None), fence=fence)
    if left:
        return note(rollback, replace(held, appended=appended, waits=left, quiet_at=None), fence=fence)
    if held.quiet_at is None:
        return note(rollback, replace(held, appended=appended, waits=[], quiet_at=now), fence=fence)
    if now - held.quiet_at < APART:
        return False
    return note(rollback, replace(held, waits=[]), fence=fence, status=S.VERIFYING, drained_at=now)


def silent(error: redis.RedisError) -> Said:
    """That nothing is known, for Redis does not answer."""
    return Said(_("Redis does not answer: %(error)s"), {"error": type(error).__name__})


def _left(kind: Kind, appended: str, *, now: datetime) -> Said | None:
    """What of `kind` is not stored yet, in words; nothing when it is drained."""
    if _is_fed(kind, now=now):
        if _acknowledged(kind, appended):
            return None
        return Said(_("%(kind)s: not all is stored that was appended before"), {"kind": kind.name})
    total = backlog.measure(kind).total
    return Said(_("%(kind)s: %(count)d waiting"), {"kind": kind.name, "count": total}) if total else None


def _is_fed(kind: Kind, *, now: datetime) -> bool:
    route = Route.objects.get(kind=kind.name)
    if route.percentage:
        return True
    return Pin.objects.filter(path=Pin.Path.STREAM, expires_at__gt=now).exists()


def _last(kind: Kind) -> str:
    """The id of the last entry that was ever appended."""
    try:
        found: Any = client("control").xinfo_stream(kind.stream)
    except redis.ResponseError as error:
        if not says_missing(error):
            raise
        return BEGINNING
    return str(found["last-generated-id"].decode())


def _acknowledged(kind: Kind, appended: str) -> bool:
    """Whether every entry up to `appended` was delivered and acknowledged."""
    reach = groups.reach(client("control"), kind)
    if reach is None:
        return appended == BEGINNING
    if _order(reach.delivered) < _order(appended) and _unread(kind, reach.delivered, appended):
        return False
    return reach.oldest is None or _order(reach.oldest) > _order(appended)


def _unread(kind: Kind, delivered: bytes, appended: str) -> bool:
    # The last id stays when its entry is deleted: only what is there can still be delivered.
    return bool(client("control").xrange(kind.stream, min=b"(" + delivered, max=appended, count=1))


def _order(identifier: bytes | str) -> tuple[int, ...]:
    text = identifier.decode() if isinstance(identifier, bytes) else identifier
    return tuple(int(part) for part in text.split("-"))
