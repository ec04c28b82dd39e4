"""What follows from the evidence."""

import msgspec

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.finding import Finding
from rollout.guardrails.metrics import Metric
from rollout.guardrails.ordered import Ordered
from rollout.guardrails.verdicts import Verdict


class Stage(Ordered):
    """The order in which reasons not to advance are named; *person*, *alerts* and *approval* have reasons from outside
    of the evidence, too."""

    PERSON = "person"
    EPOCH = "epoch"
    FRESH = "fresh"
    ACT = "act"
    INTERVAL = "interval"
    SAMPLES = "samples"
    HOLD = "hold"
    ALERTS = "alerts"
    APPROVAL = "approval"


class Block(msgspec.Struct, frozen=True):
    """One reason not to advance. `code`: the weightiest of the finding, None when its verdict says it all."""

    stage: Stage
    code: Code | None = None
    metric: Metric | None = None
    kind: str | None = None
    path: str | None = None


class Judgement(msgspec.Struct, frozen=True):
    """Findings in the order of the gate table, the worst verdict, the strongest action, and every reason not to advance
    in the order of evaluation.

    `spent`: kinds whose errors have a shared cause. Their detectors begin anew when the pause was asked for: else
    errors that a pause has answered would roll the plan back as soon as the legacy path is well again.
    """

    at: float
    verdict: Verdict
    action: Action
    findings: tuple[Finding, ...]
    blocks: tuple[Block, ...]
    spent: tuple[str, ...] = ()

    @property
    def may_advance(self) -> bool:
        """Whether the guardrails let a plan go on; the interval, alerts and approval are not theirs."""
        return self.verdict is Verdict.PASS and not self.blocks


def encode(judgement: Judgement) -> bytes:
    """As JSON, equal for equal judgements."""
    return msgspec.json.encode(judgement)


def decode(text: bytes | str) -> Judgement:
    """Raises msgspec.ValidationError or DecodeError when `text` is no judgement."""
    return msgspec.json.decode(text, type=Judgement)
