"""Nothing is armed but by a drill, on the embedded system, for serials with the tag, and for a short time."""

from typing import Any

import msgspec
import pytest

from ingest.drill import arming
from ingest.drill.arming import LIFE_S, Armed, arm, disarm, standing
from ingest.drill.fault import Fault
from ingest.drill.injection import RENEW_S, Arming
from ljwx.redis import DRILL_KEY, client
from tests.clock import Clock

PREFIX = "DRILL-1-"
pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture(autouse=True)
def embedded(settings: Any) -> None:
    settings.EMBEDDED = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(arming, "clock", found := Clock())
    return found


def known(fault: Fault = Fault.ERRORS) -> Armed | None:
    """What a process knows that has just looked."""
    arming.current.refresh()
    return standing(fault)


def test_nothing_is_armed_by_default() -> None:
    assert [known(fault) for fault in Fault] == [None] * 4


def test_a_fault_is_armed_for_the_devices_of_its_drill_alone_until_it_is_disarmed() -> None:
    arm(Fault.ERRORS, prefix=PREFIX)
    armed = known()
    assert armed is not None
    serials = ("DRILL-1-00001W", "DRILL-2-00001W", "DRILL-", "SIM1-1-00001W", "xDRILL-1-00001W", "drill-1-00001W", "")
    assert [armed.hits(serial) for serial in serials] == [True, *[False] * 6]
    assert known(Fault.SLOW) is None
    disarm()
    assert known() is None


@pytest.mark.parametrize("prefix", ["", "SIM1-", "DRILL-", "WATCH-DRILL-1-", "drill-1-"])
def test_serials_without_the_tag_can_not_be_armed(prefix: str) -> None:
    with pytest.raises(ValueError, match="DRILL-"):
        arm(Fault.ERRORS, prefix=prefix)
    assert client("control").get(DRILL_KEY) is None


@pytest.mark.parametrize(
    "changes",
    [{"prefix": "A"}, {"until": 1e18}, {"until": None}, {"delay_s": 60.0}, {"delay_s": -1.0}, {"fault": "flood"}],
)
def test_what_somebody_else_has_written_there_arms_nothing(changes: dict[str, Any]) -> None:
    good = {"fault": "errors", "prefix": PREFIX, "until": arming.clock() + 5, "delay_s": 0.0}
    client("control").set(DRILL_KEY, msgspec.json.encode(good))
    assert known() is not None
    client("control").set(DRILL_KEY, msgspec.json.encode({**good, **changes}))
    assert known() is None
    client("control").set(DRILL_KEY, b"\xff")
    assert known() is None


def test_redis_forgets_what_nobody_renews() -> None:
    arm(Fault.BACKLOG, prefix=PREFIX)
    assert 0 < client("control").pttl(DRILL_KEY) <= LIFE_S * 1000


def test_a_process_that_can_not_look_again_forgets_it_all_the_same(
    clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm(Fault.ERRORS, prefix=PREFIX)
    assert known() is not None
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert known() is not None
    clock.now += LIFE_S
    assert known() is None


def test_outside_the_embedded_system_nothing_is_armed_whatever_redis_says(settings: Any) -> None:
    arm(Fault.ERRORS, prefix=PREFIX)
    settings.EMBEDDED = False
    assert known() is None


def test_a_drill_that_lives_renews_and_its_end_disarms(clock: Clock) -> None:
    subject = Arming(Fault.SLOW, prefix=PREFIX, delay_s=2.0)
    subject.begin()
    first = known(Fault.SLOW)
    assert first is not None
    assert first.delay_s == 2.0
    subject.tend()
    assert known(Fault.SLOW) == first
    clock.now += RENEW_S
    subject.tend()
    renewed = known(Fault.SLOW)
    assert renewed is not None
    assert renewed.until == first.until + RENEW_S
    subject.end()
    assert known(Fault.SLOW) is None
    subject.end()
