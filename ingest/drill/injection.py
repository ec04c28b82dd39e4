"""Producing a fault: begun, kept up while the drill watches, ended."""

from typing import Protocol

import redis

from ingest.drill import arming
from ingest.drill.fault import Fault

RENEW_S = arming.LIFE_S / 4


class Injection(Protocol):
    """`tend` is called at least once a second from `begin` to `end`, `begin` no earlier than `not_before` (seconds
    since 1970). All raise redis.RedisError, django.db.Error."""

    @property
    def not_before(self) -> float: ...

    def begin(self) -> None: ...

    def tend(self) -> None: ...

    def end(self) -> None: ...


class Arming:
    """A fault that other processes produce while it is armed: they forget it by themselves when nobody tends it."""

    def __init__(self, fault: Fault, *, prefix: str, delay_s: float = 0.0) -> None:
        self._fault, self._prefix, self._delay_s = fault, prefix, delay_s
        self.not_before = self._renew_at = 0.0

    def begin(self) -> None:
        self.tend()

    def tend(self) -> None:
        if arming.clock() >= self._renew_at:
            arming.arm(self._fault, prefix=self._prefix, delay_s=self._delay_s)
            self._renew_at = arming.clock() + RENEW_S

    def end(self) -> None:
        """Harmless when it has not begun; a Redis that is away forgets it in time."""
        if self._renew_at:
            self._renew_at = 0.0
            try:
                arming.disarm()
            except redis.RedisError:
                # It ends within LIFE_S.
                return
