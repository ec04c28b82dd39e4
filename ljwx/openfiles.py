"""How many connections this process may hold: each is an open file."""

import resource

# What else a process has open: logs, sockets of Redis and the database, modules being read.
SPARE = 500
FLEET = 10_000


def allow(connections: int) -> int:
    """Raise this process's limit of open files as far as it may for so many connections; returns how many it can
    hold then, at the most `connections`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return connections if soft == resource.RLIM_INFINITY else max(0, min(connections, soft - SPARE))
