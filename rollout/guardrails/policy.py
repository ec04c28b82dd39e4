"""The rules of one migration: every threshold, window, sample number and action, with the project's defaults."""

import msgspec

from rollout.guardrails.actions import Action
from rollout.guardrails.checked import Checked, require
from rollout.guardrails.limits import (
    AcceptLimits,
    ConsistencyLimits,
    ConsumerLimits,
    ErrorLimits,
    FlappingLimits,
    HeartbeatLimits,
    SeriesLimits,
)


class Policy(Checked, frozen=True):
    """Units: `backlog` in entries, `age` in seconds, `cpu` and `memory` as shares from 0 to 1, the rest as said there.

    `memory_roll_back`: share of Redis' memory above which the metric rolls back instead of pausing. `lost_action`: for
    any entry lost, or a Redis that may evict. `lost_fresh_s`, `quiet_s`: age of the last look for lost entries that
    still counts; how long a metric may be without fresh evidence above 0 % before the plan pauses.
    Raises ValueError for rules that contradict themselves, also when built from JSON (there as ValidationError).
    """

    errors: ErrorLimits = ErrorLimits()
    consistency: ConsistencyLimits = ConsistencyLimits()
    backlog: SeriesLimits = SeriesLimits(hold=1_000.0, act=5_000.0, action=Action.ADD_CONSUMERS)
    consumers: ConsumerLimits = ConsumerLimits()
    age: SeriesLimits = SeriesLimits(hold=30.0, act=120.0)
    # Each sample is an average of as many seconds as they lie apart.
    cpu: SeriesLimits = SeriesLimits(hold=0.80, act=0.90, spacing_s=20.0)
    accept: AcceptLimits = AcceptLimits()
    memory: SeriesLimits = SeriesLimits(hold=0.70, act=0.85, samples=1)
    memory_roll_back: float = 0.95
    lost_action: Action = Action.ROLL_BACK
    lost_fresh_s: float = 30.0
    heartbeat: HeartbeatLimits = HeartbeatLimits()
    flapping: FlappingLimits = FlappingLimits()
    quiet_s: float = 600.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("age", "cpu", "memory"):
            action = getattr(self, name).action
            require(action is not Action.ADD_CONSUMERS, f"{name}: more consumers are no answer to it")
        require(self.memory.act <= self.memory_roll_back, "memory: to pause comes before to roll back")
        require(self.lost_action in (Action.PAUSE, Action.ROLL_BACK), "lost: the action is to pause or to roll back")


def encode(policy: Policy) -> bytes:
    """Canonical JSON: equal policies have equal bytes, so its hash names it."""
    # Read back once: a limit that was given as 3 is the 3.0 that it equals.
    return msgspec.json.encode(decode(msgspec.json.encode(policy)), order="sorted")


def decode(text: bytes | str) -> Policy:
    """The policy in `text`; what it does not say is as by default. Raises msgspec.ValidationError or DecodeError."""
    return msgspec.json.decode(text, type=Policy)
