"""Entries that stay pending because somebody holds their devices back: a drill, and nobody else.

Whoever may do so registers with `register`; nobody registered, or nobody who holds anything: one call a batch.
"""

from collections.abc import Callable, Iterable, Sequence

from streaming.envelope import FIELD, Undecodable, decode
from streaming.opening import Fields
from streaming.registry import Kind

# Whether the entries of a serial are held back.
Hold = Callable[[str], bool]
Entry = tuple[bytes, Fields]


def _nobody() -> Hold | None:
    return None


_source: Callable[[], Hold | None] = _nobody


def register(source: Callable[[], Hold | None]) -> None:
    """Ask `source` with each batch what is held back; None: nothing. It must not raise."""
    global _source
    _source = source


class HeldBack:
    """What one consumer has left pending. It is acknowledged by nobody, so nothing is lost with the process: the next
    holder of the name reads it in its own history."""

    def __init__(self) -> None:
        self._kinds: set[str] = set()

    def sift(self, kind: Kind, entries: Sequence[Entry]) -> Sequence[Entry]:
        """The entries to be handled now: all but those that hold nothing except records of devices held back."""
        hold = _source()
        if hold is None:
            return entries
        left = [entry for entry in entries if not _is_held(kind, entry[1], hold)]
        if len(left) < len(entries):
            self._kinds.add(kind.name)
        return left

    def released(self) -> Iterable[str]:
        """The kinds of which entries were left, once nothing is held back any more; each told once."""
        if not self._kinds or _source() is not None:
            return ()
        found, self._kinds = self._kinds, set()
        return found


def _is_held(kind: Kind, fields: Fields, hold: Hold) -> bool:
    try:
        envelope = decode(fields.get(FIELD, b""), record=kind.record, kind=kind.name)
    except Undecodable:
        return False
    serials = [kind.device(record) for record in envelope.records]
    serials += [reject.device_sn for reject in envelope.rejects]
    return bool(serials) and all(map(hold, serials))
