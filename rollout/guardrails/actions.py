"""What the controller is asked to do, mildest to strongest; the strongest of all metrics wins."""

from collections.abc import Iterable

from rollout.guardrails.ordered import Ordered


class Action(Ordered):
    """*add_consumers*: one more. *pause*: the share stays where it is. *roll_back*: the share goes down at once."""

    NONE = "none"
    ADD_CONSUMERS = "add_consumers"
    PAUSE = "pause"
    ROLL_BACK = "roll_back"


def strongest(actions: Iterable[Action]) -> Action:
    """The strongest of `actions`; *none* of none."""
    return max(actions, default=Action.NONE)
