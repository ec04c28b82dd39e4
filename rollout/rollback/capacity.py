"""Whether the legacy path can carry what comes back to it, as far as anybody has measured.

Both figures are of the ledger, in the database: they need no Redis. *Now* is what was accepted in this minute and the
one before. *Carried* is the best minute of the last day on the legacy path: a record counts there once it is committed,
within the time that an upload may wait. What `LJWX_LEGACY_CAPACITY` says was measured on purpose (`bench/run e2e`); a
fifth of it stays free for devices that try again. More than both is more than was measured only when somebody measured
the capacity: else it is unknown, which is never taken for enough.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
from django.conf import settings
from django.db import Error
from django.db.models import Max, Sum

from monitoring.ledger import ACCEPTED, STREAM
from monitoring.models import LedgerCount

USABLE = 0.8
SEEN_MINUTES = 24 * 60


class Headroom(msgspec.Struct, frozen=True, gc=False):
    """Records per second: what all paths accept `now`, what the legacy path would have to carry `after`, the most that
    it has `carried` within a minute of the last day, and its `measured` capacity. None: not known.

    `fits`: whether it can carry that; None when that is not known.
    """

    now: float | None
    after: float | None
    carried: float | None
    measured: float | None
    fits: bool | None


UNKNOWN = Headroom(None, None, None, None, None)


def headroom(shares: Mapping[str, Decimal], targets: Mapping[str, Decimal], *, now: datetime) -> Headroom:
    """What the legacy path would have to carry when the kinds in `targets` go from their `shares` to those.

    Never raises for a database that answers wrongly: what can not be read is not known, and no reason to wait.
    """
    try:
        return _headroom(shares, targets, now.timestamp())
    except Error:
        return UNKNOWN


def _headroom(shares: Mapping[str, Decimal], targets: Mapping[str, Decimal], now: float) -> Headroom:
    minute = int(now) // 60
    rates = _rates(minute, seconds=60 + now % 60)
    carried = _carried(minute)
    measured = float(settings.LEGACY_CAPACITY) or None
    if not rates:
        return Headroom(None, None, carried, measured, None)
    # By shares and not by the paths that were taken: those of a minute ago may have been under another share.
    after = sum(rate * _legacy(shares.get(kind, Decimal(0)), targets.get(kind)) for kind, rate in rates.items())
    return Headroom(round(sum(rates.values()), 1), round(after, 1), carried, measured, _fits(after, carried, measured))


def _rates(minute: int, *, seconds: float) -> dict[str, float]:
    rows = LedgerCount.objects.filter(minute__gte=minute - 1, minute__lte=minute, what=ACCEPTED)
    return {
        kind: int(records) / seconds
        for kind, records in rows.values_list("kind").annotate(Sum("count")).order_by("kind")
    }


def _carried(minute: int) -> float | None:
    minutes = (
        LedgerCount.objects.filter(minute__gte=minute - SEEN_MINUTES, minute__lt=minute, what=ACCEPTED)
        .exclude(path=STREAM)
        .values("minute")
        .annotate(records=Sum("count"))
    )
    most = minutes.aggregate(most=Max("records"))["most"]
    return None if most is None else round(float(most) / 60, 1)


def _legacy(share: Decimal, target: Decimal | None) -> float:
    """The part of a kind's devices on the legacy path then."""
    return float(100 - (share if target is None else min(share, target))) / 100


def _fits(after: float, carried: float | None, measured: float | None) -> bool | None:
    if carried is not None and after <= carried:
        return True
    return None if measured is None else after <= measured * USABLE
