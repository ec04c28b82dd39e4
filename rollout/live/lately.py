"""What both paths did within the last minute, read a second at a time."""

from collections import deque
from typing import Any

from monitoring import evidence
from monitoring.bucket import Bucket
from rollout.api.metrics.paths import LATELY_S
from rollout.api.metrics.window import by_path, figures


class Lately:
    """Keeps the buckets of the last minute: each second is read once."""

    def __init__(self) -> None:
        self._buckets: deque[Bucket] = deque()
        self._until: int | None = None

    def told(self) -> dict[str, Any]:
        """The figures of each path of which something was told. Raises django.db.Error."""
        until = evidence.settled()
        since = until - LATELY_S
        self._buckets.extend(evidence.read(max(since, self._until or since), until))
        self._until = until
        while self._buckets and self._buckets[0].second < since:
            self._buckets.popleft()
        paths = sorted(by_path(self._buckets).items())
        return {
            "window_s": LATELY_S,
            "until": until,
            "paths": {path: figures(each, seconds=LATELY_S) for path, each in paths},
        }
