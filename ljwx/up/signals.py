"""How the supervisor hears of signals."""

import signal
from types import TracebackType

STOP = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
HEARD = STOP | {signal.SIGCHLD}


class Signals:
    """Signals are collected by `wait` and interrupt nothing: no handler runs between two arbitrary lines.

    `stops` counts the requests to stop. A hang-up is one, but never the second that means "now":
    a closing terminal sends several.
    """

    def __init__(self) -> None:
        self.stops = 0

    def __enter__(self) -> "Signals":
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def wait(self, seconds: float) -> None:
        """Return after `seconds`, or as soon as a child ended or a stop was asked for."""
        heard = signal.sigtimedwait(HEARD, seconds)
        if heard and (heard.si_signo in {signal.SIGINT, signal.SIGTERM} or (heard.si_signo in STOP and not self.stops)):
            self.stops += 1
