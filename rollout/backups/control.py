"""The control state as JSON lines: what decides where uploads go, and the record of why."""

import contextlib
import gzip
import io
from collections.abc import Iterator
from typing import Any

from django.core import serializers
from django.core.serializers.base import DeserializedObject
from django.db import connection, models, transaction

from rollout.backups.lines import Sink
from rollout.models import (
    Approval,
    Change,
    Decision,
    GuardrailPolicy,
    Pause,
    Pin,
    Plan,
    Rollback,
    Route,
    Signature,
    Step,
    Transition,
)  # fmt: skip
from streaming.models import ConsumerCount

NAME = "control.jsonl.gz"
NEWEST_DECISIONS = 1_000
CHUNK = 200

# In this order each row comes after those that it refers to.
TABLES: tuple[type[models.Model], ...] = (
    Route, ConsumerCount, Pin, GuardrailPolicy, Plan, Step, Approval, Pause, Transition, Signature, Rollback, Change,
)  # fmt: skip


@contextlib.contextmanager
def snapshot() -> Iterator[None]:
    """Inside, the database looks as it did at one moment. Raises django.db.Error."""
    if connection.vendor == "mysql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    with transaction.atomic():
        yield


def write(sink: Sink) -> None:
    """Every row of the control state, of the decisions the newest 1,000. Raises django.db.Error, OSError."""
    newest = Decision.objects.order_by("-pk").values_list("pk", flat=True)[:NEWEST_DECISIONS]
    found: list[models.QuerySet[Any]] = [table._default_manager.order_by("pk") for table in TABLES]
    found.append(Decision.objects.filter(pk__in=list(newest)).order_by("pk"))
    for rows in found:
        for row in rows.iterator(chunk_size=CHUNK):
            sink.raw(serializers.serialize("jsonl", [row]).encode())


def read(file: gzip.GzipFile) -> Iterator[DeserializedObject]:
    """The rows that `write` wrote, none of them saved.

    Raises django.core.serializers.base.DeserializationError for what is no row of the present tables.
    """
    # Lines end at "\n" alone: a reason may hold what str.splitlines takes for an end.
    text = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
    yield from serializers.deserialize("jsonl", text)
