"""What a way back would do, before anybody asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from rollout import fleet
from rollout.models import Plan, Route
from rollout.rollback import strategies
from rollout.rollback.capacity import Headroom, headroom


@dataclass(frozen=True, slots=True)
class Move:
    """One kind: its share now and in the end, the shares on the way when the legacy path can not take all at once, and
    about how many devices come back (None: nobody knows how many there are)."""

    kind: str
    share: Decimal
    to: Decimal
    through: tuple[Decimal, ...]
    devices: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """`strategy` is what would be done: gradual when `asked` is known not to fit. `plan`: the active plan that would
    end; `headroom`: of the legacy path, as far as it was measured."""

    asked: str
    strategy: str
    moves: tuple[Move, ...]
    headroom: Headroom
    plan: Plan | None


def preview(
    strategy: str,
    *,
    kinds: Sequence[str] | None = None,
    target: Decimal | None = None,
    force: bool = False,
) -> Preview:
    """What `execute_rollback` would do now with the same arguments. Changes nothing. Raises RollbackRefused,
    django.db.Error."""
    plan = Plan.objects.filter(active=True).first()
    shares = dict(Route.objects.values_list("kind", "percentage"))
    end = strategies.end(strategy, plan=plan, target=target)
    going = strategies.chosen(strategy, kinds=kinds, plan=plan, known=list(shares))
    room = headroom(shares, dict.fromkeys(going, end), now=timezone.now())
    way = strategies.way(
        strategy, shares={kind: shares[kind] for kind in going}, plan=plan, target=end,
        fits=None if force else room.fits,
    )  # fmt: skip
    size = fleet.size()
    moves = tuple(_move(kind, shares[kind], ladder, size) for kind, ladder in way.ladders.items())
    return Preview(strategy, way.strategy, moves, room, plan)


def _move(kind: str, share: Decimal, ladder: list[Decimal], size: int | None) -> Move:
    to = ladder[-1] if ladder else share
    devices = None if size is None else round(size * (share - to) / 100)
    return Move(kind, share, to, tuple(ladder[:-1]), devices)
