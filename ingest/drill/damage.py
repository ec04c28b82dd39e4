"""Rows of a drill's devices that are deleted behind the writers' back: the fault that the consistency check finds."""

import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ingest.drill.arming import TAG
from ingest.models import AlertInfo, HealthData
from ingest.upload import HEALTH
from ljwx.redis import client
from rollout.consistency.tallies import SECONDS
from rollout.models import Step
from rollout.routes import STREAM
from streaming import registry
from streaming.envelope import FIELD, decode

LASTS_S = 5.0
MOST = 300


class Damage:
    """Deletes readings of the devices whose serial begins with `prefix` for `LASTS_S`, at most about `MOST` of them.

    Only what an entry of the step's epoch in the stream promises: the repair finds it there. Only what was received
    `not_before` (seconds since 1970): the evidence of the step begins at whole tens of seconds. Readings that an alert
    names stay, for they would come back under another number. Raises ValueError without the tag of drills.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, *, prefix: str, step: Step) -> None:
        if not prefix.startswith(TAG) or prefix == TAG:
            raise ValueError(f"a drill's serials begin with {TAG} and something of its own")
        self.deleted = 0
        self._prefix = prefix
        self._epoch = step.epochs[HEALTH]
        observed = step.observing_since.timestamp() if step.observing_since else 0.0
        self.not_before = (observed // SECONDS + 1) * SECONDS
        self._until: float | None = None

    def begin(self) -> None:
        self._until = self.clock() + LASTS_S
        self.tend()

    def tend(self) -> None:
        """Delete what was stored since the last time."""
        if self._until is None or self.clock() > self._until:
            return
        for serial, times in self._promised().items():
            if self.deleted >= MOST:
                return
            rows = HealthData.objects.filter(device_sn=serial, timestamp__in=times)
            named = set(AlertInfo.objects.filter(device_sn=serial).values_list("health_id", flat=True))
            mine = [pk for pk in rows.values_list("pk", flat=True) if pk not in named]
            self.deleted += HealthData.objects.filter(pk__in=mine).delete()[0]

    def end(self) -> None:
        self._until = None

    def _promised(self) -> dict[str, list[datetime]]:
        """The times of the readings that entries of the drill promise, by serial."""
        kind, found = registry.get(HEALTH), defaultdict(list)
        since_ms = int(self.not_before * 1000)
        entries: Any = client("control").xrange(kind.stream, min=str(since_ms))
        for _identifier, fields in entries:
            envelope = decode(fields.get(FIELD, b""), record=kind.record, kind=kind.name)
            if (envelope.path, envelope.epoch) != (STREAM, self._epoch) or envelope.received_ms < since_ms:
                continue
            for record in envelope.records:
                if record.device_sn.startswith(self._prefix):
                    found[record.device_sn].append(datetime.fromtimestamp(record.timestamp, UTC))
        return dict(found)
