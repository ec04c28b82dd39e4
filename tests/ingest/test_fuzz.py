"""Tens of thousands of odd bodies: each answered as the contract says, in time, and none of its records forgotten.

`LJWX_TEST_FUZZ=thorough bin/test tests/ingest/test_fuzz.py` tries a million.
"""

import json
import time
from collections import Counter
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.urls import resolve
from rest_framework.exceptions import APIException

from ingest import upload
from ingest.rows import plain
from ingest.writers import device, event, health
from streaming import registry
from streaming.deadletters import of_record, of_reject
from streaming.models import DeadLetter
from tests.ingest import mutations, paths
from tests.ingest.fuzz import THOROUGH
from tests.ingest.outcomes import STATUSES, outcome, undone

SHARDS = 4
# What a body is depends on no database: the second one sees fewer.
ODD = 1_000_000 if THOROUGH else 20_000 if connection.vendor == "sqlite" else 6_000
EACH = ODD // SHARDS
DRAINED, ALSO_LEGACY, SAME = 500, 20, 60
LONGEST_S = 5.0
TABLES: dict[str, Any] = {"health": health.READINGS, "device": device.HISTORY, "event": event.EVENTS}

factory = RequestFactory()

pytestmark = pytest.mark.usefixtures("edge")


class Ledger:
    """Everything that was answered `accepted` or `rejected`, and whether it is kept."""

    def __init__(self) -> None:
        self.records: dict[str, dict[Any, Any]] = {kind: {} for kind in TABLES}
        self.letters: dict[str, Any] = {}
        self.accepted = self.rejected = 0

    def expect(self, taken: upload.Upload) -> None:
        for part in taken.parts.values():
            kind = registry.get(part.kind)
            for record in part.records:
                self.records[part.kind][kind.key(record)] = (kind, record)
                for reading in getattr(record, "health", ()):
                    self.records["health"][health.key(reading)] = (registry.get("health"), reading)
            for reject in part.rejects:
                self.letters[of_reject(reject, received_ms=0).digest] = reject
        self.accepted += taken.accepted
        self.rejected += len(taken.rejected)

    def settle(self) -> None:
        """Nothing of it is forgotten. What was looked for is not looked for again."""
        digests = list(self.letters)
        kept: set[str] = set()
        for start in range(0, len(digests), 500):
            found = DeadLetter.objects.filter(digest__in=digests[start : start + 500])
            kept |= set(found.values_list("digest", flat=True))
        assert [self.letters[digest] for digest in digests if digest not in kept] == []
        for name, records in self.records.items():
            table = TABLES[name]
            stored = {tuple(plain(value) for value in row) for row in table.select(table.key, list(records))}
            missing = [records[key] for key in records if key not in stored]
            buried = {of_record(kind, record, "", received_ms=0).digest for kind, record in missing}
            assert DeadLetter.objects.filter(digest__in=buried).count() == len(buried)
            records.clear()
        self.letters.clear()


def verdict(path: str, body: bytes) -> tuple[int, upload.Upload | None]:
    """What a path must answer to a body, by what reads it: before any path to the database is chosen."""
    kind = next(kind for kind in paths.ENDPOINTS if path in paths.spellings(kind))
    mixed = kind == "event" and path.startswith("/batch/")
    if len(body) > mutations.LIMIT:
        return 413, None
    try:
        taken = upload.read(body, kind=kind, depth=16, most=500, mixed=mixed)
    except APIException as error:
        return error.status_code, None
    return 200, taken


def answered(path: str, body: bytes) -> float:
    """Check the answer of the view behind `path`; the seconds it took. Any exception but DRF's own would be a 500."""
    status, taken = verdict(path, body)
    request = factory.generic("POST", path, body, "application/json")
    started = time.perf_counter()
    response = resolve(path).func(request).render()
    seconds = time.perf_counter() - started
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/json"), (path, body)
    found = json.loads(response.content)
    if taken is None:
        assert found["status"] == "error", (path, body)
    else:
        told = (found["accepted"], found["rejected"])
        assert told == (taken.accepted, taken.rejected), (path, body)
    return seconds


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_body_fails_hangs_or_is_forgotten(shard: int) -> None:
    statuses: Counter[int] = Counter()
    distinct: set[bytes] = set()
    ledger, slowest, legacy = Ledger(), 0.0, 0
    uploads = mutations.bodies(EACH, seed=shard)
    while batch := list(islice(uploads, DRAINED)):
        with undone():  # so that a million need no more room than some hundred
            paths.share(100)
            for path, body in batch:
                slowest = max(slowest, answered(path, body))
                status, taken = verdict(path, body)
                statuses[status] += 1
                distinct.add(body[:200])
                if taken is not None:
                    ledger.expect(taken)
            paths.drain()
            ledger.settle()
            paths.share(0)
            for path, body in batch[::ALSO_LEGACY]:
                slowest = max(slowest, answered(path, body))
                legacy += 1
    assert statuses.total() == EACH
    assert set(statuses) <= STATUSES
    assert legacy == EACH // ALSO_LEGACY
    assert slowest < LONGEST_S
    # That it measures something: most bodies differ, all verdicts occur, records are stored and kept.
    assert len(distinct) > min(EACH, 20_000) // 2
    assert statuses[200] > EACH // 4
    assert statuses[400] > EACH // 10
    assert min(ledger.accepted, ledger.rejected) > EACH // 4


def test_odd_bodies_end_in_the_same_tables_on_both_paths_and_when_sent_again() -> None:
    tried = 0
    for path, body in mutations.bodies(SAME, seed=99):
        if "_v2" not in path:
            outcome(path, body)
            tried += 1
    assert tried > SAME // 2


def test_at_least_twenty_thousand_bodies_are_tried() -> None:
    assert (20_000 if connection.vendor == "sqlite" else 6_000) <= SHARDS * EACH
    assert len({body for _, body in mutations.corpus()}) >= 400
