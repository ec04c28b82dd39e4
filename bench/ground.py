"""What every round starts from: empty servers, and how much they hold afterwards."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import psutil
from django.apps import apps
from django.db import connection

from bench.tree import Failed, cpu_s
from ljwx.redis import client
from rollout.models import Route
from streaming import backlog, registry

DRAIN_S = 300.0


@dataclass(slots=True)
class Ground:
    """The Redis and the MariaDB of this run; `folder` is the run's own."""

    folder: Path
    redis_pid: int = 0
    database_pid: int = 0
    _pause: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        children = {process.name(): process.pid for process in psutil.Process().children()}
        self.redis_pid, self.database_pid = children["redis-server"], children["mariadbd"]

    def reset(self, *, share: int, mirrored: int = 0) -> None:
        """Empty tables, an empty Redis, `share` percent of the devices of every kind on the stream, and `mirrored`
        percent of the others mirrored."""
        models = [*apps.get_app_config("ingest").get_models(), apps.get_model("streaming", "DeadLetter")]
        with connection.cursor() as cursor:
            for model in models:
                cursor.execute(f"TRUNCATE TABLE {model._meta.db_table}")
        client("control").flushdb()
        Route.objects.update(percentage=Decimal(share), mirror_percentage=Decimal(mirrored))

    def rows(self) -> int:
        """Readings in the table."""
        return _count("t_user_health_data")

    def shadow_rows(self) -> int:
        """Mirrored readings in the table."""
        return _count("t_user_health_data_shadow")

    def added(self) -> int:
        """Entries of readings that were ever appended: Redis's own count."""
        return _added("health")

    def mirrored(self) -> int:
        """Copies of readings that were ever appended."""
        return _added("health-shadow")

    def backlog(self) -> int:
        """Entries of readings that are not acknowledged yet."""
        return backlog.measure(registry.get("health")).total

    def mirrored_backlog(self) -> int:
        """Copies of readings that are not acknowledged yet."""
        return backlog.measure(registry.get("health-shadow")).total

    def drained(self, check: Callable[[], None], *, within: float = DRAIN_S) -> None:
        """Wait until nothing is left to be stored. `check` raises when nobody stores any more."""
        self.until(lambda: self.backlog() == 0, check, within=within)

    def still(self, check: Callable[[], None]) -> None:
        """Wait until nothing comes any more: a server still works on what a load has left behind unanswered."""
        last = [(-1, -1)]

        def same() -> bool:
            before, last[0] = last[0], (self.rows(), self.added())
            return before == last[0]

        self.until(same, check, within=DRAIN_S, every=0.3)

    def settled(self, check: Callable[[], None]) -> None:
        """Wait until nothing comes any more and nothing is left to be stored."""
        self.still(check)
        self.drained(check)

    def database_cpu_s(self) -> float:
        """Processor seconds of the database server."""
        return cpu_s(self.database_pid)

    def until(
        self, state: Callable[[], bool], check: Callable[[], None], *, within: float, every: float = 0.05
    ) -> None:
        """Wait until `state`. Raises Failed after `within` seconds."""
        for _ in range(int(within / every)):
            check()
            if state():
                return
            self._pause.wait(every)
        raise Failed(f"not finished within {within:.0f} s; {self.backlog()} entries wait")


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        return int(cursor.fetchone()[0])


def _added(kind: str) -> int:
    stream, redis = registry.get(kind).stream, client("control")
    return int(redis.xinfo_stream(stream)["entries-added"]) if redis.exists(stream) else 0
