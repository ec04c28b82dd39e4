"""The control state of a backup, put back over the present one."""

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import models
from django.utils import timezone

from rollout import policies, traffic
from rollout.backups import control, lines
from rollout.backups.history import History
from rollout.models import Change, GuardrailPolicy, Pin, Route
from rollout.plans.errors import Invalid
from streaming import counts
from streaming.models import ConsumerCount

log = logging.getLogger(__name__)


def put_back(path: Path, *, actor: str, reason: str, approved: bool) -> dict[str, Any]:
    """Inside the caller's transaction: the state first, then the history that is missing. Returns what was done.
    Raises RouteConflict, django.db.Error."""
    history = History(actor=actor, reason=reason)
    found: dict[type[models.Model], list[Any]] = {Route: [], ConsumerCount: [], Pin: []}
    thresholds: Any = None
    used: Counter[str] = Counter()
    with lines.reading(path / control.NAME) as file:
        for each in control.read(file):
            row: Any = each.object
            if isinstance(row, (Route, Change)):
                used[row.kind] = max(used[row.kind], row.epoch)
            if isinstance(row, GuardrailPolicy) and row.active:
                thresholds = row.values
            if type(row) in found:
                found[type(row)].append(row)
            else:
                history.keep(each)
    return {
        "routes": _routes(found[Route], used, actor=actor, reason=reason, approved=approved),
        "policy": _policy(thresholds, actor=actor, reason=reason),
        "consumers": _consumers(found[ConsumerCount], actor=actor, reason=reason),
        "pins": _pins(found[Pin], approved=approved),
        "history": dict(history.counts),
    }


def _routes(
    rows: list[Route], used: Mapping[str, int], *, actor: str, reason: str, approved: bool
) -> dict[str, dict[str, Any]]:
    """Each kind's share: from, to, and what the backup has, which is more than `to` where an approval is lacking."""
    done: dict[str, dict[str, Any]] = {}
    present = {route.kind: route for route in Route.objects.select_for_update().order_by("kind")}
    for row in sorted(rows, key=lambda row: row.kind):
        if (now := present.get(row.kind)) is None:
            continue
        share = row.percentage if approved else min(row.percentage, now.percentage)
        mirror = row.mirror_percentage if approved else min(row.mirror_percentage, now.mirror_percentage)
        traffic.switch(
            kinds=[row.kind], percentage=share, mirror=mirror, actor=actor, reason=reason,
            source=Change.Source.RESTORE, expected_epochs={row.kind: now.epoch}, beyond=used,
        )  # fmt: skip
        done[row.kind] = {"from": str(now.percentage), "to": str(share), "backup": str(row.percentage)}
        done[row.kind] |= {"same_salt": row.salt == now.salt}
    return done


def _policy(wanted: Any, *, actor: str, reason: str) -> int | None:
    """The version that the thresholds of the backup have now; None when they are in force already, or are none that
    this version of the project can judge by: then those in force stay."""
    now = GuardrailPolicy.objects.filter(active=True).first()
    if wanted is None or (now is not None and now.values == wanted):
        return None
    try:
        return policies.save(wanted, actor=actor, reason=reason).version
    except Invalid as error:
        log.warning("the thresholds stay as they are: %s", error)
        return None


def _consumers(rows: list[ConsumerCount], *, actor: str, reason: str) -> int | None:
    """The number of consumers; None when the backup has none, or one that is not allowed any more."""
    for row in rows:
        try:
            return counts.ask(row.wanted, reason=reason, actor=actor)[1].wanted
        except counts.OutOfRange:
            return None
    return None


def _pins(rows: list[Pin], *, approved: bool) -> dict[str, int]:
    """Pins that are in force and missing; those to the stream need the approval, like a share. Present ones stay."""
    made: Counter[str] = Counter(restored=0, kept=0, refused=0)
    now = timezone.now()
    for row in rows:
        if row.expires_at <= now:
            continue
        if Pin.objects.filter(device_sn=row.device_sn).exists():
            made["kept"] += 1
        elif row.path == Pin.Path.STREAM and not approved:
            made["refused"] += 1
        else:
            values = {name: getattr(row, name) for name in ("path", "owner", "reason", "expires_at")}
            Pin.objects.create(device_sn=row.device_sn, **values)
            made["restored"] += 1
    return dict(made)
