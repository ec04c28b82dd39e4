"""What a drill can break, and what has to notice it."""

from enum import StrEnum

from rollout.guardrails.metrics import LEGACY, Metric


class Fault(StrEnum):
    """*errors*: uploads to the stream are refused. *slow*: they wait. *consistency*: rows that were stored are deleted.
    *backlog*: consumers leave entries pending."""

    ERRORS = "errors"
    SLOW = "slow"
    CONSISTENCY = "consistency"
    BACKLOG = "backlog"

    @property
    def metrics(self) -> frozenset[Metric]:
        """The metrics of which at least one has to name it."""
        return _METRICS[self]

    def is_named_by(self, metric: str, of: str | None) -> bool:
        """Whether a finding of `metric`, of the kind or path `of`, is about it: the legacy path has no part in it."""
        return metric in self.metrics and of != LEGACY


_METRICS = {
    Fault.ERRORS: frozenset({Metric.ERRORS}),
    Fault.SLOW: frozenset({Metric.ACCEPT}),
    Fault.CONSISTENCY: frozenset({Metric.CONSISTENCY}),
    Fault.BACKLOG: frozenset({Metric.BACKLOG, Metric.AGE}),
}
