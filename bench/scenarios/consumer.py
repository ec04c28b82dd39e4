"""Ways to store a batch of 200 readings, side by side: why consumers write as they do."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench import quiet
from bench.ground import Ground
from bench.options import Options
from bench.records import readings
from bench.report import say, table
from bench.scenarios.tables import timed
from bench.spread import shown, spread
from ingest import times
from ingest.models import HealthData
from ingest.records import Health
from streaming import registry
from streaming.storing import Item, store

BATCH = 200
FIELDS = (
    "heart_rate", "blood_oxygen", "temperature", "pressure_high", "pressure_low", "stress", "step", "distance",
    "calorie", "latitude", "longitude", "altitude", "upload_method", "customer_id", "org_id", "user_id",
)  # fmt: skip


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Each way stores the same batches into an empty table, one transaction a batch, in rounds of changing order."""
    batches = options.either(100, 5)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for number in range(options.rounds_or(5)):
        for name in reversed(WAYS) if number % 2 else WAYS:
            ground.reset(share=100)
            outside = quiet.settle(tries=options.either(20, 1))
            # An ORM way is what it is: a tenth of the batches tells as much.
            share = max(1, batches // 10) if name == "save() a row" else batches
            work = [readings(n * BATCH, BATCH) for n in range(share)]
            measured = timed(ground, share * BATCH, lambda name=name, work=work: [WAYS[name](each) for each in work])
            if ground.rows() != share * BATCH:
                raise AssertionError(f"{name} stored {ground.rows()} of {share * BATCH} readings")
            rounds[name].append({**measured, "outside_cores": outside})
    found = {
        name: {"rounds": rounds[name], **{each: spread(r[each] for r in rounds[name]) for each in rounds[name][0]}}
        for name in WAYS
    }
    say(f"\nStoring batches of {BATCH}: µs a record\n")
    table(
        ("way", "elapsed", "client CPU", "database CPU", "records/s"),
        [
            (
                name, *(shown(found[name][each], 1) for each in ("wall_us", "client_us", "db_us")),
                f"{1e6 / found[name]['wall_us']['median']:,.0f}",
            )
            for name in WAYS
        ],
    )  # fmt: skip
    return found


def _model(record: Health) -> HealthData:
    now = timezone.now()
    return HealthData(
        device_sn=record.device_sn, timestamp=times.aware(record.timestamp), create_time=now, update_time=now,
        **{name: getattr(record, name) for name in FIELDS},
    )  # fmt: skip


def _save(records: Sequence[Health]) -> None:
    with transaction.atomic():
        for record in records:
            _model(record).save()


def _bulk(records: Sequence[Health]) -> None:
    with transaction.atomic():
        HealthData.objects.bulk_create(
            [_model(record) for record in records], update_conflicts=True, update_fields=["device_sn"]
        )


def _many(records: Sequence[Health]) -> None:
    now = times.local_text(times.epoch_of("2026-01-01 00:00:00"))
    columns = ("device_sn", "timestamp", *FIELDS, "is_deleted", "create_time", "update_time")
    sql = (
        f"INSERT INTO t_user_health_data ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
        " ON DUPLICATE KEY UPDATE device_sn = device_sn"
    )
    rows = [
        (
            r.device_sn,
            str(times.local_text(r.timestamp)),
            *(getattr(r, name) for name in FIELDS),
            False,
            str(now),
            str(now),
        )
        for r in records
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _project(records: Sequence[Health]) -> None:
    store(registry.get("health"), [Item(record, record.timestamp * 1000) for record in records])


WAYS: dict[str, Callable[[Sequence[Health]], None]] = {
    "save() a row": _save,
    "bulk_create, no-op upsert": _bulk,
    "executemany, no-op upsert": _many,
    "the project's writer": _project,
}


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """Nothing of it is in the last line."""
    return {}
