"""A Redis in memory: the commands that the project uses, with the replies that redis-py gives.

test_fidelity.py runs random commands against this and against a real Redis and compares every reply. Time is
`now_ms`, which the simulation moves.
"""

from typing import Any

from redis.exceptions import OutOfMemoryError

from tests.simulation.consumergroups import ConsumerGroups
from tests.simulation.keys import Value

GROWING = {"xadd", "xgroup_create", "hset", "hsetnx", "hincrby", "set"}


class Server(ConsumerGroups):
    """`full`: at `maxmemory`, where what needs memory is refused. `safe`: it keeps what it acknowledges."""

    def __init__(self, *, old: bool = False, node_most: int = 100) -> None:
        super().__init__(old=old, node_most=node_most)
        self.full = False
        self.safe = True

    def call(self, name: str, *args: Value, **kwargs: Value) -> Value:
        """Run one command."""
        if self.full and name in GROWING:
            raise OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")
        return getattr(self, name)(*args, **kwargs)

    def flushdb(self) -> bool:
        self.keys.clear()
        self.expires.clear()
        return True

    def ping(self) -> bool:
        return True

    def info(self, section: str = "") -> dict[str, Any]:
        return {
            "redis_version": "6.2.14" if self.old else "7.0.15",
            "role": "master",
            "maxmemory": 0,
            "maxmemory_policy": "noeviction",
            "used_memory": 1 << 20,
            "aof_enabled": int(self.safe),
            "aof_last_write_status": "ok",
        }

    def config_get(self, pattern: str) -> dict[str, str]:
        return {"appendfsync": "everysec"} if pattern == "appendfsync" else {}

    def execute_command(self, *words: Value) -> Value:
        if [str(word).upper() for word in words[:2]] == ["COMMAND", "INFO"]:
            return {str(word).lower(): {"name": word} for word in words[2:]}
        raise NotImplementedError(words)
