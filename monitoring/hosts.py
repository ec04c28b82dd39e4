"""How busy the processors of all hosts are: each process says so of its own machine, or of its container."""

from collections.abc import Callable
from time import monotonic

from monitoring import machine, processes

FACT = "cpu"
# What is reported is an average over so long.
EVERY_S = 20.0


class Meter:
    """The share of the processor over the last 20 s that are whole, 0 to about 1; None while it is not known."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._used = machine.read()
        self._share: float | None = None

    def share(self) -> float | None:
        """The newest average. Reads a small file of the kernel, at most each 20 s."""
        now = self._clock()
        if now - self._at >= EVERY_S:
            before, self._used, self._at = self._used, machine.read(), now
            self._share = machine.share(before, self._used)
        return self._share


def busiest(moment: float) -> float | None:
    """The share of the busiest of the other hosts whose processes live at `moment`, by the database's clock. None when
    there are no others, or none of them says. Raises django.db.Error."""
    here = host(processes.name())
    told = [
        report.number(FACT) for report in processes.live(within=EVERY_S, moment=moment) if host(report.name) != here
    ]
    return max((share for share in told if share is not None), default=None)


def host(name: str) -> str:
    """The host in the name of a process."""
    return name.split(":", 1)[0]
