"""One line on a terminal that changes, on stderr; anything else gets nothing of it."""

from types import TracebackType
from typing import Self

from rich.console import Console


class StatusLine:
    """Shown inside its block."""

    def __init__(self, text: str = "") -> None:
        self._console = Console(stderr=True)
        self._status = self._console.status(text)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()
