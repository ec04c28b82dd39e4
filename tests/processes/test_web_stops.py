"""A web process that stops in order has counted everything that it has promised."""

import http.client
import json
import signal
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from monitoring.models import LedgerCount
from tests.polling import until
from tests.webserver import WebServer


def post(port: int, number: int) -> int:
    """The status of one upload; 0 without an answer."""
    body = json.dumps({"deviceSn": f"S{number}", "timestamp": 1788339600, "heartRate": 70})
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as asking:
        try:
            asking.request("POST", "/upload_health_data", body, {"Content-Type": "application/json"})
            with asking.getresponse() as answer:
                return answer.status
        except OSError:
            return 0


def counted(what: str) -> int:
    found: Any = LedgerCount.objects.filter(what=what).aggregate(sum=Sum("count"))
    return found["sum"] or 0


# One process of granian: a second that is still starting would miss the signal.
@pytest.mark.usefixtures("redis", "transactional_db")
@pytest.mark.parametrize("workers", [0, 1], ids=["daphne", "granian"])
def test_what_it_has_promised_last_is_counted(workers: int, tmp_path: Path) -> None:
    accepted = 1
    with WebServer(log=tmp_path / "web.log", workers=workers) as web:
        until(lambda: post(web.port, 0) == 200, within=60)
        deadline = time.monotonic() + 0.7
        # Longer than the pause between two flushes, so that the last uploads are not all of what is counted.
        while time.monotonic() < deadline:
            assert post(web.port, accepted) == 200
            accepted += 1
        web.process.send_signal(signal.SIGTERM)
        web.process.wait(60)
    assert (counted("accepted"), counted("stored")) == (accepted, accepted)
