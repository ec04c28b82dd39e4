"""The lane without group commit, to tell what that is worth: each upload is one XADD of its own."""

from collections.abc import Sequence

from bench.peers.common import FIELD, redis_pool
from ingest.lane import Lane
from ljwx import background
from streaming.producer import Entry


class Alone:
    """Appends as GroupCommit does, one command at a time."""

    def __init__(self) -> None:
        self._redis = redis_pool()

    async def append(self, entries: Sequence[Entry]) -> list[str]:
        """Append `entries` in order and return their ids."""
        return [(await self._redis.xadd(entry.stream, {FIELD: entry.data})).decode() for entry in entries]


application = Lane()
application._group = Alone()
background.start()
