"""The devices whose path a person has fixed, as every process knows them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import Error

from ljwx.background import Refreshed
from rollout.models import Pin

clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pin as the processes use it. `until`: epoch seconds."""

    path: str
    until: float


def load() -> dict[str, Pinned]:
    """Every pin that is in force, by serial, which compares exactly."""
    standing = Pin.objects.filter(expires_at__gt=datetime.fromtimestamp(clock(), UTC))
    return {
        device_sn: Pinned(path, expires_at.timestamp())
        for device_sn, path, expires_at in standing.values_list("device_sn", "path", "expires_at")
    }


# A database that is away keeps the last pins in force, each until it expires.
current: Refreshed[Mapping[str, Pinned]] = Refreshed("pins", load, initial={}, errors=(Error,))


def of(device_sn: str) -> str | None:
    """The path that `device_sn` is pinned to, None when it goes as its share says. Never raises.

    An expiry needs no write and no database: it is looked at with every upload of a pinned device.
    """
    held = current.get()
    if not held:
        return None
    pin = held.get(device_sn)
    return pin.path if pin is not None and pin.until > clock() else None
