"""What a metric says, best to worst; the worst of all metrics wins."""

from collections.abc import Iterable

from rollout.guardrails.ordered import Ordered


class Verdict(Ordered):
    """*hold*: not good enough to go on. *no_data*: could not measure, which is neither good nor bad, and never
    advances a plan. *act*: proven bad."""

    PASS = "pass"  # noqa: S105
    HOLD = "hold"
    NO_DATA = "no_data"
    ACT = "act"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of `verdicts`. Of none at all: *no_data*, for nothing was measured."""
    return max(verdicts, default=Verdict.NO_DATA)
