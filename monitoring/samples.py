"""The history of the figures: a row a second for 15 minutes, ten seconds for a day, five minutes for 30 days.

18,180 rows and one at most, whatever the load. The leader of the controllers writes them. Longer rows are made from
shorter ones when their stretch is over, each once; a leader that comes later makes up for what was left. One more row,
of step 0, counts everything since the beginning: counters that never fall, whichever process is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import msgspec
from django.db import transaction

from monitoring.figures import Figures
from monitoring.models import Sample

# Seconds of a row, and how long such rows are kept.
KEPT = {1: 15 * 60, 10: 24 * 3600, 300: 30 * 24 * 3600}
TOTAL = 0
LONGEST_S = KEPT[300]
# A chart has so many points at most, and at least so many where they were kept.
MOST_POINTS = 900
LEAST_POINTS = 180

_decoder = msgspec.json.Decoder(Figures)


@dataclass(frozen=True, slots=True)
class Series:
    """`seconds`: where each point begins, by the database's clock; `values`: a number for each point and name, None
    where nothing is known. A stretch without a row has no point."""

    step_s: int
    seconds: list[int]
    values: dict[str, list[float | None]]


def written() -> int | None:
    """The second up to which everything is counted; None when nothing ever was. Raises django.db.Error."""
    return Sample.objects.filter(step_s=TOTAL).values_list("at", flat=True).first()


def total() -> Figures:
    """Everything since the beginning. Raises django.db.Error."""
    row = Sample.objects.filter(step_s=TOTAL).first()
    return Figures() if row is None else _decoder.decode(row.data)


@transaction.atomic
def write(told: Mapping[int, Figures], *, until: int) -> None:
    """Keep the figures of each second before `until`, in the caller's transaction if there is one. A second that is
    kept already is not counted twice. Raises django.db.Error."""
    row = Sample.objects.select_for_update().filter(step_s=TOTAL).first()
    fresh = {second: each for second, each in told.items() if row is None or second >= row.at}
    counted = Figures() if row is None else _decoder.decode(row.data)
    for each in fresh.values():
        counted.merge(Figures(each.seconds, each.paths))
    Sample.objects.bulk_create(Sample(step_s=1, at=second, data=_encoded(each)) for second, each in fresh.items())
    if row is None:
        Sample.objects.create(step_s=TOTAL, at=until, data=_encoded(counted))
    else:
        Sample.objects.filter(pk=row.pk).update(at=max(row.at, until), data=_encoded(counted))


def thin() -> int:
    """Make the longer rows whose stretch is over; how many. Raises django.db.Error."""
    return sum(_thin(fine, coarse) for fine, coarse in pairwise(KEPT))


@transaction.atomic
def _thin(fine: int, coarse: int) -> int:
    rows = Sample.objects.filter(step_s=fine)
    newest = rows.order_by("-at").values_list("at", flat=True).first()
    if newest is None:
        return 0
    over = (newest + fine) // coarse * coarse
    last = Sample.objects.filter(step_s=coarse).order_by("-at").values_list("at", flat=True).first()
    rows = rows.filter(at__lt=over) if last is None else rows.filter(at__gte=last + coarse, at__lt=over)
    made = merged(rows.order_by("at").values_list("at", "data").iterator(), step_s=coarse)
    Sample.objects.bulk_create(Sample(step_s=coarse, at=at, data=_encoded(each)) for at, each in made.items())
    return len(made)


def merged(rows: Iterable[tuple[int, str]], *, step_s: int) -> dict[int, Figures]:
    """The figures of each stretch of `step_s` seconds that has a row: its beginning and its data."""
    found: dict[int, Figures] = {}
    for at, data in rows:
        found.setdefault(at // step_s * step_s, Figures()).merge(_decoder.decode(data))
    return found


def prune(*, moment: float) -> int:
    """Delete what is kept no longer at `moment` by the database's clock; how many rows. Raises django.db.Error."""
    return sum(Sample.objects.filter(step_s=step, at__lt=int(moment) - kept).delete()[0] for step, kept in KEPT.items())


def newest(count: int) -> list[tuple[int, dict[str, float | None]]]:
    """The newest `count` seconds that are kept, oldest first, each with its numbers. Raises django.db.Error."""
    rows = Sample.objects.filter(step_s=1).order_by("-at").values_list("at", "data")[:count]
    return [(at, _decoder.decode(data).flat()) for at, data in reversed(rows)]


def series(since: int, until: int) -> Series:
    """The history from second `since` up to, without, `until`. Raises django.db.Error."""
    length = max(1, until - since)
    kept = step_of(length)
    step = kept * -(-length // (kept * MOST_POINTS))
    rows = Sample.objects.filter(step_s=kept, at__gte=since // step * step, at__lt=until).order_by("at")
    points = merged(rows.values_list("at", "data").iterator(), step_s=step)
    flat = [each.flat() for each in points.values()]
    names = sorted({name for each in flat for name in each})
    return Series(step, list(points), {name: [each.get(name) for each in flat] for name in names})


def step_of(length: int) -> int:
    """The step of the rows that a chart of so many seconds is drawn from: the longest that still gives points enough,
    among those kept that long."""
    kept = [step for step, life in KEPT.items() if life >= length] or [max(KEPT)]
    enough = [step for step in kept if length // step >= LEAST_POINTS]
    return max(enough, default=min(kept))


def _encoded(figures: Figures) -> str:
    return msgspec.json.encode(figures).decode()
