"""What becomes of an upload, on both paths and when it is sent again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from ljwx.redis import client
from streaming import registry
from tests.ingest import paths

STATUSES = {200, 400, 401, 403, 404, 405, 413, 415, 429, 503}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one path made of a request that was sent twice."""

    answer: paths.Answer
    rows: paths.Rows
    dead: list[tuple[str, str, str, bytes]]


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens in the block is forgotten after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client("control").flushdb()


def outcome(path: str, body: bytes, content_type: str = "application/json") -> Outcome:
    """What becomes of `body`, which must be the same on both paths, and the same when it is sent again."""
    found = []
    for percentage in (0, 100):
        with undone():
            paths.share(percentage)
            answer = paths.post(path, body, content_type)
            _drain(percentage)
            once = Outcome(answer, paths.rows(), paths.dead())
            again = paths.post(path, body, content_type)
            _drain(percentage)
            assert Outcome(again, paths.rows(), paths.dead()) == once
            found.append(once)
    legacy, stream = found
    assert legacy == stream
    assert legacy.answer.status in STATUSES
    assert legacy.answer.content_type == "application/json"
    return legacy


def _drain(percentage: int) -> None:
    """Store what the streams hold; of the legacy path they hold nothing, and need no consumer to say so."""
    if percentage:
        paths.drain()
    else:
        assert not any(client("control").xlen(kind.stream) for kind in registry.kinds())
