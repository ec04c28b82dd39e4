"""Load by wrk: a closed loop, each connection with one request open. With think time each one pauses between two."""

import contextlib
import itertools
import json
import signal
import string
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.tree import Failed

SCRIPTS = Path(__file__).parent / "wrk"
THREADS = 2
FLEET = 10_000
LONGEST_S = 600
# A tag names the devices of one run of wrk, so that no two runs send the same reading.
_tags = map("".join, itertools.product(string.ascii_uppercase + string.digits, repeat=2))


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw. `refused`: answers of 400 and more; `broken`: connections that failed."""

    requests: int
    seconds: float
    refused: int
    broken: int
    timeouts: int
    p50_ms: float
    p99_ms: float
    max_ms: float

    @property
    def accepted(self) -> int:
        """Answers that promised the reading is kept."""
        return self.requests - self.refused

    @property
    def rate(self) -> float:
        """Accepted uploads per second."""
        return self.accepted / self.seconds

    @property
    def faults(self) -> int:
        """Everything that was not a good answer."""
        return self.refused + self.broken + self.timeouts


def upload(url: str, *, connections: int, seconds: int, think_ms: int = 0, method: str = "POST") -> Load:
    """Readings of 10,000 devices for `seconds`, as fast as answers come or with a mean pause of `think_ms`."""
    arguments = (next(_tags), FLEET // THREADS, think_ms, method)
    with _wrk("upload.lua", url, connections, seconds, arguments) as process:
        return _load(process, process.communicate()[0])


def rings(url: str, *, connections: int, devices: int, readings: int) -> Load:
    """One body of `readings` from each of `devices`, as fast as answers come. A few are sent twice at the end."""
    with _wrk("ring.lua", url, connections, LONGEST_S, (next(_tags), devices, readings, connections)) as process:
        answered = 0
        for line in process.stdout or ():
            answered += line == "answered\n"
            if answered == THREADS:
                process.send_signal(signal.SIGINT)
                break
        return _load(process, process.communicate()[0])


@contextlib.contextmanager
def _wrk(
    script: str, url: str, connections: int, seconds: int, arguments: tuple[object, ...]
) -> Iterator["subprocess.Popen[str]"]:
    argv = ["wrk", f"-t{THREADS}", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
    argv += ["-s", str(SCRIPTS / script), url, "--", *map(str, arguments)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _load(process: "subprocess.Popen[str]", output: str) -> Load:
    if process.wait():
        raise Failed(f"wrk ended with {process.returncode}:\n{output}")
    found = json.loads(output.splitlines()[-1])
    return Load(
        requests=found["requests"],
        seconds=found["us"] / 1e6,
        refused=found["refused"],
        broken=found["broken"],
        timeouts=found["timeouts"],
        p50_ms=found["p50"] / 1000,
        p99_ms=found["p99"] / 1000,
        max_ms=found["max"] / 1000,
    )
