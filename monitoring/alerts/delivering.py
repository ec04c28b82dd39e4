"""The thread of a process that sends what waits, and one more for each channel while it sends: a service that hangs
holds nothing but its own."""

import logging
import threading

from django.db import Error, connections

from ljwx.background import Refreshed
from monitoring.alerts.sending import Sender

log = logging.getLogger(__name__)

# Channels that one process sends on at the same time.
MOST = 8


class Delivering:
    """Starts a thread for each channel that has something due and none here, until nothing is due any more."""

    def __init__(self, sender: Sender | None = None) -> None:
        self._sender = sender or Sender()
        self._threads: dict[int, threading.Thread] = {}

    def step(self) -> int:
        """How many threads were started. Raises django.db.Error."""
        self._threads = {pk: thread for pk, thread in self._threads.items() if thread.is_alive()}
        free = MOST - len(self._threads)
        chosen = [pk for pk in self._sender.due() if pk not in self._threads][: max(0, free)]
        for pk in chosen:
            thread = threading.Thread(target=self._run, args=(pk,), name=f"tells channel {pk}", daemon=True)
            self._threads[pk] = thread
            thread.start()
        return len(chosen)

    def wait(self, timeout: float) -> bool:
        """Until no thread sends any more; whether that was so in time."""
        for thread in list(self._threads.values()):
            thread.join(timeout)
        return not any(thread.is_alive() for thread in self._threads.values())

    def _run(self, pk: int) -> None:
        try:
            while self._sender.work(pk):
                pass
        except Error as error:
            log.warning("what is to be told waits: %s", type(error).__name__)
        finally:
            connections.close_all()


def _step() -> None:
    current.step()


current = Delivering()
delivered: Refreshed[None] = Refreshed("what is to be told", _step, initial=None, errors=(Error,))
