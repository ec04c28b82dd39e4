"""What became of an upload, told to monitoring once, when its answer is known.

A record counts for the path that its device's share means, whichever way it went: saved by the legacy writer because
the stream was closed or did not answer, it is an error of the stream path.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.upload import Part
from monitoring import tallies
from monitoring.bucket import Key
from rollout import routes
from streaming.deadletters import Burial


@dataclass(slots=True)
class _Sum:
    accepted: int = 0
    good: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the answer was made of. `routed`: each part with the path and epoch of its share; `appended`: those that
    are in the stream; `failed`: records of the others that the database refused; `refused`: the answer is 503."""

    routed: Sequence[tuple[Part, str, int]]
    appended: Sequence[Part]
    failed: Sequence[Burial]
    refused: bool

    def tell(self, *, seconds: float) -> None:
        """Tell it, `seconds` after the body was there. What the edge found impossible is in no count."""
        sums: dict[Key, _Sum] = {}
        dead = Counter((burial.kind, burial.device_sn) for burial in self.failed)
        appended = {id(part) for part in self.appended}
        for part, path, epoch in self.routed:
            sum_ = sums.setdefault(Key(path, part.kind, epoch), _Sum())
            records = len(part.records)
            if id(part) in appended:
                sum_.accepted += records
            elif self.refused:
                self._fail(part, path, epoch, tallies.REFUSED, records)
            elif path != routes.LEGACY:
                self._fail(part, path, epoch, tallies.FALLBACK, records)
            else:
                bad = dead[part.kind, part.device_sn]
                sum_.good += records - bad
                self._fail(part, path, epoch, tallies.DEAD, bad)
        for (path, kind, epoch), sum_ in sums.items():
            tallies.upload(path, kind, epoch, seconds=seconds, accepted=sum_.accepted, good=sum_.good)

    def _fail(self, part: Part, path: str, epoch: int, reason: str, records: int) -> None:
        if records:
            tallies.failed(path, part.kind, epoch, reason, device_sn=part.device_sn, records=records)
