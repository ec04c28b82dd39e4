"""When to have one consumer more or fewer: pure rules over samples, no clock and no I/O.

One more when the backlog stays old; then an effect check, because more consumers bring nothing where the database or
the CPU is the limit; one fewer after a long calm. One change at a time, by one, and never below what people asked for.
"""

from enum import StrEnum
from statistics import fmean

import msgspec
from msgspec.structs import replace

SAMPLE_EVERY_S = 10.0
SAMPLES = 3
# Half of what the guardrail on the age of the backlog still passes.
LATE_S = 15.0
# Less than this is no queue: entries that a dead consumer left pending are old too, and more consumers do not help.
QUEUE = 1_000
CALM_AGE_S = 5.0
CALM_S = 300.0
EFFECT = 1.10
START_WITHIN_S = 60.0
RETRY_S = 600.0
GAP_S = 60.0


class Sample(msgspec.Struct, frozen=True):
    """One look. `at`: epoch seconds; `age_s`: of the oldest entry not acknowledged, 0 when there is none; `running`:
    consumers that give a sign of life; `rate`: records stored per second since the sample before."""

    at: float
    age_s: float
    backlog: int
    running: int
    wanted: int
    desired: int
    rate: float


class Reason(StrEnum):
    """Why no more consumers are added: *effect*: the last one brought nothing, so the database or the CPU is the
    limit. *start*: it did not come to life. *maximum*: there are as many as there may be."""

    EFFECT = "effect"
    START = "start"
    MAXIMUM = "maximum"


class Limit(msgspec.Struct, frozen=True):
    """That more consumers do not help: with `consumers` it was `before` records/s, with one more `after`."""

    reason: Reason
    consumers: int
    before: float = 0.0
    after: float = 0.0


class Trial(msgspec.Struct, frozen=True):
    """The effect check of a consumer added `at`: `before` records/s without it, `after` with it, sample by sample."""

    at: float
    before: float
    running: bool = False
    after: tuple[float, ...] = ()


class Memory(msgspec.Struct, frozen=True):
    """What the rules need of the samples before this one, taken `at`, when there should be `desired` consumers."""

    at: float
    desired: int
    late: int = 0
    timely: int = 0
    rates: tuple[float, ...] = ()
    calm_since: float | None = None
    trial: Trial | None = None
    limit: Limit | None = None
    refused_at: float | None = None


def judge(memory: Memory | None, sample: Sample, *, maximum: int) -> Memory:
    """What is known after `sample`; its `desired` is how many consumers there should be now.

    Without memory, or when somebody else has changed the number, everything starts anew. After a gap between samples
    no streak goes on.
    """
    memory = _looked(memory, sample)
    if memory.limit and memory.timely >= SAMPLES:
        memory = replace(memory, limit=None)
    if memory.trial:
        return _tried(memory, memory.trial, sample)
    if memory.late >= SAMPLES and sample.running >= sample.desired:
        return _late(memory, sample, maximum)
    if memory.calm_since is not None and sample.at - memory.calm_since >= CALM_S and sample.desired > sample.wanted:
        return replace(memory, desired=sample.desired - 1, calm_since=sample.at)
    return memory


def _looked(memory: Memory | None, sample: Sample) -> Memory:
    if memory is None or memory.desired != sample.desired:
        memory = Memory(sample.at, sample.desired)
    elif sample.at - memory.at > GAP_S:
        trial = memory.trial and replace(memory.trial, at=sample.at, running=False, after=())
        memory = replace(memory, late=0, timely=0, rates=(), calm_since=None, trial=trial)
    late = sample.age_s > LATE_S and sample.backlog >= QUEUE
    calm = sample.age_s <= CALM_AGE_S and sample.backlog < QUEUE
    since = sample.at if memory.calm_since is None else memory.calm_since
    return replace(
        memory,
        at=sample.at,
        late=memory.late + 1 if late else 0,
        timely=0 if late else memory.timely + 1,
        rates=(*memory.rates, sample.rate)[-SAMPLES:],
        calm_since=since if calm else None,
    )


def _late(memory: Memory, sample: Sample, maximum: int) -> Memory:
    if memory.refused_at is not None and sample.at - memory.refused_at < RETRY_S:
        return memory
    if sample.desired >= maximum:
        return replace(memory, limit=Limit(Reason.MAXIMUM, sample.desired))
    trial = Trial(sample.at, fmean(memory.rates))
    return replace(memory, desired=sample.desired + 1, late=0, trial=trial, limit=None)


def _tried(memory: Memory, trial: Trial, sample: Sample) -> Memory:
    if memory.timely >= SAMPLES:
        # The backlog is no longer old: nothing is left to speed up, so a rate would say nothing.
        return replace(memory, trial=None)
    if sample.running < sample.desired:
        if sample.at - trial.at <= START_WITHIN_S:
            return memory
        return _refused(memory, sample, Limit(Reason.START, sample.desired - 1, trial.before))
    if not trial.running:
        # The rate of this sample is from a time with and without the new consumer.
        return replace(memory, trial=replace(trial, running=True))
    trial = replace(trial, after=(*trial.after, sample.rate))
    if len(trial.after) < SAMPLES:
        return replace(memory, trial=trial)
    after = fmean(trial.after)
    if after > trial.before * EFFECT:
        return replace(memory, trial=None, late=0)
    return _refused(memory, sample, Limit(Reason.EFFECT, sample.desired - 1, trial.before, after))


def _refused(memory: Memory, sample: Sample, limit: Limit) -> Memory:
    return replace(memory, desired=limit.consumers, trial=None, limit=limit, refused_at=sample.at)
