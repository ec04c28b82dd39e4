"""Why dead letters are dead: their groups and categories, without reading all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from ljwx.indexes import steps
from streaming.fingerprints import normal
from streaming.models import DeadLetter

MOST_CATEGORIES = 50
MOST_GROUPS = 100
MOST_COUNTED = 2_000


@dataclass(frozen=True, slots=True)
class Group:
    """The letters of one state that share a fingerprint. `count` and `devices` are those of the newest 2,000, `more`
    whether there are more; `example` is the reason of the newest, `first` and `last` when the edge received the oldest
    and the newest of them."""

    fingerprint: str
    kind: str
    example: str
    count: int
    more: bool
    devices: int
    first: datetime
    last: datetime

    @property
    def reason(self) -> str:
        """The reason without values, which may be health data."""
        return normal(self.example)


def groups(state: str = DeadLetter.State.OPEN, *, kind: str = "", most: int = MOST_GROUPS) -> list[Group]:
    """The groups of letters in `state`, of `kind` if one is given, the largest first; at most `most` of them.

    Costs a few index ranges a group, however many letters there are.
    """
    letters = DeadLetter.objects.filter(state=state)
    found: list[Group] = []
    for fingerprint in steps(letters, "fingerprint"):
        if len(found) == most:
            break
        group = _group(letters.filter(fingerprint=fingerprint), fingerprint)
        if group is not None and kind in {"", group.kind}:
            found.append(group)
    return sorted(found, key=lambda group: (-group.count, group.fingerprint))


def categories(state: str) -> list[str]:
    """The categories that letters in `state` have, at most 50, sorted."""
    found = steps(DeadLetter.objects.filter(state=state), "category")
    return [category for _, category in zip(range(MOST_CATEGORIES), found, strict=False)]


def _group(letters: Any, fingerprint: str) -> Group | None:
    newest = letters.order_by("-pk").values("pk", "kind", "reason", "received_at").first()
    oldest = letters.order_by("pk").values("received_at").first()
    if newest is None or oldest is None:
        return None  # settled meanwhile
    counted = letters.order_by("-pk").values("pk", "device_sn")[: MOST_COUNTED + 1]
    counts = counted.aggregate(letters=Count("pk"), devices=Count("device_sn", distinct=True))
    return Group(
        fingerprint=fingerprint,
        kind=newest["kind"],
        example=newest["reason"],
        count=min(counts["letters"], MOST_COUNTED),
        more=counts["letters"] > MOST_COUNTED,
        devices=counts["devices"],
        first=oldest["received_at"],
        last=newest["received_at"],
    )
