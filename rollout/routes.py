"""Which path an upload takes, decided from memory."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from django.db import Error

from ljwx.background import Refreshed
from monitoring import processes
from rollout import override, pins
from rollout.buckets import BUCKETS, bucket
from rollout.models import Route
from streaming import breaker, registry, safety

LEGACY = "legacy"
STREAM = "stream"
CLOSED = "stream closed"


@dataclass(frozen=True, slots=True)
class Share:
    """A route as the processes use it: devices whose bucket is below `below` are on the stream, and of the others those
    are mirrored whose bucket under another salt is below `mirrored`."""

    below: int
    salt: str
    epoch: int
    mirrored: int = 0

    def mirrors(self, device_sn: str) -> bool:
        """Whether what this device sends to the legacy path is mirrored."""
        if self.mirrored in (0, BUCKETS):
            return self.mirrored > 0
        return bucket(mirror_salt(self.salt), device_sn) < self.mirrored


def mirror_salt(salt: str) -> str:
    """The salt that samples the mirrored devices of a route: not the first ones that its share moves."""
    return f"{salt}:mirror"


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The path of one upload, the epoch it was decided under, and why. `mirrored`: what the legacy path stores of it is
    sent to the shadow too."""

    path: str
    epoch: int
    reason: str
    mirrored: bool = False

    @property
    def meant(self) -> str:
        """The path that it would take were the stream open."""
        return STREAM if self.reason.startswith(CLOSED) else self.path


def load() -> dict[str, Share]:
    """Every route of the database."""
    return {
        kind: Share(below=round(percentage * 100), salt=salt, epoch=epoch, mirrored=round(mirror * 100))
        for kind, percentage, salt, epoch, mirror in Route.objects.values_list(
            "kind", "percentage", "salt", "epoch", "mirror_percentage"
        )
    }


# A database that is away keeps the last routes in force: the stream goes on accepting.
current: Refreshed[dict[str, Share]] = Refreshed("routes", load, initial={}, errors=(Error,))


def epochs() -> dict[str, int]:
    """The epoch by which this process routes each kind: every decision from now on is of that one or a later."""
    return {kind: share.epoch for kind, share in current.held.items()}


processes.describe("epochs", epochs)


def decide(kind: str, device_sn: str) -> Decision:
    """The path for an upload of `kind` from `device_sn`: by the override, else its pin, else its share. Any doubt
    answers *legacy*, and so does a stream that is closed; never raises. While an override holds nothing is mirrored."""
    share = current.get().get(kind)
    if share is None:
        return Decision(LEGACY, 0, "no route")
    forced = override.current.get()
    # The override is the way back of an operator who may reach nothing else: no pin holds a device against it.
    pin = pins.of(device_sn) if forced is None else None
    if pin is not None:
        reason, to_stream = "pin", pin == STREAM
    elif forced is None:
        reason, to_stream = "share", bucket(share.salt, device_sn) < share.below
    else:
        reason, to_stream = "override", bucket(share.salt, device_sn) < round(forced * 100)
    if not to_stream:
        return Decision(LEGACY, share.epoch, reason, forced is None and share.mirrors(device_sn))
    gate = safety.current.get()
    if not gate.is_open:
        return Decision(LEGACY, share.epoch, f"{CLOSED}: {gate.reason}")
    if breaker.current.is_open:
        return Decision(LEGACY, share.epoch, f"{CLOSED}: Redis did not answer a moment ago")
    return Decision(STREAM, share.epoch, reason)


def create_missing(**kwargs: Any) -> None:
    """After each migrate: a route at 0 % for every kind that has none."""
    for kind in registry.kinds():
        Route.objects.get_or_create(kind=kind.name, defaults={"percentage": Decimal(0)})
