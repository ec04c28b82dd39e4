"""What a check counts by path and firmware."""

from ingest.models import HealthData
from ingest.records import Device
from rollout.consistency import DatabaseConsistencyChecker, figures, report
from rollout.consistency.figures import Counted
from rollout.consistency.outcomes import Outcome
from rollout.models import CheckProgress
from tests.rollout.consistency.scene import advance, consume, progress, readings, send, settled
from tests.streaming.entries import FIVE


def firmware(serial: str, version: str | None) -> Device:
    return Device(serial, FIVE, system_software_version=version)


def test_classes_are_counted_by_path_and_by_the_firmware_that_the_device_has_said() -> None:
    send(firmware("A", "5.1"), firmware("B", "5.2"), firmware("C", None), kind="device")
    send(*readings(2, "A"))
    send(*readings(3, "A", stress=5)[2:], path="fallback")
    send(*readings(2, "B"))
    send(*readings(1, "C"))
    send(*readings(1, "D"))
    consume()
    HealthData.objects.filter(device_sn="B", step=1).delete()
    checker = DatabaseConsistencyChecker(kinds=["health"], rest=False)
    checker.clock = settled
    found = {(each.path, each.firmware): each for each in checker.run_comprehensive_check(60).figures}
    assert {origin: (each.records, each.mismatched, each.rate) for origin, each in found.items()} == {
        ("fallback", "5.1"): (1, 0, 1.0),
        ("stream", "5.1"): (2, 0, 1.0),
        ("stream", "5.2"): (2, 1, 0.5),
        ("stream", ""): (2, 0, 1.0),
    }


def test_they_do_not_depend_on_how_a_stream_is_divided_into_chunks() -> None:
    records = [Counted("stream", f"{number % 7}", Outcome.MATCH) for number in range(100)]
    kept: list[object] = []
    for start in range(0, 100, 9):
        kept = figures.add(kept, records[start : start + 9])
    assert kept == figures.add([], records) == [["stream", "", {"match": 100}]]


def test_devices_can_not_make_rows_without_end() -> None:
    send(*(firmware(f"S{number}", f"{number}" * 30) for number in range(100, 180)), kind="device")
    consume()
    kept = figures.add([], [Counted("stream", f"S{number}", Outcome.MATCH) for number in range(100, 180)])
    assert len(kept) == figures.MOST_FIRMWARES + 1
    assert kept[-1] == ["stream", figures.OTHERS, {"match": 80 - figures.MOST_FIRMWARES}]
    assert max(len(each.firmware) for each in figures.read(kept)) <= figures.LENGTH


def test_the_rolling_check_keeps_none() -> None:
    send(*readings(2))
    consume()
    advance()
    assert (progress().checked, progress().figures) == (2, [])
    assert report.of(progress().check_run).figures == ()
    assert CheckProgress.objects.exclude(figures=[]).count() == 0
