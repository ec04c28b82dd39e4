"""Checks and repairs beside the rounds: what was asked for or left is carried on, and from time to time one is made."""

import logging
import math
import threading

import redis
from django.conf import settings
from django.db import Error, close_old_connections

from rollout.consistency import DatabaseConsistencyChecker, repairing, report
from rollout.consistency.errors import CheckRunning
from rollout.lease import LeaseLost
from rollout.models import Check
from streaming.failures import Unavailable

log = logging.getLogger(__name__)

ACTOR = "schedule"
# How often the database is asked when the last check of the schedule was.
LOOKED_EVERY_S = 60.0
# After a Redis or a database that did not answer.
PAUSE_S = 10.0
END_S = 5.0


class Checks:
    """Works in a thread of its own, one piece at a time: a round must not wait for it.

    Guarantee: whoever else checks or repairs at the same time is not disturbed, and what this one leaves when its
    process ends is carried on by the next.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._began: float | None = None
        self._due_at = math.inf
        self._looked_at = -math.inf
        self._quiet_until = -math.inf

    def ask(self, *, now: float) -> None:
        """Have what is left or due done; nothing while something is being done. `now`: seconds since 1970 by the
        database's clock. Raises django.db.Error."""
        if now < self._quiet_until or (self._thread is not None and self._thread.is_alive()):
            return
        minutes = self._due(now)
        if minutes is None and repairing.unfinished() is None and not Check.objects.filter(active=True).exists():
            return
        self._quiet_until = now + PAUSE_S
        self._thread = threading.Thread(target=self._run, args=(minutes,), name="check", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Leave the rest to the next, after the present chunk."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(END_S)

    def _due(self, now: float) -> int | None:
        """The window in minutes, from the end of the last check of the schedule, when the next one is due."""
        every_s = settings.CHECK_EVERY_MINUTES * 60.0
        if not every_s:
            return None
        self._began = now if self._began is None else self._began
        if now - self._looked_at >= LOOKED_EVERY_S:
            self._looked_at = now
            last = Check.objects.filter(actor=ACTOR).order_by("-pk").values_list("until_ms", flat=True).first()
            ended = self._began - settings.CHECK_GRACE_S if last is None else last / 1000
            self._due_at = ended + settings.CHECK_GRACE_S + every_s
        if now < self._due_at:
            return None
        window = math.ceil((now - self._due_at + every_s + settings.CHECK_GRACE_S) / 60)
        return min(window, settings.STREAM_RETENTION_MINUTES)

    def _run(self, minutes: int | None) -> None:
        try:
            work(minutes, stopping=self._stopping)
            self._quiet_until = self._looked_at = -math.inf
        except (CheckRunning, LeaseLost) as error:
            log.info("%s", error)
        except (Unavailable, redis.RedisError, Error) as error:
            log.warning("the check or the repair waits: %s", type(error).__name__)
        finally:
            close_old_connections()


def work(minutes: int | None, *, stopping: threading.Event) -> None:
    """Carry on what is left, repairs first, then check the last `minutes`. Raises CheckRunning, LeaseLost, Unavailable,
    redis.RedisError, django.db.Error."""
    if (left := repairing.unfinished()) is not None:
        repairing.carry_out(left.pk)
    checker = DatabaseConsistencyChecker(actor=ACTOR, stopping=stopping)
    found = checker.carry_on()
    if found is None and minutes is not None and not stopping.is_set():
        found = checker.begin(minutes)
    if found is not None and found.status == Check.Status.DONE:
        told = report.of(found)
        log.log(
            logging.INFO if told.is_clean else logging.WARNING,
            "check %d: %d records, %d not as sent, %d holes", found.pk, told.checked, told.mismatched, len(told.holes),
        )  # fmt: skip
