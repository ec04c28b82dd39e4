"""What the devices know: which records they sent, and for which they were told "accepted"."""

from collections.abc import Iterable

from tests.simulation.sent import DEVICE, EVENT, Element, Record, Upload


class Ledger:
    """`sent`: every record of every try, answered or not. `accepted`: those of tries answered 200. The same for the
    texts of impossible elements, each with its kind."""

    def __init__(self) -> None:
        self.sent: set[Record] = set()
        self.accepted: set[Record] = set()
        self.impossible: set[tuple[str, str]] = set()
        self.rejected: set[tuple[str, str]] = set()
        self.destroyed: set[tuple[str, tuple[str, ...]]] = set()
        self.destroyed_texts: set[tuple[str, str]] = set()
        self.wrong: list[str] = []

    def send(self, upload: Upload, now: int) -> None:
        """A device sends `upload` at `now`."""
        for element in upload.elements:
            self.sent.update(element.records(now))
            if element.impossible:
                self.impossible.add((element.kind, element.text))

    def answer(self, upload: Upload, now: int, *, accepted: int, rejected: Iterable[int]) -> None:
        """The try of `now` was answered 200 with these numbers."""
        for element in upload.elements:
            self.accepted.update(_promised(element, now))
            if element.impossible:
                self.rejected.add((element.kind, element.text))
        wanted = [not element.impossible for element in upload.elements]
        found = list(rejected)
        if accepted != sum(wanted) or found != [index for index, good in enumerate(wanted) if not good]:
            self.wrong.append(f"upload {upload.number} was answered {accepted} accepted, {found} rejected")

    def destroy(self, kind: str, key: tuple[str, ...]) -> None:
        """Somebody deleted an entry that held this record: it is nobody's fault when it is missing."""
        self.destroyed.add((kind, key))


def _promised(element: Element, now: int) -> list[Record]:
    # A reading inside an event that can not be stored lies with it among the dead letters.
    records = element.records(now)
    return records[:1] if element.kind in {EVENT, DEVICE} and records and records[0].hopeless else records
