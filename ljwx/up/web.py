"""The ASGI server of the web process: daphne by default, granian with several processes for load."""

import sys
from pathlib import Path

from ljwx.openfiles import FLEET
from ljwx.up.address import Address

APPLICATION = "ljwx.asgi:application"
# daphne buffers without end what a browser does not take; it ends the one that has not answered a ping in time.
PINGS = ("--ping-interval", "10", "--ping-timeout", "20")


def command(address: Address, workers: int) -> list[str | Path]:
    """The command line. `workers` 0: daphne, one process; else that many of granian."""
    if not workers:
        return [
            sys.executable, "-m", "daphne", "-v", "0", "-b", address.ip, "-p", str(address.port), *PINGS, APPLICATION,
        ]  # fmt: skip
    return [*granian(host=address.ip, port=str(address.port), workers=workers), APPLICATION]


def granian(*, host: str, port: str, workers: int) -> list[str | Path]:
    """granian's command line without its application. Its back-pressure must exceed what is connected, for it takes
    no more connections above that; its default is a few hundred a process. A process that dies is started again; when
    it dies twice within seconds the server ends, for its own supervisor to see."""
    return [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", host, "--port", port,
        "--workers", str(workers), "--respawn-failed-workers", "--http", "1", "--loop", "uvloop",
        "--log-level", "warning", "--backlog", "4096", "--backpressure", str(FLEET + 2_000),
    ]  # fmt: skip
