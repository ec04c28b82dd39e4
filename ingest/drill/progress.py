"""How a drill goes: a line that changes on a terminal, a line for each stage elsewhere; on stderr."""

from types import TracebackType

from django.utils import timezone
from rich.console import Console


class Progress:
    """`quiet`: nothing where there is no terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True)
        self._status = self._console.status("")
        self._quiet = quiet

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def stage(self, text: str) -> None:
        """What the drill does from now on."""
        if self._console.is_terminal:
            self._status.update(text)
        elif not self._quiet:
            line = f"{timezone.localtime():%H:%M:%S} {text}"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
