"""One marked upload at a time, and how long until its row can be read."""

import http.client
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bench.tree import Failed
from ingest.times import SHANGHAI

POLL_S = 0.002
LONGEST_S = 120.0
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Seen:
    """Seconds from sending to the answer, and from the answer to the row."""

    answered_s: float
    stored_s: float


class Probe:
    """A device of its own on a connection that stays open."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def reading(self) -> Seen:
        """Upload a reading; returns when its row is visible."""
        serial, moment = _mark("BNPROBE")
        body = {"deviceSn": serial, "heart_rate": 72, "upload_method": "wifi", "timestamp": f"{moment}"}
        return self._send(
            "/upload_health_data", {"data": body},
            "SELECT 1 FROM t_user_health_data WHERE device_sn = %s AND timestamp = %s", (serial, f"{moment}"),
        )  # fmt: skip

    def sos(self) -> Seen:
        """Upload an SOS; returns when its alert is visible."""
        serial, moment = _mark("BNSOS")
        body = {
            "eventType": "com.tdtech.ohos.health.action.SOS_EVENT", "eventValue": serial, "deviceSn": serial,
            "latitude": 31.540367, "longitude": 121.015089, "altitude": 0.0, "timestamp": f"{moment}",
        }  # fmt: skip
        return self._send("/upload_common_event", body, "SELECT 1 FROM t_alert_info WHERE device_sn = %s", (serial,))

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _send(self, path: str, body: dict[str, Any], query: str, key: Sequence[str]) -> Seen:
        started = time.monotonic()
        self._http.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = self._http.getresponse()
        content = response.read()
        if response.status != 200:
            raise Failed(f"a probe was answered {response.status}: {content[:200]!r}")
        answered = time.monotonic()
        while not _exists(query, key):
            if time.monotonic() - answered > LONGEST_S:
                raise Failed(f"the row of a probe was not there after {LONGEST_S:.0f} s")
            time.sleep(POLL_S)
        return Seen(answered - started, time.monotonic() - answered)


def _mark(prefix: str) -> tuple[str, datetime]:
    """A serial that nobody else has, and a time of an hour ago on the tables' clock."""
    moment = datetime.now(SHANGHAI).replace(microsecond=0, tzinfo=None) - timedelta(hours=1)
    return f"{prefix}{next(_numbers):07d}", moment


def _exists(query: str, key: Sequence[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, key)
        return cursor.fetchone() is not None
