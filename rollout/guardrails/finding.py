"""What is found of one metric, before and after the rules that hold for all."""

import msgspec

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import Number
from rollout.guardrails.verdicts import Verdict


class Finding(msgspec.Struct, frozen=True):
    """`value` in the metric's unit, None when it could not be measured; `sample`: of how many records, comparisons,
    requests or samples, `needed`: how many a pass needs; `window_s`: how much time they cover, None: since the epoch.

    `hold`, `act`: the thresholds; `action`: what to do, which may be something without the verdict *act* (a metric that
    has been quiet for long) and nothing with it (a change made a moment ago). `at`: time of the newest usable evidence.
    """

    metric: Metric
    verdict: Verdict
    value: Number = None
    hold: Number = None
    act: Number = None
    sample: int = 0
    needed: int = 0
    window_s: float | None = None
    at: Number = None
    kind: str | None = None
    path: str | None = None
    action: Action = Action.NONE
    codes: tuple[Code, ...] = ()

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What it is a finding of."""
        return (self.metric, self.kind, self.path)


def level(value: float, *, hold: float, act: float) -> Verdict:
    """Below `hold` passes, up to and with `act` holds, above acts."""
    if value < hold:
        return Verdict.PASS
    return Verdict.ACT if value > act else Verdict.HOLD
