"""The evidence of both paths, as all processes have told it: what guardrails judge and the dashboard shows.

A second is one of the database's clock, the second in which a process has written what it was told, one to two seconds
after it happened; later when the database was away. So each count is in exactly one second, a second that is
`SETTLED_S` old does not change any more, and reading one window after the other finds everything once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from ljwx.databaseclock import now
from monitoring.bucket import Bucket, Key
from monitoring.histogram import Histogram
from monitoring.models import Tally

# Younger seconds are incomplete: transactions that have written may not have committed.
SETTLED_S = 2

_decoder = msgspec.json.Decoder(list[Bucket])


@dataclass(frozen=True, slots=True)
class Rate:
    """Records of a key whose outcome is known: `errors` of `records`."""

    records: int
    errors: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None without a record."""
        return self.errors / self.records if self.records else None


def settled() -> int:
    """The second before which nothing changes any more: the `until` of who reads everything once. Raises
    django.db.Error."""
    return int(now()) - SETTLED_S


def read(since: int, until: int) -> list[Bucket]:
    """What was written from second `since` up to, without, `until`: one bucket for each second, path, kind and epoch,
    in this order. What is younger than `settled()` is incomplete, what is older than 15 minutes is gone. Raises
    django.db.Error."""
    found: dict[tuple[int, Key], Bucket] = {}
    rows = Tally.objects.filter(written__gte=since, written__lt=until).order_by("written", "pk")
    for written, data in rows.values_list("written", "data").iterator():
        second = int(written)
        for told in _decoder.decode(data):
            sum_ = found.get((second, told.key))
            if sum_ is None:
                sum_ = found[second, told.key] = Bucket(told.path, told.kind, told.epoch, second)
            sum_.merge(told)
    return [found[key] for key in sorted(found)]


def rates(buckets: Iterable[Bucket]) -> dict[Key, Rate]:
    """Errors and records with an outcome of each path, kind and epoch in `buckets`. What a consumer has yet to tell is
    not in it."""
    found: dict[Key, Rate] = {}
    for bucket in buckets:
        before = found.get(bucket.key, Rate(0, 0))
        found[bucket.key] = Rate(before.records + bucket.good + bucket.wrong, before.errors + bucket.wrong)
    return found


def latency(path: str, since: int, until: int) -> Histogram:
    """How long uploads of a path took, all kinds and epochs together, written from `since` up to `until`. Raises
    django.db.Error."""
    found = Histogram()
    for bucket in read(since, until):
        if bucket.path == path:
            found.merge(bucket.latency)
    return found
