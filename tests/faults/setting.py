"""The servers of a run and Django set up to meet them: a temporary folder, sockets, nothing of the operator's."""

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import django
import MySQLdb

from tests import servers
from tests.run import temporary

if TYPE_CHECKING:
    from tests.faults.scene import Scene


@contextlib.contextmanager
def running() -> "Iterator[Scene]":
    """A scene, everything in it started. Raises tests.servers.Missing."""
    with temporary() as folder:
        redis, database = servers.redis_server(folder / "redis"), servers.mariadb_server(folder / "db")
        with redis.running(), database.running():
            for name in [name for name in os.environ if name.startswith("LJWX_")]:
                del os.environ[name]
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "ljwx.settings",
                "LJWX_VAR_DIR": str(folder),
                "LJWX_REDIS_URL": f"unix://{redis.socket}?db=0",
                "LJWX_DATABASE_URL": f"mysql://root@localhost/ljwx?unix_socket={database.socket}",
                "LJWX_LOG_LEVEL": "WARNING",
                "LJWX_LANGUAGE": "en",
            }
            with contextlib.closing(MySQLdb.connect(unix_socket=str(database.socket), user="root")) as root:
                root.query("CREATE DATABASE ljwx CHARACTER SET utf8mb4")
                root.query("CREATE USER ljwx@localhost")
                root.query("GRANT ALL ON ljwx.* TO ljwx@localhost")
            django.setup()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            from tests.faults.load import Load
            from tests.faults.proxy import Proxy
            from tests.faults.scene import Scene, environment

            to_redis = Proxy(folder / "to-redis.sock", redis.socket)
            to_database = Proxy(folder / "to-db.sock", database.socket)
            scene = Scene(
                folder=folder,
                redis=redis,
                database=database,
                to_redis=to_redis,
                to_database=to_database,
                env=environment(folder, folder / "to-redis.sock", folder / "to-db.sock"),
                load=Load(folder / "load.log"),
            )
            with scene.running():
                yield scene
