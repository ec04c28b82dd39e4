"""A web process of the project as a real child process of a test."""

import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from django.db import connection

from ljwx.up import web
from ljwx.up.address import Address, free_port
from tests.managed import ROOT, environment


class WebServer:
    """A web server as `up` starts it, daphne or so many `workers` of granian: on a loopback port of its own, with the
    test's database and Redis, in a session of its own; it is started and not awaited. Its output goes to `log`."""

    def __init__(self, *, log: Path, workers: int = 0, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                web.command(Address("127.0.0.1", self.port), workers),
                cwd=ROOT,
                env=environment(connection.settings_dict) | env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def listens(self) -> bool:
        """Whether it takes connections now."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """End it with SIGKILL, and all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.kill()
