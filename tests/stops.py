"""Stop flags for the loops of tests."""


class Waits:
    """A stop flag that is set with the last of so many waits. `seconds`: how long each was to be."""

    def __init__(self, most: int) -> None:
        self.seconds: list[float] = []
        self._most = most

    def is_set(self) -> bool:
        return len(self.seconds) >= self._most

    def wait(self, timeout: float) -> bool:
        self.seconds.append(timeout)
        return self.is_set()
