"""The told counts of both paths, as the detectors and the guardrails want them."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from monitoring.bucket import Bucket
from monitoring.histogram import Histogram
from rollout.guardrails.evidence import Accept
from rollout.guardrails.sequential import Detector, Failed, SequentialTest, Tally, feed
from rollout.routes import STREAM

# At least so much time is in a p99, even when one second has requests enough.
LEAST_S = 30


class Recent:
    """The seconds that were read, as far back as a window reaches."""

    def __init__(self, *, keep_s: int) -> None:
        self._keep_s = keep_s
        self._buckets: deque[Bucket] = deque()

    def add(self, buckets: Iterable[Bucket], *, until: int) -> None:
        """Take newer seconds, and forget those too old for `until`."""
        self._buckets.extend(buckets)
        while self._buckets and self._buckets[0].second < until - self._keep_s:
            self._buckets.popleft()

    def window(self, path: str, kind: str, *, since: int, test: SequentialTest) -> Tally:
        """What a detector says of a path's last seconds, all epochs together."""
        found = [each for each in self._buckets if each.path == path and each.kind == kind and each.second >= since]
        if not any(each.wrong for each in found):
            # Good records alone move no detector: their sum is all there is to know.
            return Tally(good=sum(each.good for each in found), second=max((s.second for s in found), default=None))
        return feed(Detector(test=test), seconds=seconds(found)).tally

    def accept(self, path: str, *, least: int, since: float) -> Accept | None:
        """The newest `least` requests of a path or more, none from before `since`; None when there is none."""
        total, begin, end = Histogram(), None, None
        for bucket in reversed(self._buckets):
            if bucket.path != path or not bucket.latency.count:
                continue
            if bucket.second < since or (end is not None and total.count >= least and bucket.second < end - LEAST_S):
                break
            total.merge(bucket.latency)
            begin, end = bucket.second, bucket.second + 1 if end is None else end
        if begin is None or end is None:
            return None
        return Accept(
            path,
            requests=total.count,
            p99_s=total.quantile(0.99),
            since=float(begin),
            until=float(end),
            p50_s=total.quantile(0.5),
        )


def of_epoch(buckets: Iterable[Bucket], kind: str, epoch: int) -> list[Bucket]:
    """The stream path of a kind under an epoch; 0 is that of entries of which nobody knows it."""
    return [each for each in buckets if each.path == STREAM and each.kind == kind and each.epoch in (0, epoch)]


def seconds(buckets: Sequence[Bucket]) -> list[tuple[int, int, Failed]]:
    """What a detector is fed: second, good records, and errors, in order."""
    found: dict[int, list[Bucket]] = {}
    for bucket in buckets:
        found.setdefault(bucket.second, []).append(bucket)
    return [(second, sum(each.good for each in found[second]), _failed(found[second])) for second in sorted(found)]


def _failed(buckets: Sequence[Bucket]) -> Failed:
    devices: Counter[str] = Counter()
    for bucket in buckets:
        devices.update(bucket.devices)
    return Failed(dict(sorted(devices.items())), sum(bucket.others for bucket in buckets))
