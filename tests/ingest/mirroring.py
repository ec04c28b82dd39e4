"""Mirrored uploads: switched on, waited for, consumed, and what the shadow tables hold."""

from decimal import Decimal
from typing import Any

from ingest import models
from ljwx.redis import client
from monitoring import tallies
from rollout import routes
from rollout.traffic import switch
from streaming import mirror, registry
from streaming.envelope import FIELD, Envelope, decode
from tests.ingest.paths import ENDPOINTS
from tests.streaming import entries

# The shadow of each record table.
PAIRS = (
    (models.HealthData, models.ShadowReading),
    (models.HealthDaily, models.ShadowDay),
    (models.HealthWeekly, models.ShadowWeek),
    (models.DeviceInfo, models.ShadowDevice),
    (models.DeviceInfoHistory, models.ShadowDeviceHistory),
    (models.CommonEvent, models.ShadowEvent),
)


def mirrored(percentage: int) -> None:
    """Mirror that share of the devices, and let this process know."""
    switch(mirror=Decimal(percentage), kinds=list(ENDPOINTS), actor="test", reason="test")
    routes.current.refresh()


def settle() -> None:
    """Wait until every copy is in its stream, or dropped."""
    assert mirror.threaded.wait(10)


def copies(kind: str) -> list[Envelope[Any]]:
    """What is in the stream of the shadow."""
    shadow = registry.shadow(kind)
    assert shadow is not None
    found = client("control").xrange(shadow.stream)
    return [decode(fields[FIELD], record=shadow.record, kind=shadow.name) for _id, fields in found]


def consume() -> None:
    """Store everything that was mirrored, and all else."""
    settle()
    entries.drain(entries.consumer(kinds=registry.consumed()))


def told() -> dict[str, int]:
    """What was told of copies, all kinds together: how many uploads, how many records of each outcome."""
    found = [bucket for bucket in tallies.told() if bucket.path == tallies.SHADOW]
    counts = {name: sum(getattr(bucket, name) for bucket in found) for name in ("uploads", "accepted", "good")}
    for bucket in found:
        for reason, records in bucket.errors.items():
            counts[reason] = counts.get(reason, 0) + records
    return {name: count for name, count in counts.items() if count}


def shadow_rows() -> dict[str, int]:
    """How many rows each shadow table has that has any."""
    return {model.__name__: count for _real, model in PAIRS if (count := model.objects.count())}
