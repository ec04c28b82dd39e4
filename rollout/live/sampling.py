"""What the leader adds to the history in each round."""

from collections.abc import Iterable

from monitoring import evidence as told
from monitoring import machine, samples
from monitoring.bucket import Bucket
from monitoring.figures import Figures, gauges
from monitoring.tallies import KEPT_S
from rollout.controller.redislook import Look
from rollout.guardrails.evidence import Evidence, KindEvidence
from rollout.lease import Holding
from rollout.plans.moving import atomic

# Longer rows are made every so often.
THINNED_EVERY_S = 10
# A round that takes longer leaves a gap in the gauges.
ROUND_MOST_S = 3


class Sampler:
    """Keeps the processor's reading between two rounds; everything else is in the database."""

    def __init__(self) -> None:
        self._used = machine.read()
        self._thinned_at = 0

    def take(self, *, evidence: Evidence, look: Look, holding: Holding, now: float) -> None:
        """Keep every second that is settled at `now` and not kept yet; the gauges of this moment are those of the
        seconds since the last round. Raises LeaseLost, django.db.Error: nothing was kept then."""
        until = int(now) - told.SETTLED_S
        written = samples.written()
        since = until - 1 if written is None else max(written, until - KEPT_S)
        if since >= until:
            return
        kept = of_seconds(told.read(since, until), since=since, until=until)
        used = machine.read()
        measured = self._gauges(evidence, look, cpu=machine.share(self._used, used))
        for second in range(max(since, until - ROUND_MOST_S), until):
            kept[second].high, kept[second].low = measured.high, measured.low
        self._used = used
        _write(kept, until=until, holding=holding)
        if until - self._thinned_at >= THINNED_EVERY_S:
            self._thinned_at = until
            samples.thin()

    def _gauges(self, evidence: Evidence, look: Look, *, cpu: float | None) -> Figures:
        high = {"cpu": cpu, "memory": machine.memory(), "redis": look.memory}
        for kind, backlog in look.backlog.items():
            high |= {f"backlog:{kind}": backlog.total, f"age:{kind}": backlog.oldest_s or 0.0}
        low = {f"consistency:{each.kind}": agreement(each) for each in evidence.kinds}
        low["consumers"] = look.consumers.alive
        return Figures(high=gauges(high), low=gauges(low))


@atomic
def _write(kept: dict[int, Figures], *, until: int, holding: Holding) -> None:
    holding.fence()
    samples.write(kept, until=until)


def of_seconds(buckets: Iterable[Bucket], *, since: int, until: int) -> dict[int, Figures]:
    """The figures of each second, also of one in which nothing was told."""
    found = {second: Figures(seconds=1) for second in range(since, until)}
    for bucket in buckets:
        found[bucket.second].count(bucket)
    return found


def agreement(kind: KindEvidence) -> float | None:
    """The share of settled comparisons of the present epoch that match; None when there was none."""
    if kind.consistency is None:
        return None
    compared = kind.consistency.matched + kind.consistency.mismatched
    return kind.consistency.matched / compared if compared else None
