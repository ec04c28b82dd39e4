"""How far the clocks of the hosts, and of Redis, are from the database's.

A host that is behind or ahead gives records without a time of their own a wrong one, and from a day on takes good times
for impossible ones; the ledger and the evidence are kept by minutes and seconds of all hosts.
"""

import redis

from ljwx import databaseclock
from ljwx.redis import client
from monitoring import hosts, processes

FACT = "clock"
REDIS = "Redis"


def ahead() -> dict[str, float]:
    """Seconds by which the clock of each host whose processes live, and of Redis unless it is away, is ahead of the
    database's, by name; negative when it is behind. Raises django.db.Error."""
    moment = databaseclock.now()
    found: dict[str, float] = {}
    for report in processes.live(moment=moment):
        if (told := report.number(FACT)) is not None:
            # Written a moment after it was said, and later by a process that had to wait: the nearest is the truth.
            difference, host = told - report.seen_at, hosts.host(report.name)
            found[host] = min(found.get(host, difference), difference, key=abs)
    try:
        seconds, microseconds = client("control").time()
    except redis.RedisError:
        return found
    return {**found, REDIS: seconds + microseconds / 1e6 - databaseclock.now()}
