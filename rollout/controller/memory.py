"""What the leader remembers from round to round, and the next leader after it."""

import logging

import msgspec

from rollout.guardrails.evidence import Sample, Streak
from rollout.guardrails.sequential import Detector
from rollout.lease import Holding
from rollout.models import ControllerMemory
from rollout.plans.moving import atomic

log = logging.getLogger(__name__)

NAME = "controller"
# Longer than any window of a policy that is looked at sample by sample.
KEPT_S = 300.0


class OfKind(msgspec.Struct):
    """One kind since its route got its present epoch. `began_at`, `confirmed_at`: by the database's clock;
    `lost_before`: entries known to be lost then, None until Redis has said how many."""

    epoch: int
    began_at: float
    detector: Detector
    confirmed_at: float | None = None
    lost_before: int | None = None
    backlog: list[Sample] = []
    age: list[Sample] = []


class Memory(msgspec.Struct):
    """`round_at`: the last round, whoever made it; None: there was none. `collected_since`: since when there was no gap
    between rounds. `read_until`: the first second of the tallies
    that is not in the detectors yet."""

    round_at: float | None = None
    collected_since: float | None = None
    read_until: int | None = None
    kinds: dict[str, OfKind] = {}
    cpu: list[Sample] = []
    memory: list[Sample] = []
    streaks: tuple[Streak, ...] = ()
    stored_at: float | None = None


def recent(samples: list[Sample], *, now: float) -> list[Sample]:
    """Those that a policy may still look at, and the last answer however old it is."""
    answered = [each for each in samples if each.value is not None]
    kept = [each for each in samples if each.at is not None and now - each.at <= KEPT_S]
    return kept if not answered or answered[-1] in kept else [answered[-1], *kept]


def load() -> Memory:
    """What the leader before has left; an empty one when it left nothing that is understood. Raises django.db.Error."""
    row = ControllerMemory.objects.filter(name=NAME).first()
    if row is None:
        return Memory()
    try:
        return msgspec.json.decode(row.data, type=Memory)
    except msgspec.MsgspecError as error:
        log.warning("what the controller before has left is not understood, everything is observed anew: %s", error)
        return Memory()


@atomic
def save(memory: Memory, *, holding: Holding) -> None:
    """Keep it, unless somebody else leads. Raises LeaseLost, django.db.Error."""
    holding.fence()
    data = msgspec.json.encode(memory).decode()
    if not ControllerMemory.objects.filter(name=NAME).update(token=holding.token, data=data):
        ControllerMemory.objects.create(name=NAME, token=holding.token, data=data)
