"""What an emergency rollback would do, and how far the last one is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from monitoring.live import Document
from rollout.dashboard import numbers
from rollout.models import Rollback
from rollout.rollback import telling

STAGES = ("requested_at", "lowered_at", "effective_at", "drained_at", "verified_at")


@dataclass(frozen=True, slots=True)
class WayBack:
    """`moves`: kind, the shares on the way, about how many devices; `carry`: whether the legacy path can carry them."""

    moves: list[tuple[str, str, str]]
    carry: str
    carry_level: str
    ends: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The last way back: `stages` with the seconds since it was asked for, empty for what is yet to come."""

    under_way: bool
    status: str
    asked: str
    actor: str
    reason: str
    stages: list[tuple[str, str]]
    outcome: str


def preview(document: Document) -> WayBack | None:
    """None when it is not known."""
    told = document.get("way_back")
    if told is None:
        return None
    room = told["headroom"]
    figures = {name: numbers.plain(room[name]) for name in ("now", "after", "carried", "measured")}
    carry, level = {
        True: (_("The legacy path can carry it."), "good"),
        False: (
            _("The legacy path can not carry it at once: the share goes down in steps, unless it is forced."),
            "bad",
        ),
        None: (_("Nobody has measured whether the legacy path can carry it."), "unknown"),
    }[room["fits"]]
    numbers_ = _("Records per second: now %(now)s, then on the legacy path %(after)s; carried %(carried)s.") % figures
    plan = document.get("plan")
    return WayBack(
        moves=list(_moves(told["moves"])),
        carry=f"{carry} {numbers_}",
        carry_level=level,
        ends=_("The active plan “%s” ends.") % plan["name"] if plan else "",
    )


def _moves(moves: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for move in moves:
        shares = [numbers.percent(float(each)) for each in (move["from"], *move["through"], move["to"])]
        many = move["devices"]
        devices = _("not known") if many is None else _("about %s devices") % numbers.plain(many, 0)
        yield move["kind"], " → ".join(shares), devices


def taken(document: Document) -> Taken | None:
    """None when there never was one."""
    row = document.get("last_rollback")
    if row is None:
        return None
    labels = (_("asked"), _("lowered"), _("effective"), _("drained"), _("verified"))
    return Taken(
        under_way=row["active"],
        status=str(Rollback.Status(row["status"]).label),
        asked=numbers.moment(row["requested_at"], date=True),
        actor=row["actor"],
        reason=row["reason"],
        stages=[(label, _after(row, stage)) for label, stage in zip(labels[1:], STAGES[1:], strict=True)],
        outcome=telling.said(row["facts"], row["outcome"]),
    )


def _after(row: dict[str, Any], stage: str) -> str:
    if row[stage] is None:
        return ""
    took = datetime.fromisoformat(row[stage]) - datetime.fromisoformat(row["requested_at"])
    return _("after %s") % numbers.seconds(max(0.0, took.total_seconds()))
