"""The only place that builds a Redis client, and the map of every key this project keeps in Redis.

| key | type | life |
|---|---|---|
| `health_data_stream`, `device_info_stream`, `common_event_stream` | stream with its group | retention |
| the same with `:shadow` behind | stream of mirrored copies with its group | retention |
| `ljwx:slot:{stable name}` | string: token of the supervisor that holds the slot | 10 s, renewed each second |
| `ljwx:consumer:{stable name}` | hash: pid, kinds, stored, dead, error, beat | 15 s, renewed by the consumer |
| `ljwx:worker:{stable name}` | string: JSON, a process as its supervisor sees it | 5 s, renewed each second |
| `ljwx:seats` | hash: seat to supervisor, `at:` + supervisor to the end of its lease | 60 s, renewed each second |
| `ljwx:autoscaler` | string: the supervisor that leads autoscaling | 30 s, renewed every 10 s |
| `ljwx:autoscale` | string: JSON of what autoscaling remembers | until autoscaling replaces it |
| `ljwx:controller` | string: who leads the controllers | 5 s, renewed each round |
| `ljwx:live` | string: JSON, the live document of the dashboard | 5 s, renewed each round |
| `ljwx:alarms` | hash: name of an alarm to what is wrong and since when | until it is cleared |
| `ljwx:ledger:{stream}:{minute}` | hash: `path:what` to the records that were acknowledged with it | 3 days |
| `ljwx:budget` | hash: records handled and buried per kind and 10 s; stopped kinds with why | 5 min; until allowed |
| `ljwx:trimmed` | sorted set: a stream to the millisecond before which entries may be trimmed early | as the streams |
| `ljwx:lost` | hash: entries per kind that were deleted before they were stored | until acknowledged |
| `ljwx:drill` | string: JSON, the fault that a drill has armed | 10 s, renewed by the drill |
| `ljwx:cache:*` | django-redis: `once:*` answers by idempotency key, `refused:*` refusals by address | 24 h; 1 min |
"""

from functools import cache
from typing import Literal

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

Profile = Literal["accept", "consume", "control"]

SLOT_KEY = "ljwx:slot:{}"
CONSUMER_KEY = "ljwx:consumer:{}"
WORKER_KEY = "ljwx:worker:{}"
SEATS_KEY = "ljwx:seats"
AUTOSCALER_KEY = "ljwx:autoscaler"
AUTOSCALE_KEY = "ljwx:autoscale"
CONTROLLER_KEY = "ljwx:controller"
LIVE_KEY = "ljwx:live"
LEDGER_KEY = "ljwx:ledger:{{{}}}:{}"
ALARMS_KEY = "ljwx:alarms"
BUDGET_KEY = "ljwx:budget"
LOST_KEY = "ljwx:lost"
TRIMMED_KEY = "ljwx:trimmed"
DRILL_KEY = "ljwx:drill"

# A blocking read must end before its socket times out.
BLOCK_MS = 1_000

TIMEOUTS: dict[Profile, dict[str, float]] = {
    "accept": {"socket_connect_timeout": 0.1, "socket_timeout": 0.5},
    "consume": {"socket_connect_timeout": 1.0, "socket_timeout": BLOCK_MS / 1000 + 4.0},
    "control": {"socket_connect_timeout": 1.0, "socket_timeout": 2.0},
}


def says_missing(answer: object) -> bool:
    """Whether `answer` is a server's error that the key is not there, as XINFO gives it."""
    return isinstance(answer, redis.ResponseError) and "no such key" in str(answer).lower()


def ledger_key(stream: str, minute: int) -> str:
    """The ledger's hash of a stream and minute. A Redis Cluster keeps it where the stream is: the braces say so."""
    return LEDGER_KEY.format(stream, minute)


@cache
def _client(url: str, profile: Profile) -> redis.Redis:
    # redis-py retries ten times by default, and a retried XADD is a second entry: a failure is told, not retried.
    return redis.Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0), **TIMEOUTS[profile])


def client(profile: Profile) -> redis.Redis:
    """The shared, thread-safe client of `profile`.

    *accept* fails within 0.5 s, *consume* may block, *control* is for the rest. Replies are bytes. No command is
    retried: a time-out means that its effect is unknown.
    """
    return _client(settings.REDIS_URL, profile)


def async_pool() -> redis.asyncio.ConnectionPool:
    """A pool of asyncio connections for the group commit, which keeps its own deadline: they have no read time-out,
    for the client would set a timer for every single reply."""
    return redis.asyncio.ConnectionPool.from_url(
        settings.REDIS_URL,
        protocol=2,
        retry=AsyncRetry(NoBackoff(), 0),
        socket_connect_timeout=TIMEOUTS["accept"]["socket_connect_timeout"],
        socket_timeout=None,
    )
