"""The limits of one metric each. Times in seconds, shares from 0 to 1; every default is the table's."""

from rollout.guardrails.actions import Action
from rollout.guardrails.checked import Checked, require
from rollout.guardrails.sequential import SequentialTest


class ErrorLimits(Checked, frozen=True):
    """The share of errors of the stream path since the epoch. Below `hold` passes, if there were `good_min` good
    records: none bad of 300 bounds a rate to 1 % (3/N). What acts is the test, whose null rate is the other threshold.
    `fresh_s`: a path without any record for longer is not measured.

    Shared cause: in `shared_window_s` seconds the same test acts on the legacy path, and its share of errors is at
    least `shared_part` of that of the stream path.
    """

    hold: float = 0.01
    test: SequentialTest = SequentialTest()
    good_min: int = 300
    fresh_s: float = 120.0
    action: Action = Action.ROLL_BACK
    shared_window_s: float = 300.0
    shared_part: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.hold <= self.test.null, "errors: hold comes before the rate that the test is against")
        require(self.action in (Action.PAUSE, Action.ROLL_BACK), "errors: the action is to pause or to roll back")
        require(0 < self.shared_part <= 1, "errors: shared_part is above 0 and at most 1")
        require(self.good_min >= 1, "errors: good_min is at least 1")


class ConsistencyLimits(Checked, frozen=True):
    """Matching of settled comparisons since the epoch. Above `hold` passes, if the test against 1 − `hold` mismatches
    has E ≥ `proof`; below `act` acts, with `mismatches_min` mismatches. `fresh_s`: how far what is settled may lie
    back.
    """

    hold: float = 0.99
    act: float = 0.95
    alternatives: tuple[float, ...] = (0.0001, 0.0005, 0.001, 0.003, 0.005)
    proof: float = 20.0
    mismatches_min: int = 3
    fresh_s: float = 300.0
    action: Action = Action.PAUSE

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.act <= self.hold < 1, "consistency: act is not above hold, both between 0 and 1")
        rates = bool(self.alternatives) and all(0 < q < self.null for q in self.alternatives)
        require(rates, "consistency: every alternative is a rate of mismatches above 0 and below 1 − hold")
        require(self.proof > 1, "consistency: proof is above 1: 1 is what no comparison at all gives")
        require(self.mismatches_min >= 1, "consistency: mismatches_min is at least 1")
        require(self.action in (Action.PAUSE, Action.ROLL_BACK), "consistency: the action is to pause or to roll back")

    @property
    def null(self) -> float:
        """The rate of mismatches that a pass disproves: 1 − `hold`, as it is written."""
        return round(1 - self.hold, 12)


class SeriesLimits(Checked, frozen=True):
    """The newest `samples` samples, `spacing_s` apart (a second less is near enough: they are taken by a tick).

    All below `hold` pass, all above `act` act, anything else holds. `fresh_s`: age of the newest that still counts;
    between two neighbours there may be `spacing_s` more.
    """

    hold: float
    act: float
    action: Action = Action.PAUSE
    samples: int = 3
    spacing_s: float = 10.0
    fresh_s: float = 30.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.hold <= self.act, "hold comes before act, and above 0")
        require(self.samples >= 1, "samples is at least 1")
        require(self.action is not Action.NONE, "an action is needed: what only holds has no threshold to act")


class ConsumerLimits(Checked, frozen=True):
    """After consumers were added for a backlog they have `effect_s` seconds to take `effect_part` of it away."""

    effect_s: float = 180.0
    effect_part: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.effect_part <= 1, "consumers: effect_part is above 0 and at most 1")


class AcceptLimits(Checked, frozen=True):
    """p99 of accept in seconds, per path, of at least `requests_min` requests, the newest at most `fresh_s` old."""

    hold: float = 3.0
    act: float = 5.0
    requests_min: int = 200
    fresh_s: float = 120.0
    action: Action = Action.PAUSE

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.hold <= self.act, "accept: hold comes before act, and above 0")
        require(self.requests_min >= 1, "accept: requests_min is at least 1")
        require(self.action in (Action.PAUSE, Action.ROLL_BACK), "accept: the action is to pause or to roll back")


class HeartbeatLimits(Checked, frozen=True):
    """The controller's own: `missed` rounds of `round_s` seconds without one page a person, and hold."""

    round_s: float = 1.0
    missed: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.round_s > 0 and self.missed >= 1, "heartbeat: round_s is above 0, missed at least 1")


class FlappingLimits(Checked, frozen=True):
    """At most one automatic change per metric in `interval_s`; after one, a metric passes again when it was clean in
    `clean_windows` windows of `window_s` in a row."""

    interval_s: float = 300.0
    clean_windows: int = 5
    window_s: float = 60.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.window_s > 0, "flapping: window_s is above 0")
