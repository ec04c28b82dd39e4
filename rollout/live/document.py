"""Composing the live document."""

import time
from typing import Any

from django.db import Error

from ljwx import databaseclock
from monitoring.live import Document
from rollout.api.status import everything
from rollout.api.status.parts import gather
from rollout.guardrails.judgement import Judgement
from rollout.live import parts
from rollout.live.held import Held
from rollout.live.lately import Lately
from rollout.live.rates import Rates

# What costs more or changes seldom.
SLOW_S = 10.0
# Read before all others, and not told.
MOVED = "moved"


class Composer:
    """Composes documents, one after the other, by one thread at a time. A part that can not be read is None, and
    `unknown` says why."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lately = Lately()
        self._rates = Rates()
        slow = (parts.dead_letters, parts.verified_through, parts.devices, parts.way_back, parts.thresholds)
        self._slow = {read.__name__: Held(read, every_s=SLOW_S) for read in slow}
        self._checklist = Held(parts.checklist, every_s=SLOW_S)
        self._moved: Any = None

    def compose(self, judgement: Judgement | None = None) -> Document:
        """The document of this moment. `judgement`: the one just made; without it the last that was kept."""
        try:
            now = databaseclock.now()
        except Error:
            now = time.time()
        found = gather(
            database={
                MOVED: self._forget,
                **everything.DATABASE,
                "judged": parts.judged if judgement is None else lambda: parts.of(judgement),
                "drawn_up": parts.drawn_up,
                "last_rollback": parts.last_rollback,
                "lately": self._lately.told,
                "recent": parts.recent,
                **self._slow,
            },
            from_redis={**everything.REDIS, "checklist": self._checklist},
        )
        for told in (found, found["unknown"]):
            told.pop(MOVED, None)
        self._rates.add(found["consumers"], now=now)
        return {"seq": int(now * 1000), "measured_at": now, "source": self._source, **found}

    def _forget(self) -> None:
        """What is read seldom is read now when a share or a plan is another than in the last document."""
        moved = parts.moved()
        if moved != self._moved:
            self._moved = moved
            for held in (*self._slow.values(), self._checklist):
                held.forget()
