"""Django set up to meet servers of a run's own: nothing of the operator's environment is used."""

import contextlib
import os
from pathlib import Path

import django
import MySQLdb


def meet(folder: Path, *, redis: str, socket: Path, statements: tuple[str, ...] = (), **variables: str) -> None:
    """Make the database `ljwx` in the MariaDB at `socket`, run `statements` there, set Django up for it and for the
    Redis at the URL `redis`, and migrate. `variables`: more of the environment."""
    for name in [name for name in os.environ if name.startswith("LJWX_")]:
        del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "ljwx.settings",
        "LJWX_VAR_DIR": str(folder),
        "LJWX_REDIS_URL": f"{redis}?db=0",
        "LJWX_DATABASE_URL": f"mysql://root@localhost/ljwx?unix_socket={socket}",
        "LJWX_LOG_LEVEL": "WARNING",
        **variables,
    }
    with contextlib.closing(MySQLdb.connect(unix_socket=str(socket), user="root")) as root:
        for statement in ("CREATE DATABASE ljwx CHARACTER SET utf8mb4", *statements):
            root.query(statement)
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
