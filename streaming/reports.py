"""What supervisors tell about their workers: who there is, also when a worker itself can not say so."""

from collections.abc import Sequence

import msgspec
import redis

from ljwx.redis import CONSUMER_KEY, WORKER_KEY
from streaming.worker import State, Worker

LIFE_MS = 5_000

# A full Redis refuses SET, but not to a script that has written before.
TELL = "redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])"


class Report(msgspec.Struct, frozen=True):
    """One worker as its supervisor sees it. `exit_code`: how it ended last, None when it never has; `seat`:
    None for one that serves kinds of its own, outside the number for all hosts."""

    name: str
    host: str
    seat: int | None
    kinds: list[str]
    state: State
    pid: int | None
    restarts: int
    exit_code: int | None


def tell(connection: redis.Redis, host: str, workers: Sequence[Worker], *, shared: bool = True) -> None:
    """Report every worker, for five seconds. Raises redis.RedisError."""
    pipeline = connection.pipeline(transaction=False)
    for worker in workers:
        report = Report(
            worker.name,
            host,
            worker.seat if shared else None,
            [kind.name for kind in worker.kinds],
            worker.state,
            worker.pid,
            worker.restarts,
            worker.exit_code,
        )
        pipeline.eval(TELL, 1, WORKER_KEY.format(worker.name), msgspec.json.encode(report), LIFE_MS)
    pipeline.execute()


def withdraw(connection: redis.Redis, name: str) -> None:
    """The worker is no more: neither its report nor its heartbeat shows it. Raises redis.RedisError."""
    connection.delete(WORKER_KEY.format(name), CONSUMER_KEY.format(name))


def living(connection: redis.Redis) -> list[Report]:
    """Every worker of every supervisor that lives, by seat and name. Raises redis.RedisError."""
    keys = list(connection.scan_iter(match=WORKER_KEY.format("*"), count=1_000))
    found = [msgspec.json.decode(value, type=Report) for value in (connection.mget(keys) if keys else []) if value]
    return sorted(found, key=lambda report: (report.seat is None, report.seat or 0, report.name))
