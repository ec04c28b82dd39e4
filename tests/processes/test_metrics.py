"""What Prometheus reads agrees with what devices were answered: of two web processes, and past a kill of both."""

import http.client
import json
import os
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from ljwx.up import web
from ljwx.up.address import Address, free_port
from tests.managed import ROOT, Managed, environment
from tests.polling import until

DEVICES = 4
ENOUGH = 100
# A second that is not written yet, and the second that its writing takes at most.
UNWRITTEN_S = 2.0


@contextmanager
def serving(port: int, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Two web processes, as `up` starts them; killed at the end."""
    env = {**environment(connection.settings_dict), "LJWX_EMBEDDED": "1"}
    with log.open("ab") as told:
        argv = web.command(Address("127.0.0.1", port), 2)
        process = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=told, stderr=told, start_new_session=True)
    try:
        until(lambda: answers(port), within=60)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    try:
        metrics(port)
    except OSError:
        return False
    return True


def metrics(port: int) -> dict[str, float]:
    """The counters, and the counts of the histogram, over all paths."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        families = text_string_to_metric_families(page.read().decode())
    found: dict[str, float] = {}
    for family in families:
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


class Devices:
    """Some that upload as fast as they are answered; `answered`: when each upload was, by the monotonic clock."""

    def __init__(self, port: int) -> None:
        self.answered: list[float] = []
        self._port, self._over = port, threading.Event()
        self._threads = [threading.Thread(target=self._upload, args=(number,)) for number in range(DEVICES)]
        for thread in self._threads:
            thread.start()

    def _upload(self, number: int) -> None:
        asking = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        for second in range(1_788_339_600, 1_788_999_999):
            if self._over.is_set():
                break
            body = json.dumps({"deviceSn": f"M{number}", "timestamp": second, "heartRate": 70})
            try:
                asking.request("POST", "/upload_health_data", body, {"Content-Type": "application/json"})
                with asking.getresponse() as answer:
                    answer.read()
                    assert answer.status == 200
            except (OSError, http.client.HTTPException):
                break
            self.answered.append(time.monotonic())
        asking.close()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_counters_are_those_of_all_processes_and_a_kill_costs_the_last_moment_alone(
    manage: Callable[..., Managed], tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "web.log"
    manage("run_controller")
    with serving(port, log) as server:
        devices = Devices(port)
        until(lambda: len(devices.answered) > ENOUGH)
        devices.stop()
        first = len(devices.answered)
        until(lambda: metrics(port).get("ljwx_uploads_total") == first, within=60)
        found = metrics(port)
        assert (found["ljwx_records_total"], found["ljwx_upload_duration_seconds_count"]) == (first, first)
        devices = Devices(port)
        began = time.monotonic()
        until(lambda: len(devices.answered) > ENOUGH and time.monotonic() - began > 2 * UNWRITTEN_S)
        killed = time.monotonic()
        os.killpg(server.pid, signal.SIGKILL)
        devices.stop()
    written = first + sum(each < killed - UNWRITTEN_S for each in devices.answered)
    with serving(port, log):
        until(lambda: metrics(port)["ljwx_uploads_total"] >= written, within=60)
        assert written <= metrics(port)["ljwx_uploads_total"] <= first + len(devices.answered) + DEVICES
