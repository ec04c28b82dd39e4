"""The simulated fleet in a process of its own: load and oracle. Run as `python -m tests.faults.load`.

Each line of its input is one run, the fields of `ingest.simulator.run.Run` as JSON; it prints `{"sending": …}` while it
sends and `{"report": …}` at the end. SIGINT ends the sending. One process serves many runs, for it starts slowly.
"""

import json
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.polling import until

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to. `accepted`, `missing`, `doubled`, `different`: as in the simulator's own report;
    `buried_wrongly`: those of the different that are dead letters of sound records; `rest`: what was not drained;
    `texts`: the first few findings of each sort."""

    accepted: int
    stored: int
    duplicates: int
    dead: int
    missing: int
    doubled: int
    different: int
    buried_wrongly: int
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    rest: str
    texts: list[str]


@dataclass(slots=True)
class Load:
    """The parent's end. `statuses` and `accepted` (records) are those of the run under way, half a second old."""

    log: Path
    statuses: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    _report: dict[str, Any] | None = None
    _process: "subprocess.Popen[str] | None" = None

    def launch(self) -> None:
        """Start the process. It uses Django's settings of this one."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.load"],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=self._listen, name="load", daemon=True).start()

    def start(self, **run: Any) -> None:
        """Start to send; returns when the first answers are here."""
        self.statuses, self.accepted, self._report = {}, 0, None
        assert self._process is not None
        assert self._process.stdin is not None
        print(json.dumps(run), file=self._process.stdin, flush=True)
        until(lambda: self.check() or self.accepted, within=30)

    def finish(self, *, within: float) -> Report:
        """End the sending, wait for the streams, compare."""
        assert self._process is not None
        if self._report is None:
            self._process.send_signal(signal.SIGINT)
        until(lambda: self.check() or self._report is not None, within=within)
        return Report(**(self._report or {}))

    def check(self) -> None:
        """Fails when the process has ended."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-3000:]

    def end(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "report" in said:
                self._report = said["report"]
            elif "sending" in said:
                self.statuses, self.accepted = said["sending"]["statuses"], said["sending"]["accepted"]


def main() -> None:
    """Serve runs until the input ends."""
    import django

    django.setup()
    from ingest.simulator.progress import Progress
    from ingest.simulator.run import Run
    from ingest.simulator.tally import Tally

    def say(**what: Any) -> None:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()

    class Told(Progress):
        def sending(self, tally: Tally) -> None:
            say(sending={"statuses": tally.statuses, "accepted": tally.accepted.total()})

        def draining(self, rest: str) -> None:
            pass

    for line in sys.stdin:
        report = Run(**json.loads(line))(Told())
        counts, tally = report.counts(), report.tally
        say(
            report={
                **{name: counts[name] for name in ("accepted", "stored", "duplicates", "dead")},
                **{name: counts[name] for name in ("missing", "doubled", "different")},
                "buried_wrongly": report.findings.buried_wrongly,
                "statuses": tally.statuses,
                "p50_ms": round(tally.quantile(0.5) * 1000, 1),
                "p99_ms": round(tally.quantile(0.99) * 1000, 1),
                "slowest_ms": round(tally.quantile(1.0) * 1000, 1),
                "rest": "" if report.drained.complete else report.drained.rest or "not empty",
                "texts": list(report.found()),
            }
        )


if __name__ == "__main__":
    main()
