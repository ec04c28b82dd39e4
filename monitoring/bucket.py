"""What is known of one path, kind and epoch in one second: it adds up over processes and seconds."""

from typing import NamedTuple

import msgspec

from monitoring.histogram import Histogram

# Different devices whose errors are told apart, per process and second.
MOST_DEVICES = 500


class Key(NamedTuple):
    """The route that a record belongs to by its device's share. `epoch` 0: not known, for the entry is not readable or
    gone."""

    path: str
    kind: str
    epoch: int


class Bucket(msgspec.Struct, omit_defaults=True):
    """Counts of records, but `uploads` and `latency` of uploads.

    `accepted`: promised by an append, their outcome is told by a consumer later. `good`: stored, or there already.
    `errors`: by reason, what the path did wrong. `devices`: the same errors by a keyed hash of the serial; `others` of
    them are of devices beyond the first 500, or of devices that nobody knows. `latency`: from reading the body to the
    answer, refusals included; an upload with records of several keys counts in each.
    """

    path: str
    kind: str
    epoch: int
    second: int = 0
    uploads: int = 0
    accepted: int = 0
    good: int = 0
    errors: dict[str, int] = {}
    devices: dict[str, int] = {}
    others: int = 0
    latency: Histogram = msgspec.field(default_factory=Histogram)

    @property
    def key(self) -> Key:
        return Key(self.path, self.kind, self.epoch)

    @property
    def wrong(self) -> int:
        """All errors."""
        return sum(self.errors.values())

    def fail(self, reason: str, records: int, device: str) -> None:
        """Count `records` errors of a device; "" for one that nobody knows."""
        self.errors[reason] = self.errors.get(reason, 0) + records
        if device in self.devices or (device and len(self.devices) < MOST_DEVICES):
            self.devices[device] = self.devices.get(device, 0) + records
        else:
            self.others += records

    def merge(self, other: "Bucket") -> None:
        """Count everything that `other` has counted; path, kind, epoch and second stay. Devices are as many as both
        have: the bound is that of one process and second."""
        self.uploads += other.uploads
        self.accepted += other.accepted
        self.good += other.good
        self.others += other.others
        self.latency.merge(other.latency)
        for mine, theirs in ((self.errors, other.errors), (self.devices, other.devices)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
