"""The servers of one run, and Django set up to meet them: a temporary folder, sockets, nothing of the operator's."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import django
import MySQLdb

from ljwx import openfiles
from tests import servers
from tests.run import temporary


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
        _use(folder, redis, database)
        _migrate(database)
        yield folder


def _use(folder: Path, redis: str, database: str) -> None:
    for name in [name for name in os.environ if name.startswith("LJWX_")]:
        del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "ljwx.settings",
        "LJWX_VAR_DIR": str(folder),
        "LJWX_REDIS_URL": f"{redis}?db=0",
        "LJWX_DATABASE_URL": database,
        "LJWX_LOG_LEVEL": "WARNING",
        # As long as a device waits: a path that is full at 1,000 connections is slow then, and refuses nothing.
        "LJWX_ACCEPT_DEADLINE_MS": "10000",
    }


def _migrate(database: str) -> None:
    socket = parse_qs(urlsplit(database).query)["unix_socket"][0]
    with contextlib.closing(MySQLdb.connect(unix_socket=socket, user="root")) as server:
        server.query("CREATE DATABASE ljwx CHARACTER SET utf8mb4")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
