"""Whatever records of a batch are bad: exactly these are buried, and it costs no more transactions than it must."""

from collections.abc import Sequence
from math import ceil, log2
from typing import Any

import msgspec
import pytest
from django.db import transaction
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.models import HealthData
from ingest.records import Health
from streaming import storing
from streaming.models import DeadLetter
from streaming.registry import get
from streaming.storing import Tally, store
from tests.ingest.fuzz import FEW
from tests.streaming.entries import FIVE, items, readings

HEALTH = get("health")


def most_transactions(records: int, bad: int) -> int:
    """How many transactions a batch may cost.

    Halving makes a tree of height h = ⌈log2 n⌉. A node is visited when its parent failed, so all but the root come in
    pairs below a failed node; on each of the levels 0 to h-1 at most min(2^level, b) nodes fail. One more transaction
    buries each bad record. For 1 bad in 500 that is 1 + 2·9 + 1 = 20.
    """
    height = ceil(log2(records)) if records > 1 else 0
    return 1 + 2 * sum(min(2**level, bad) for level in range(height)) + bad


@st.composite
def batches(draw: st.DrawFn) -> tuple[int, set[int]]:
    size = draw(st.integers(1, 40))
    return size, draw(st.sets(st.integers(0, size - 1), max_size=size))


@pytest.mark.usefixtures("db")
@given(batches())
@example((40, set()))
@example((1, {0}))
@example((40, set(range(40))))
@example((500, {300}))
@FEW
def test_exactly_the_bad_ones_are_buried_at_a_bounded_cost(batch: tuple[int, set[int]]) -> None:
    size, bad = batch
    records: list[Any] = readings(size)
    for index in bad:
        records[index] = msgspec.structs.replace(records[index], upload_method=None)
    done: list[int] = []
    write = storing._write

    def counted(kind: Any, found: Sequence[Any], burials: Sequence[Any]) -> Tally:
        done.append(len(found))
        return write(kind, found, burials)

    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(storing, "_write", counted)
        tally = store(HEALTH, items(records[::-1]))
        stored = {int(at.timestamp()) for at in HealthData.objects.values_list("timestamp", flat=True)}
        letters = DeadLetter.objects.values_list("payload", "reason")
        buried = [msgspec.json.decode(bytes(payload))["timestamp"] for payload, _ in letters]
        assert all(reason.startswith("database: ") for _, reason in letters)
        transaction.set_rollback(True)
    assert tally == Tally(size - len(bad), 0, len(bad))
    assert stored == {FIVE + index for index in range(size)} - {FIVE + index for index in bad}
    assert sorted(buried) == sorted(FIVE + index for index in bad)
    assert done[0] == size
    assert len(done) <= most_transactions(size, len(bad))


def test_the_bound_is_the_cost_of_the_worst_places() -> None:
    # Were it far above what happens, it would bound nothing.
    worst = {size: tried(size, {0, size // 2}) for size in (2, 8, 32)}
    assert worst == {size: most_transactions(size, 2) for size in worst}


def tried(size: int, bad: set[int]) -> int:
    """How often `store` writes a batch of which these are bad, without a database."""
    count = 0

    def attempt(kind: Any, found: Sequence[Any], burials: Sequence[Any]) -> Tally:
        nonlocal count
        count += 1
        if any(item.record.heart_rate is None for item in found):
            raise ValueError
        return Tally(len(found), 0, len(burials))

    records = [Health("A", FIVE + n, heart_rate=None if n in bad else 70) for n in range(size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storing, "_attempt", attempt)
        store(HEALTH, items(records))
    return count
