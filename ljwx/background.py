"""What a process keeps in memory and refreshes beside its work: routes, Redis safety, tokens, the number of consumers.

A process starts a daemon thread for each value that it needs; any other value, older than its interval, is refreshed
when it is read.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

INTERVAL = 0.5
FIRST_LOAD_S = 5.0
_everything: list["Refreshed[object]"] = []
_held = False


class Refreshed(Generic[T]):
    """A value that `load` yields, at most about a second old while its source answers.

    When `load` raises one of `errors` the last value stays, and the failure is logged once until it heals. `web`: every
    web process needs it. `running`: this very process has a thread for it.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(
        self, name: str, load: Callable[[], T], *, initial: T, errors: tuple[type[Exception], ...], web: bool = True
    ) -> None:
        self.name = name
        self.web = web
        self.running = False
        self._load = load
        self._value = initial
        self._errors = errors
        self._tried_at: float | None = None
        self._failing = False
        _everything.append(self)  # type: ignore[arg-type]

    def get(self) -> T:
        """The value; never raises, and never does I/O in a process whose thread runs."""
        kept = _held or self.running
        if not kept and (self._tried_at is None or self.clock() - self._tried_at >= INTERVAL):
            self.refresh()
        return self._value

    @property
    def held(self) -> T:
        """The value as it is, however old; never does I/O."""
        return self._value

    def refresh(self) -> None:
        """Load the value now."""
        self._tried_at = self.clock()
        try:
            self._value = self._load()
        except self._errors as error:
            if not self._failing:
                log.warning("%s can not be refreshed, the last value stays: %s", self.name, error)
            self._failing = True
        else:
            if self._failing:
                log.warning("%s is refreshed again", self.name)
            self._failing = False


@contextlib.contextmanager
def holding() -> Iterator[None]:
    """Inside, every value stays as it is and reading one does no I/O, as on the event loop of a web process: for tests
    and measurements."""
    global _held
    before, _held = _held, True
    try:
        yield
    finally:
        _held = before


def _forget() -> None:
    # A fork does not inherit the threads.
    for value in _everything:
        value.running = False


os.register_at_fork(after_in_child=_forget)


def start(*values: Refreshed[Any]) -> None:
    """Load `values` once, or without any those that a web process needs, then keep each fresh from a daemon thread of
    its own: a database that hangs must not keep the process from seeing an unsafe Redis or the operator's override. One
    that is kept already stays so.

    The first load happens in the threads too: some servers import the application inside their event loop, where
    Django refuses to use a database.
    """
    deadline = time.monotonic() + FIRST_LOAD_S
    wanted = values or [value for value in _everything if value.web]
    for loaded in [_keep(value) for value in wanted if not value.running]:
        loaded.wait(max(0.0, deadline - time.monotonic()))


def _keep(value: Refreshed[object]) -> threading.Event:
    loaded, value.running = threading.Event(), True
    threading.Thread(target=_run, args=(value, loaded), name=f"refreshes {value.name}", daemon=True).start()
    return loaded


def _run(value: Refreshed[object], loaded: threading.Event) -> None:
    from django.db import close_old_connections

    pause = threading.Event()
    while True:
        try:
            close_old_connections()
            value.refresh()
        except Exception:  # the top of a thread on which every choice of a path rests
            log.exception("%s can not be refreshed, the last value stays", value.name)
        loaded.set()
        pause.wait(INTERVAL)
