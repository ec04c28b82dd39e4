"""One leader among several processes: a lease with a fencing token, by the clock of the database.

A holder that is stopped past its lease and goes on does not know it. So each of its effects names the token inside its
own transaction (`fence`): the row is then locked until the COMMIT, and nobody else can take the lease in between.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from ljwx.databaseclock import DatabaseTime, now
from rollout.models import Lease

# Called inside the transaction of an effect; raises LeaseLost when it must not happen.
Fence = Callable[[], None]


class LeaseLost(Exception):
    """Raised when a holder's lease is over: another one may lead. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A lease that was taken by `holder` under `token`."""

    name: str
    holder: str
    token: int
    seconds: float

    def renew(self) -> None:
        """Hold it for its full time again. Raises LeaseLost, django.db.Error."""
        if not _mine(self).update(beat_at=DatabaseTime(), expires_at=DatabaseTime() + self.seconds):
            raise LeaseLost(f"{self.holder} held {self.name} with token {self.token} and does not any more")

    def fence(self) -> None:
        """To be called inside the transaction of every effect. Raises LeaseLost when the effect must not happen."""
        if not transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("a fence outside a transaction fences nothing")
        self.renew()

    def release(self) -> None:
        """Let the next one take it at once; harmless when it is lost already. Raises django.db.Error."""
        _mine(self).update(expires_at=DatabaseTime())


def here() -> str:
    """This process as a holder."""
    return f"{socket.gethostname()}:{os.getpid()}"


@contextmanager
def held(name: str, *, seconds: float) -> Iterator[Holding | None]:
    """The lease for this process, for as long as the block; None while somebody else has it. Raises
    django.db.Error."""
    holding = take(name, holder=here(), seconds=seconds)
    try:
        yield holding
    finally:
        if holding is not None:
            holding.release()


def take(name: str, *, holder: str, seconds: float) -> Holding | None:
    """Lead for `seconds` from now on; None while somebody else does. Raises django.db.Error."""
    if not Lease.objects.filter(name=name).exists():
        try:
            with transaction.atomic():
                Lease.objects.create(name=name)
        except IntegrityError:
            pass  # another process has made the row
    free = Q(expires_at__isnull=True) | Q(expires_at__lte=DatabaseTime())
    with transaction.atomic():
        taken = Lease.objects.filter(free, name=name).update(
            holder=holder, token=F("token") + 1, taken_at=DatabaseTime(), beat_at=DatabaseTime(),
            expires_at=DatabaseTime() + seconds,
        )  # fmt: skip
        # Read in the transaction that has locked the row: the token is ours.
        token = Lease.objects.values_list("token", flat=True).get(name=name)
    return Holding(name, holder, token, seconds) if taken else None


def _mine(holding: Holding) -> "QuerySet[Lease]":
    return Lease.objects.filter(name=holding.name, token=holding.token, expires_at__gt=DatabaseTime())


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads. `beat_age_s`: seconds since its last sign of life, by the database's clock."""

    holder: str
    token: int
    beat_age_s: float


def leader(name: str) -> Leader | None:
    """The present holder; None when nobody holds the lease. Raises django.db.Error."""
    row = Lease.objects.filter(name=name, expires_at__gt=DatabaseTime()).first()
    if row is None or row.beat_at is None:
        return None
    return Leader(row.holder, row.token, max(0.0, now() - row.beat_at))
