"""How a run goes, on a terminal; nothing is written to anything else."""

from ingest.progress import StatusLine
from ingest.simulator.tally import Tally


class Progress(StatusLine):
    """The stages of a run."""

    def __init__(self) -> None:
        super().__init__("starting")

    def sending(self, tally: Tally) -> None:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items()))
        self._status.update(f"sent {tally.uploads} uploads, {tally.sent.total()} records ({statuses})")

    def draining(self, rest: str) -> None:
        self._status.update(f"waiting for the streams: {rest or 'empty'}")

    def comparing(self) -> None:
        self._status.update("comparing with the tables")
