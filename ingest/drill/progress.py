"""How a drill goes: a line that changes on a terminal, a line for each stage elsewhere; on stderr."""

from django.utils import timezone

from ingest.progress import StatusLine


class Progress(StatusLine):
    """`quiet`: nothing where there is no terminal."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__()
        self._quiet = quiet

    def stage(self, text: str) -> None:
        """What the drill does from now on."""
        if self._console.is_terminal:
            self._status.update(text)
        elif not self._quiet:
            line = f"{timezone.localtime():%H:%M:%S} {text}"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
