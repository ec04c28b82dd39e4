"""Consumers born by fork, each to die at its own place: a process of its own that has loaded everything once.

Run as `python -m tests.faults.nursery`, with the environment of a consumer. Each line of its input is a name and a
failpoint; it prints `{"name": …, "pid": …}` for each birth and `{"pid": …, "code": …}` for each end.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.polling import until

ROOT = Path(__file__).resolve().parents[2]
TICK_S = 0.01
BATCH = 50


class Nursery:
    """The parent's end. `ended`: exit codes by process id."""

    def __init__(self, log: Path, env: Mapping[str, str]) -> None:
        self.log = log
        self.ended: dict[int, int] = {}
        self._born: dict[str, int] = {}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery"],
                cwd=ROOT, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, text=True,
                start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()

    def bear(self, name: str, failpoint: str) -> int:
        """A consumer under `name` that dies at `failpoint`; returns its process id."""
        assert self._process.stdin is not None
        self._born.pop(name, None)
        print(name, failpoint, file=self._process.stdin, flush=True)
        pid = until(lambda: self._born.get(name), within=30)
        assert pid is not None
        return pid

    def end(self) -> None:
        """SIGKILL to every consumer that lives: what they have read stays pending."""
        for pid in set(self._born.values()) - self.ended.keys():
            os.kill(pid, signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def tail(self) -> str:
        """The end of what they have logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-1500:]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "name" in said:
                self._born[said["name"]] = said["pid"]
            else:
                self.ended[said["pid"]] = said["code"]


def main() -> None:
    """Bear and bury until the input ends and nobody lives."""
    import django

    django.setup()
    from django.core.management import call_command, load_command_class

    from ljwx import failpoints

    load_command_class("streaming", "run_consumers")
    living: set[int] = set()
    asked = True
    while asked or living:
        ready = select.select([0] if asked else [], [], [], TICK_S)[0]
        if ready:
            line = sys.stdin.readline()
            asked = bool(line)
            if line:
                name, failpoint = line.split()
                pid = os.fork()
                if not pid:
                    sys.stdin.close()
                    failpoints.arm(failpoint)
                    call_command("run_consumers", slot=name, batch_size=BATCH)
                    os._exit(0)
                living.add(pid)
                say(name=name, pid=pid)
        for pid in list(living):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                living.discard(pid)
                say(pid=pid, code=os.waitstatus_to_exitcode(status))


def say(**what: object) -> None:
    """One line for the parent."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
