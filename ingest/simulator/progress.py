"""How a run goes, on a terminal; nothing is written to anything else."""

from types import TracebackType

from rich.console import Console

from ingest.simulator.tally import Tally


class Progress:
    """One line that changes, on stderr."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._status = self._console.status("starting")

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def sending(self, tally: Tally) -> None:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items()))
        self._status.update(f"sent {tally.uploads} uploads, {tally.sent.total()} records ({statuses})")

    def draining(self, rest: str) -> None:
        self._status.update(f"waiting for the streams: {rest or 'empty'}")

    def comparing(self) -> None:
        self._status.update("comparing with the tables")
