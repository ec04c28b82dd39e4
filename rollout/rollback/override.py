"""The override in the books: what it forces at the edge becomes a rollback once the routes can be written."""

from decimal import ROUND_DOWN, Decimal

from rollout import override
from rollout.lease import Fence
from rollout.models import Rollback, Route
from rollout.plans.moving import atomic
from rollout.rollback.executing import execute_rollback

S = Rollback.Strategy
# A file that is being written may say anything for a moment, and what is no percentage counts as 0.
STANDING_S = 2.0


class Watch:
    """Notes an override that has stood for two seconds with a share below that of a route: routes and plan follow it
    down, so that nothing springs back up when the override goes.

    Sees the override of its own process: a file in the data folder of the controller's host, a variable of the
    controller. One of another host alone holds there and is not noted.
    """

    def __init__(self) -> None:
        self._forced: Decimal | None = None
        self._since = 0.0

    def note(self, *, now: float, fence: Fence) -> Rollback | None:
        """The rollback that it led to; None when there is nothing to note. `now`: seconds of any clock. Raises
        django.db.Error and what `fence` raises."""
        forced = override.current.get()
        if forced != self._forced:
            self._forced, self._since = forced, now
        if forced is None or now - self._since < STANDING_S:
            return None
        kinds = sorted(Route.objects.filter(percentage__gt=forced).values_list("kind", flat=True))
        if not kinds:
            return None
        return _follow(forced, kinds, fence=fence)


@atomic
def _follow(forced: Decimal, kinds: list[str], *, fence: Fence) -> Rollback:
    fence()
    share = forced.quantize(Decimal("0.01"), ROUND_DOWN)
    strategy, target = (S.TO_PERCENTAGE, share) if share else (S.IMMEDIATE, None)
    # Forced: the devices have moved already, there is no headroom to wait for.
    return execute_rollback(
        strategy, f"{override.NAME} = {forced}", "override", kinds=kinds, target=target, source="override", force=True
    )


_watch = Watch()


def note(*, now: float, fence: Fence) -> Rollback | None:
    """What the controller calls each second: see `Watch.note`."""
    return _watch.note(now=now, fence=fence)
