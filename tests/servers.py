"""A Redis and a MariaDB for the tests alone: on sockets in a temporary folder, ended by process id."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ljwx.up.lock import Lock
from ljwx.up.program import spawn
from tests.polling import until

DATABASES = 64


class Missing(Exception):
    """Raised when a server is not installed or does not start, with its name."""


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis as safe as the real one. Gives its URL without a database number; there are 64.

    In a folder that is there it starts again with what it held.
    """
    folder.mkdir(exist_ok=True)
    # Debian's redis-tools has the server under the name of the checker: which of them it is depends on its name.
    found = shutil.which("redis-server") or shutil.which("valkey-server") or shutil.which("redis-check-rdb")
    if not found:
        raise Missing("Redis is not installed: apt-get install redis-tools")
    binary = folder / "redis-server"
    if not binary.is_symlink():
        binary.symlink_to(found)
    path = folder / "redis.sock"
    argv = [binary, "--port", "0", "--unixsocket", path, "--dir", folder, "--databases", str(DATABASES)]
    argv += ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--save", ""]
    with _running("Redis", argv, folder, path):
        yield f"unix://{path}"


@contextlib.contextmanager
def mariadb(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """A MariaDB with the server's defaults. Unless `durable` a commit is not awaited on the disk. Gives its URL."""
    folder.mkdir()
    server = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    install = shutil.which("mariadb-install-db")
    if not server or not install:
        raise Missing("MariaDB is not installed: apt-get install mariadb-server-core mariadb-client-core")
    data, path = folder / "data", folder / "mariadb.sock"
    argv = [install, "--no-defaults", "--user=root", f"--datadir={data}"]
    argv += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    made = subprocess.run(argv, capture_output=True, text=True, check=False)
    if made.returncode:
        raise Missing(f"MariaDB can not make its data folder:\n{made.stdout}{made.stderr}")
    argv = [server, "--no-defaults", "--user=root", "--skip-networking", f"--socket={path}", f"--datadir={data}"]
    flush, pool = (1, "512M") if durable else (2, "128M")
    argv += [f"--pid-file={folder / 'pid'}"]
    argv += [f"--innodb-flush-log-at-trx-commit={flush}", f"--innodb-buffer-pool-size={pool}"]
    with _running("MariaDB", argv, folder, path):
        yield f"mysql://root@localhost/ljwx?unix_socket={path}"


@contextlib.contextmanager
def _running(name: str, argv: Sequence[str | Path], folder: Path, path: Path) -> Iterator[None]:
    log = folder / "log"
    process = spawn(argv, log=log, env=os.environ | {"LC_ALL": "C"}, lock=Lock(folder / "lock").descriptor)

    def connected() -> bool:
        if process.poll() is not None:
            raise Missing(f"{name} does not start:\n{log.read_text()}")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(path)) == 0

    try:
        until(connected, within=60)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
