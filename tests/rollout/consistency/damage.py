"""Planting damage among rows that were stored well, and taking back what no repair may touch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F, Index

from ingest.models import HealthData

PLAIN = Index(fields=["device_sn", "timestamp"], name="adopted_plain")


@dataclass(frozen=True, slots=True)
class Damage:
    """The ids of the rows that were deleted, changed, moved by a second, and doubled."""

    deleted: list[int]
    changed: list[int]
    shifted: list[int]
    doubled: list[int]


def plant(*, every: int) -> Damage:
    """One row in `every` of each sort of damage."""
    ids = list(HealthData.objects.order_by("pk").values_list("pk", flat=True))
    quarter = max(1, every // 4)
    found = Damage(*(ids[number * quarter :: every] for number in range(4)))
    for name, part in (("deleted", found.deleted), ("changed", found.changed), ("shifted", found.shifted)):
        for start in range(0, len(part), 500):
            rows = HealthData.objects.filter(pk__in=part[start : start + 500])
            if name == "deleted":
                rows.delete()
            elif name == "changed":
                rows.update(heart_rate=F("heart_rate") + 1)
            else:
                rows.update(timestamp=F("timestamp") + timedelta(seconds=1))
    _double(found.doubled)
    return found


def _double(pks: Sequence[int]) -> None:
    rows = list(HealthData.objects.filter(pk__in=pks))
    for row in rows:
        row.pk = None
    HealthData.objects.bulk_create(rows)


def take_back(damage: Damage) -> None:
    """What no repair may do: change and delete rows, by hand."""
    HealthData.objects.filter(pk__in=damage.changed).update(heart_rate=F("heart_rate") - 1)
    HealthData.objects.filter(pk__in=damage.shifted).delete()
    for row in HealthData.objects.filter(pk__in=damage.doubled):
        HealthData.objects.filter(device_sn=row.device_sn, timestamp=row.timestamp).exclude(pk=row.pk).delete()


@contextmanager
def without_key() -> Iterator[None]:
    """The table as one that was adopted without its unique key. Needs to be outside a transaction; empties it."""
    options = HealthData._meta
    (constraint,) = held = options.constraints
    options.constraints = []
    try:
        with connection.schema_editor() as editor:
            editor.remove_constraint(HealthData, constraint)
            editor.add_index(HealthData, PLAIN)
        yield
    finally:
        HealthData.objects.all().delete()
        options.constraints = held
        with connection.schema_editor() as editor:
            editor.remove_index(HealthData, PLAIN)
            editor.add_constraint(HealthData, constraint)
