"""What a drill breaks at the edge, and what it spares."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingest.drill import arming, edge
from ingest.drill.fault import Fault
from ingest.models import HealthData
from monitoring import tallies
from tests.ingest import paths
from tests.ingest.test_lane import through_lane

PREFIX = "DRILL-1-"
MINE, OTHER = f"{PREFIX}1", "WATCH-1"
pytestmark = pytest.mark.usefixtures("edge")

Armed = Callable[..., None]


@pytest.fixture
def arm(settings: Any) -> Armed:
    """Arms a fault in this process."""
    settings.EMBEDDED = True

    def armed(fault: Fault, **values: float) -> None:
        arming.arm(fault, prefix=PREFIX, **values)
        arming.current.refresh()

    return armed


@pytest.fixture(autouse=True)
def inert() -> Any:
    """The next test knows of no fault."""
    yield
    arming.current._value = None


def body(*serials: str) -> bytes:
    return json.dumps(
        [{"deviceSn": serial, "heart_rate": 70, "timestamp": 1788339600 + n} for n, serial in enumerate(serials)]
    ).encode()


def upload(*serials: str, path: str = "/batch/upload-health-data") -> tuple[int, int]:
    """The status in a thread of its own and on the lane."""
    content = body(*serials)
    ((on_lane, _type, _body),) = through_lane([(path, content, "application/json")])
    return paths.post(path, content).status, on_lane


def test_uploads_of_its_devices_to_the_stream_are_refused_and_count_as_errors_of_that_path(arm: Armed) -> None:
    paths.share(100)
    assert upload(MINE) == (200, 200)
    tallies.forget()
    arm(Fault.ERRORS)
    assert upload(MINE) == (503, 503)
    assert {bucket.path: bucket.errors for bucket in tallies.told()} == {"stream": {tallies.REFUSED: 2}}


@pytest.mark.parametrize("serials", [(OTHER,), (MINE, OTHER), ("DRILL-2-1",)])
def test_an_upload_with_a_record_of_another_device_is_spared(arm: Armed, serials: tuple[str, ...]) -> None:
    paths.share(100)
    arm(Fault.ERRORS)
    assert upload(*serials) == (200, 200)
    assert not any(bucket.errors for bucket in tallies.told())


def test_the_legacy_path_and_the_test_lane_are_spared(arm: Armed) -> None:
    arm(Fault.ERRORS)
    assert paths.post("/upload_health_data", body(MINE)).status == 200
    paths.share(100)
    assert upload(MINE, path="/upload_health_data_v2") == (200, 200)
    assert HealthData.objects.filter(device_sn=MINE).exists()


@pytest.mark.parametrize(("stands", "looks"), [(itertools.repeat(True), 8), (itertools.cycle([True, True, False]), 6)])
def test_a_slow_upload_waits_its_time_or_until_the_fault_is_over(
    arm: Armed, monkeypatch: pytest.MonkeyPatch, stands: Iterator[bool], looks: int
) -> None:
    paths.share(100)
    monkeypatch.setattr(edge, "LOOK_EVERY_S", every := 2.0**-7)
    arm(Fault.SLOW, delay_s=3 * every)
    asked: list[bool] = []

    def next_one(armed: object) -> bool:
        asked.append(next(stands))
        return asked[-1]

    monkeypatch.setattr(arming.Armed, "stands", property(next_one))
    assert upload(MINE) == (200, 200)
    # Once before it waits, then before each of the three parts of its time: in a thread and on the lane.
    assert len(asked) == looks


def test_other_faults_leave_the_edge_alone(arm: Armed) -> None:
    paths.share(100)
    arm(Fault.BACKLOG)
    assert upload(MINE) == (200, 200)
    arm(Fault.CONSISTENCY)
    assert upload(MINE) == (200, 200)
