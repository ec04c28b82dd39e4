"""Why a device goes where it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from monitoring import processes
from rollout import override, pins, routes
from rollout.buckets import bucket
from rollout.models import Pin, Route
from streaming import breaker, safety


@dataclass(frozen=True, slots=True)
class Fixed:
    """The pin that holds a device, in force or not."""

    path: str
    owner: str
    reason: str
    expires_at: datetime
    in_force: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that decides the path of one kind of upload of one device, and the decision.

    `bucket`: 0 to 9999, on the stream when it is below 100 times the share. `override`, `gate` and `breaker` are what
    this process sees: a web process elsewhere may be told another override, and has a breaker of its own. `others`: the
    web processes that go by another epoch or override than this one. `why`: a sentence in the reader's language.
    `mirrored`: what the legacy path stores of it is sent to the shadow too, for its `mirror_bucket`, under another
    salt, is below 100 times the mirrored share.
    """

    kind: str
    device_sn: str
    bucket: int
    percentage: Decimal
    salt: str
    epoch: int
    pin: Fixed | None
    override: Decimal | None
    gate: str
    breaker_open: bool
    path: str
    reason: str
    why: str
    others: tuple[str, ...]
    mirror_bucket: int
    mirror_percentage: Decimal
    mirrored: bool


def explain(device_sn: str, *, kinds: Sequence[str] | None = None) -> list[Explanation]:
    """The path of `device_sn` for each of `kinds` (None: all that have a route), looked at afresh. Kinds without a
    route are left out. Raises django.db.Error."""
    for value in (routes.current, pins.current, override.current, safety.current):
        value.refresh()
    pin = _pin(device_sn)
    rows = Route.objects.order_by("kind") if kinds is None else Route.objects.filter(kind__in=kinds).order_by("kind")
    return [_explain(route, device_sn, pin) for route in rows]


def _explain(route: Route, device_sn: str, pin: Fixed | None) -> Explanation:
    gate, forced = safety.current.held, override.current.held
    decision = routes.decide(route.kind, device_sn)
    place = bucket(route.salt, device_sn)
    return Explanation(
        kind=route.kind,
        device_sn=device_sn,
        bucket=place,
        percentage=route.percentage,
        salt=route.salt,
        epoch=route.epoch,
        pin=pin,
        override=forced,
        gate="open" if gate.is_open else gate.reason,
        breaker_open=breaker.current.is_open,
        path=decision.path,
        reason=decision.reason,
        why=_why(decision, place=place, share=route.percentage, pin=pin, forced=forced),
        others=_others(route, forced),
        mirror_bucket=bucket(routes.mirror_salt(route.salt), device_sn),
        mirror_percentage=route.mirror_percentage,
        mirrored=decision.mirrored,
    )


def _why(decision: routes.Decision, *, place: int, share: Decimal, pin: Fixed | None, forced: Decimal | None) -> str:
    if decision.reason.startswith(routes.CLOSED):
        _closed, _separator, why = decision.reason.partition(": ")
        return _("The stream is closed: %s.") % why
    if decision.reason == "pin" and pin is not None:
        return _("%(owner)s has pinned it: %(reason)s.") % {"owner": pin.owner, "reason": pin.reason}
    holds = share if forced is None else forced
    named = {"place": place, "share": holds, "below": round(holds * 100)}
    text = _("Its bucket is %(place)d; %(share)s %% of the devices are those below %(below)d.") % named
    return text if forced is None else _("The override holds, whatever routes and pins say. %s") % text


def _pin(device_sn: str) -> Fixed | None:
    row = Pin.objects.filter(device_sn=device_sn).first()
    if row is None or row.device_sn != device_sn:  # MariaDB takes no notice of blanks at the end
        return None
    in_force = pins.of(device_sn) is not None
    return Fixed(row.path, row.owner, row.reason, row.expires_at, in_force)


def _others(route: Route, forced: Decimal | None) -> tuple[str, ...]:
    """The web processes that answer otherwise for now."""
    told = None if forced is None else str(forced)
    return tuple(
        report.name
        for report in processes.live(role=processes.Role.WEB)
        if dict(report.facts.get("epochs") or {}).get(route.kind) != route.epoch or report.facts.get("forced") != told
    )
