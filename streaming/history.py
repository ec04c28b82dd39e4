"""Where a consumer is in what was delivered to its name before."""

START = b"0"


class History:
    """The pending entries of one kind under one name: read page by page after a start or a failure, then closed."""

    def __init__(self) -> None:
        self._after: bytes | None = START
        self._again_at: float | None = None

    def restart(self) -> None:
        """Read it from its beginning."""
        self._after, self._again_at = START, None

    def restart_at(self, when: float) -> None:
        """Read it again then, or earlier if somebody has asked for that."""
        self._again_at = when if self._again_at is None else min(when, self._again_at)

    def position(self, now: float) -> bytes | None:
        """The id after which the next page begins; None when there is nothing to read now."""
        if self._after is None and self._again_at is not None and now >= self._again_at:
            self.restart()
        return self._after

    def advance(self, to: bytes | None) -> None:
        """The page that ended with this id is done; None: there was none."""
        self._after = to
