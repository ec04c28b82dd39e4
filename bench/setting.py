"""The servers of one run, and Django set up to meet them: a temporary folder, sockets, nothing of the operator's."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ljwx import openfiles
from tests import servers
from tests.run import temporary
from tests.setting import meet


@contextlib.contextmanager
def running() -> Iterator[Path]:
    """A Redis that writes each second and a MariaDB that awaits the disk on every commit, with empty tables.

    Gives the folder of the run. Django is ready inside. Raises tests.servers.Missing.
    """
    openfiles.allow(openfiles.FLEET)
    with (
        temporary() as folder,
        servers.redis(folder / "redis") as redis,
        servers.mariadb(folder / "db", durable=True) as database,
    ):
        socket = Path(parse_qs(urlsplit(database).query)["unix_socket"][0])
        # As long as a device waits: a path that is full at 1,000 connections is slow then, and refuses nothing.
        meet(folder, redis=redis, socket=socket, LJWX_ACCEPT_DEADLINE_MS="10000")
        yield folder
