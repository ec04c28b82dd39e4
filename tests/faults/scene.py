"""Where the rows are played: the whole system as real processes, with a fault proxy before Redis and MariaDB."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import MySQLdb
import redis

from ljwx.redis import CONSUMER_KEY, client
from ljwx.up.address import free_port
from streaming import backlog, registry
from tests.faults.child import Child
from tests.faults.load import Load
from tests.faults.proxy import Proxy
from tests.polling import until
from tests.servers import Server

CLAIM_IDLE_MS = 1_000
READ_TIMEOUT_S = 6
HOST = "faults"
WEB_WORKERS = 2
START_S = 90.0
RENEW_S = 1.5  # how long a web process takes at most to know of a new share
GRANIAN = (
    "-m", "granian", "--host", "127.0.0.1", "--http", "1", "--no-ws", "--interface", "asgi", "--loop", "uvloop",
    "--log-level", "warning", "--workers", str(WEB_WORKERS), "--respawn-failed-workers", "--respawn-interval", "0.1",
    "--workers-kill-timeout", "3",
)  # fmt: skip


@dataclass(slots=True)
class Scene:
    """Servers, proxies, web, consumers and load of one run; Django of this process meets the servers directly."""

    folder: Path
    redis: Server
    database: Server
    to_redis: Proxy
    to_database: Proxy
    env: dict[str, str]
    load: Load
    port: int = field(default_factory=free_port)
    web: Child | None = None
    consumers: Child | None = None
    prefix: str = ""
    size: int = 0
    began: int = 0
    writers: int = 0
    _pause: threading.Event = field(default_factory=threading.Event)
    _names: int = 0
    _read: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def running(self) -> Iterator["Scene"]:
        """Everything is started inside, and ended by its process id."""
        with ExitStack() as stack:
            stack.enter_context(self.to_redis.running())
            stack.enter_context(self.to_database.running())
            try:
                self.load.launch()
                self.hire()
                self.open()
                yield self
            finally:
                self.load.end()
                for child in (self.consumers, self.web):
                    if child is not None:
                        child.kill()

    def child(self, *argv: str, name: str, **env: str) -> Child:
        """`python ARGV…` of the project, behind the proxies."""
        return Child(argv, log=self.folder / f"{name}.log", env={**self.env, **env})

    def open(self) -> None:
        """The web server with two processes; returns when it listens."""
        argv = (*GRANIAN, "--port", str(self.port), "ljwx.asgi:application")
        env = {"LJWX_LEGACY_WRITERS": str(self.writers)} if self.writers else {}
        self.web = self.child(*argv, name="web", **env)
        until(self.accepts, within=START_S)

    def hire(self) -> None:
        """`run_consumers` with two workers, as an operator starts it."""
        if self.consumers is None or not self.consumers.lives:
            self.consumers = self.child("manage.py", "run_consumers", "--workers", "2", name="consumers")

    def dismiss(self) -> None:
        """End `run_consumers`: a row brings its own."""
        if self.consumers is not None:
            self.consumers.end()

    def consumer(self, name: str = "", failpoint: str = "") -> Child:
        """One consumer of all kinds, by default under a name that nobody had."""
        name = name or self.name()
        argv = ("manage.py", "run_consumers", "--slot", name, "--batch-size", "50")
        return self.child(*argv, name=name.replace(":", "-"), LJWX_FAILPOINT=failpoint)

    def name(self) -> str:
        """A consumer's name that nobody had."""
        self._names += 1
        return f"{HOST}:row-{self._names}"

    def accepts(self) -> bool:
        """Whether the web server listens."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def workers(self) -> dict[int, str]:
        """Process ids and names of `run_consumers`' own consumers that tell they live, the one of all kinds last."""
        children = self.consumers.children() if self.consumers and self.consumers.lives else []
        found: list[tuple[int, int, str]] = []
        for key in client("control").scan_iter(CONSUMER_KEY.format(f"{HOST}:*")):
            pid, kinds = client("control").hmget(key, "pid", "kinds")
            if pid and int(pid) in children:
                found.append((len(kinds or b""), int(pid), key.decode().removeprefix(CONSUMER_KEY.format(""))))
        return {pid: name for _length, pid, name in sorted(found)}

    def told(self, *names: str) -> list[tuple[str, ...]]:
        """These fields of what each of `workers` tells of itself."""
        keys = [CONSUMER_KEY.format(name) for name in self.workers().values()]
        return [tuple((word or b"").decode() for word in client("control").hmget(key, *names)) for key in keys]

    def web_workers(self) -> list[int]:
        """Process ids of those that accept uploads."""
        assert self.web is not None
        return [pid for pid in self.web.children() if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def said(self, name: str) -> str:
        """What the process of this name has logged in this row."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[self._read.get(name, 0) :]

    def share(self, percentage: int) -> None:
        """Send `percentage` of the devices of every kind to the stream."""
        from rollout.traffic import switch  # Django is set up now

        kinds = [kind.name for kind in registry.kinds()]
        switch(percentage=Decimal(percentage), kinds=kinds, actor="faults", reason="a row")

    def backlog(self) -> int:
        """Undelivered and pending entries of every kind."""
        return sum(backlog.measure(kind).total for kind in registry.kinds())

    def redis_answers(self) -> bool:
        """Whether Redis takes commands. Raises redis.RedisError while it does not."""
        return bool(client("control").ping())

    def appended(self) -> int:
        """Entries that lie in the streams, stored or not. Raises redis.RedisError."""
        return sum(client("control").xlen(kind.stream) for kind in registry.kinds())

    def wait(self, seconds: float) -> None:
        """Let a fault last."""
        self._pause.wait(seconds)

    def until(self, state: Callable[[], Any], *, within: float = 30.0, what: str = "") -> Any:
        """Wait for `state`, which is called `what`; Redis may still be starting."""

        def answer() -> Any:
            self.load.check()
            try:
                return state()
            except redis.RedisError as error:
                self._pause.wait(0.1)
                return _not(error)

        try:
            return until(answer, within=within)
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from error

    def calm(self, percentage: int, *, writers: int) -> None:
        """Everything is up, consumers live, and the share is applied. Fails when that takes longer than a minute."""
        from django.db import close_old_connections

        close_old_connections()
        self.to_redis.go()
        self.to_database.go()
        self.hire()
        for name in ("web", "consumers"):
            self._read[name] = 0
            self._read[name] = len(self.said(name))
        if writers != self.writers and self.web is not None:
            self.web.end()
            self.writers = writers
            self.open()
        self.share(percentage)
        self.until(lambda: self.redis_answers() and len(self.workers()) == 2, within=60)
        self.wait(RENEW_S)

    @contextlib.contextmanager
    def sql(self) -> Iterator["MySQLdb.connections.Connection"]:
        """A connection of root, past the proxy."""
        path = str(self.database.socket)
        with contextlib.closing(MySQLdb.connect(unix_socket=path, user="root", db="ljwx", charset="utf8mb4")) as root:
            yield root

    def mend(self) -> None:
        """Undo whatever a row that failed has left, and start another load."""
        self.load.end()
        self.load.launch()
        for server in (self.redis, self.database):
            server.signal(signal.SIGCONT)
            if not server.lives:
                server.start()
        self.until(lambda: client("control").config_set("maxmemory", "0"))
        with self.sql() as root:
            root.query("SET GLOBAL read_only = 0")
        if self.consumers is not None:
            self.consumers.kill()
        if self.web is not None and not self.web.lives:
            self.open()


def _not(error: Exception) -> bool:
    return False


def environment(folder: Path, redis_front: Path, database_front: Path) -> dict[str, str]:
    """What the processes of the system get: the proxies' addresses, and a user that read_only binds."""
    return {
        **os.environ,
        "LJWX_REDIS_URL": f"unix://{redis_front}?db=0",
        "LJWX_DATABASE_URL": f"mysql://ljwx@localhost/ljwx?unix_socket={database_front}",
        "LJWX_DATABASE_READ_TIMEOUT_S": str(READ_TIMEOUT_S),
        "LJWX_CONSUMER_HOST": HOST,
        "LJWX_CONSUMER_CLAIM_IDLE_MS": str(CLAIM_IDLE_MS),
    }
