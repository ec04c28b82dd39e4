"""Probes: whether a process lives, and whether it is of use."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from ljwx import databaseclock

NOWHERE = "unix:///nowhere/redis.sock"


def away() -> float:
    raise OperationalError("away")


def ready() -> tuple[int, str]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()["status"]


@pytest.mark.parametrize("path", ["/health", "/healthz", "/healthz/"])
def test_a_process_that_lives_says_so_without_asking_anybody(path: str, settings: Any) -> None:
    settings.REDIS_URL = NOWHERE
    assert Client().get(path).json()["status"] == "ok"


def test_it_is_ready_while_an_upload_can_be_kept_anywhere(
    db: None, redis: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ready() == (200, "ok")
    monkeypatch.setattr(databaseclock, "now", away)
    assert ready() == (200, "degraded")
    settings.REDIS_URL = NOWHERE
    assert ready() == (503, "error")
    monkeypatch.undo()
    assert ready() == (200, "degraded")


def test_a_probe_knows_a_process_by_its_address(db: None, redis: Any) -> None:
    probe = Client(HTTP_HOST="10.1.2.3:8000")
    assert [probe.get(path).status_code for path in ("/healthz", "/readyz", "/stream_monitor/")] == [200, 200, 400]
