"""What became of the records of one device and kind: when each happened, whether it was sent, whether accepted."""

from array import array
from collections.abc import Iterator

SENT, ACCEPTED = 1, 2


class Track:
    """Numbered records, about ten bytes each. A *rival* is a record of the same second as an earlier one, with other
    values: of two rivals one is stored, the other must become a dead letter."""

    __slots__ = ("by_stream", "certain", "followers", "kind", "marks", "rivals", "times")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.times = array("q")
        self.marks = bytearray()
        # rival → the record that came first, and the other way round
        self.rivals: dict[int, int] = {}
        self.followers: dict[int, list[int]] = {}
        # rivals that always travel in one upload with the first, behind it: the first stays on any path
        self.certain: set[int] = set()
        # records that went to an address that always takes the stream
        self.by_stream: set[int] = set()

    def __len__(self) -> int:
        return len(self.times)

    def add(self, at: int) -> int:
        """A new record of the second `at`; returns its number."""
        self.times.append(at)
        self.marks.append(0)
        return len(self.times) - 1

    def add_rival(self, first: int, *, certain: bool) -> int:
        number = self.add(self.times[first])
        self.rivals[number] = first
        self.followers.setdefault(first, []).append(number)
        if certain:
            self.certain.add(number)
        return number

    def has_rival(self, number: int) -> bool:
        """Whether it is a rival or has one."""
        return number in self.rivals or number in self.followers

    def drops(self, number: int) -> None:
        """It may never be sent (again): its rivals do not follow it any more."""
        self.certain.difference_update(self.followers.get(number, ()))

    def sent(self, number: int) -> None:
        self.marks[number] |= SENT

    def accepted(self, number: int) -> None:
        self.marks[number] |= ACCEPTED

    def was_sent(self, number: int) -> bool:
        return bool(self.marks[number])

    def was_accepted(self, number: int) -> bool:
        return bool(self.marks[number] & ACCEPTED)

    def accepted_count(self) -> int:
        return sum(mark >> 1 for mark in self.marks)

    def firsts(self) -> Iterator[int]:
        """Every record that came first at its second."""
        return (number for number in range(len(self.times)) if number not in self.rivals)

    def of_second(self, first: int) -> list[int]:
        """The records that were sent of the second of `first`, in order."""
        return [number for number in (first, *self.followers.get(first, ())) if self.marks[number]]

    def must_stay(self, first: int, *, in_order: bool) -> bool:
        """Whether `first` must be stored rather than its rivals, if it was accepted. `in_order`: its path stores in
        the order of arrival, as the legacy path does and the stream, with several consumers, does not promise."""
        firm = in_order and first not in self.by_stream
        return all(number in self.certain or firm for number in self.of_second(first) if number != first)
