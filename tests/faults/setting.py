"""The servers of a run and Django set up to meet them: a temporary folder, sockets, nothing of the operator's."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests import servers
from tests.run import temporary
from tests.setting import meet

if TYPE_CHECKING:
    from tests.faults.scene import Scene


@contextlib.contextmanager
def running() -> "Iterator[Scene]":
    """A scene, everything in it started. Raises tests.servers.Missing."""
    with temporary() as folder:
        redis, database = servers.redis_server(folder / "redis"), servers.mariadb_server(folder / "db")
        with redis.running(), database.running():
            meet(
                folder,
                redis=f"unix://{redis.socket}",
                socket=database.socket,
                statements=("CREATE USER ljwx@localhost", "GRANT ALL ON ljwx.* TO ljwx@localhost"),
                LJWX_LANGUAGE="en",
                LJWX_DATABASE_READ_TIMEOUT_S="6",
            )
            from ljwx import database as waits

            # A rollback that meets a frozen MariaDB must fail, so that the row can go on and thaw it.
            waits.bound_waits()
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
