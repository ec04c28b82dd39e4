"""Parts that come from different sources, gathered so that one that is away neither hides the others nor is guessed."""

from collections.abc import Callable, Mapping
from typing import Any

import redis
from django.db import InterfaceError, OperationalError

Read = Callable[[], Any]
DATABASE = (OperationalError, InterfaceError)
SILENT = (redis.ConnectionError, redis.TimeoutError)


def gather(*, database: Mapping[str, Read], from_redis: Mapping[str, Read]) -> dict[str, Any]:
    """Every part by name; one that can not be read is None, and `unknown` says why by its name.

    A source that was silent once is not asked again for the rest of this answer: it costs one time-out at most.
    """
    unknown: dict[str, str] = {}
    found: dict[str, Any] = {}
    for parts, silent, failing, source in (
        (database, DATABASE, DATABASE, "database"),
        (from_redis, SILENT, (redis.RedisError, *DATABASE), "Redis"),
    ):
        gone = ""
        for name, read in parts.items():
            found[name] = None
            if gone:
                unknown[name] = gone
                continue
            try:
                found[name] = read()
            except failing as error:
                unknown[name] = f"{source}: {type(error).__name__}"
                gone = unknown[name] if isinstance(error, silent) else ""
    return {**found, "unknown": unknown}
