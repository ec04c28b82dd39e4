"""What a judgement is made from: all of it, so that it can be made again from JSON, bit for bit."""

import math

import msgspec

from rollout.guardrails.actions import Action
from rollout.guardrails.metrics import Metric
from rollout.guardrails.numbers import Count, Number
from rollout.guardrails.sequential import Tally


class Sample(msgspec.Struct, frozen=True):
    """One look `at` (seconds since 1970). A look that got no answer is a sample whose value is None, never 0."""

    at: Number
    value: Number


class Consistency(msgspec.Struct, frozen=True):
    """Settled comparisons of the epoch, and the time up to which everything is settled. `verified_through`: up to which
    it agrees without a gap; `holes`: stretches since the observation began that nobody can verify and nobody has
    acknowledged."""

    matched: Count
    mismatched: Count
    settled_through: Number
    verified_through: Number = None
    holes: Count = 0


class KindEvidence(msgspec.Struct, frozen=True):
    """One kind of upload. `began_at`: when the route got its epoch; `confirmed_at`: when all live processes had
    confirmed it, None until then: its observation begins there. `percentage`: its share of devices, from 0 to 100.

    `errors`: the stream path since the epoch began, or since a shared cause. `errors_window`, `legacy_window`: either
    path's last seconds, as many as the policy's `shared_window_s`, fed to a detector of their own.
    `backlog` (undelivered + pending, entries) and `age` (of the oldest unacknowledged entry, seconds, 0 when there is
    none), oldest sample first. `lost`: entries trimmed or evicted unread since the epoch began.
    """

    kind: str
    epoch: int
    percentage: Number
    began_at: Number
    confirmed_at: Number = None
    errors: Tally = Tally()
    errors_window: Tally = Tally()
    legacy_window: Tally = Tally()
    backlog: tuple[Sample, ...] = ()
    age: tuple[Sample, ...] = ()
    lost: Sample | None = None
    consistency: Consistency | None = None


class Accept(msgspec.Struct, frozen=True):
    """p99 of accept in seconds over the newest requests of a path, none older than the epoch: from `since` to `until`.

    Whoever collects goes back as far as the policy's number of requests needs. `p50_s` is for reports, not judged.
    """

    path: str
    requests: Count
    p99_s: Number
    since: Number
    until: Number
    p50_s: Number = None


class Consumers(msgspec.Struct, frozen=True):
    """Consumers over all hosts: how many there should be, how many give a sign of life, how many there may be; and when
    anybody last asked for more. None: not known, or never."""

    desired: int | None = None
    alive: int | None = None
    maximum: int | None = None
    raised_at: Number = None


class OfMetric(msgspec.Struct, frozen=True, kw_only=True):
    """Something remembered of a metric, of the `kind` and `path` that its finding has. `at`: when; ValueError when that
    is no time."""

    metric: Metric
    at: float
    kind: str | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.at):
            raise ValueError("at is a time")

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """As that of the finding."""
        return (self.metric, self.kind, self.path)


class AutomaticChange(OfMetric, frozen=True, kw_only=True):
    """What was done for a finding when its value was `value`."""

    action: Action
    value: Number = None


class Streak(OfMetric, frozen=True, kw_only=True):
    """How many windows in a row a metric was clean, the last of them ending `at`."""

    clean: int


class Evidence(msgspec.Struct, frozen=True):
    """Everything at `now` (seconds since 1970, must be finite: ValueError). All that is measured may be missing.

    `collected_since`: since when it has been collected without a gap; whoever begins to collect knows of nothing that
    came before. From then on every series keeps its last answer, however old: that is how long a metric was quiet.

    `kinds`: those of the plan. `cpu`: share of the machine, of the busiest host, each sample an average of 20 s.
    `memory`: share of `maxmemory`, or of what Redis can have where none is set, of the fullest server. `evicts`:
    whether Redis may evict entries. `heartbeat_age_s`: since the controller's round before this one. `changes`:
    automatic ones since a person last started or resumed the plan. `streaks`: `recovery.streaks` of the round before.
    """

    now: float
    collected_since: Number = None
    kinds: tuple[KindEvidence, ...] = ()
    accept: tuple[Accept, ...] = ()
    cpu: tuple[Sample, ...] = ()
    memory: tuple[Sample, ...] = ()
    evicts: bool | None = None
    consumers: Consumers = Consumers()
    heartbeat_age_s: Number = None
    changes: tuple[AutomaticChange, ...] = ()
    streaks: tuple[Streak, ...] = ()

    def __post_init__(self) -> None:
        if not math.isfinite(self.now):
            raise ValueError("now is a time")

    def of_path(self, path: str) -> Accept | None:
        """What is known of accept on `path`."""
        return next((each for each in self.accept if each.path == path), None)


def encode(evidence: Evidence) -> bytes:
    """As JSON. Finite numbers come back bit for bit; NaN and infinity come back as None, and are judged the same."""
    return msgspec.json.encode(evidence)


def decode(text: bytes | str) -> Evidence:
    """Raises msgspec.ValidationError or DecodeError when `text` is no evidence."""
    return msgspec.json.decode(text, type=Evidence)
