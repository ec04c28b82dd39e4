"""What a rollback remembers between two rounds: the typed content of `Rollback.facts`."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from rollout.rollback.capacity import Headroom
from rollout.rollback.said import Said

MOST_REQUESTS = 20


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A later request that lowered further: who asked for what, and when."""

    at: datetime
    strategy: str
    actor: str
    reason: str
    source: str
    forced: bool = False


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """`asked`: the strategy of the first request, which may go in steps instead. `ladders`: the shares that each kind
    still goes down to, one a time, the next of them at `next_at`. `waits`: why the last round brought nothing. `found`:
    what was found so far, in the end all of the outcome. `appended`: the last entry of each stream when nobody used the
    old share any more. `quiet_at`: the round that first found nothing left."""

    asked: str = ""
    ladders: dict[str, list[Decimal]] = {}
    next_at: datetime | None = None
    requests: list[Request] = []
    headroom: Headroom | None = None
    waits: list[Said] = []
    found: list[Said] = []
    appended: dict[str, str] = {}
    quiet_at: datetime | None = None


def read(stored: dict[str, Any]) -> Facts:
    """The facts as a row has them."""
    return msgspec.convert(stored, Facts)


def written(facts: Facts) -> dict[str, Any]:
    """The facts as a row keeps them."""
    made: dict[str, Any] = msgspec.to_builtins(facts)
    return made
