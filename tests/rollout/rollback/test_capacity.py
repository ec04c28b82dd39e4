"""Whether the legacy path can carry what comes back: by what was measured, and unknown when nothing was."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from monitoring.models import LedgerCount
from rollout.rollback import capacity
from rollout.rollback.capacity import UNKNOWN, Headroom, headroom
from tests.rollout.rollback.scene import NOON, accepted, all_at

pytestmark = pytest.mark.usefixtures("db")
ALL = all_at(0)
# The minute before noon counts in full, and twenty seconds of this one.
WINDOW_S = 80


def room(share: float = 100, target: float = 0) -> Headroom:
    return headroom(all_at(share), all_at(target), now=NOON)


def test_without_any_count_nothing_is_known_and_nothing_fits() -> None:
    assert room() == UNKNOWN


def test_what_comes_back_is_all_that_is_accepted_now() -> None:
    accepted("stream", 80, at=NOON)
    accepted("legacy", 16, at=NOON, kind="event")
    found = room()
    assert found.now == pytest.approx(96 * 60 / WINDOW_S, abs=0.1)
    assert found.after == found.now


def test_what_stays_on_the_stream_does_not_count() -> None:
    accepted("stream", 80, at=NOON)
    assert room(target=25).after == pytest.approx(80 * 60 / WINDOW_S * 0.75)
    assert headroom(all_at(100), {"event": Decimal(0)}, now=NOON).after == 0


def test_a_target_above_the_share_brings_nothing_back_and_takes_nothing_away() -> None:
    accepted("stream", 80, at=NOON)
    assert room(share=20, target=60).after == pytest.approx(80 * 60 / WINDOW_S * 0.8)


@pytest.mark.parametrize("path", ["legacy", "fallback"])
def test_what_it_has_carried_in_a_minute_it_can_carry_again(path: str) -> None:
    accepted("stream", 40, at=NOON)
    minute = int(NOON.timestamp()) // 60
    LedgerCount.objects.create(minute=minute - 300, kind="health", path=path, what="accepted", count=6_000)
    assert room().carried == 100
    assert room().fits is True


def test_more_than_it_has_carried_is_unknown_and_not_too_much() -> None:
    accepted("stream", 400, at=NOON)
    accepted("legacy", 10, at=NOON)
    assert room().fits is None


def test_what_the_stream_carried_says_nothing_of_the_legacy_path() -> None:
    accepted("stream", 400, at=NOON)
    assert room().carried is None


def test_the_minutes_that_are_older_than_a_day_say_nothing() -> None:
    accepted("stream", 40, at=NOON)
    minute = int(NOON.timestamp()) // 60
    LedgerCount.objects.create(minute=minute - 24 * 60 - 1, kind="health", path="legacy", what="accepted", count=6_000)
    assert room().carried is None


@pytest.mark.parametrize(("per_second", "fits"), [(106, True), (108, False)])
def test_a_fifth_of_the_measured_capacity_stays_free(settings: Any, per_second: float, fits: bool) -> None:
    settings.LEGACY_CAPACITY = 100
    accepted("stream", per_second, at=NOON)
    assert room().fits is fits


def test_a_database_that_can_not_tell_is_no_reason_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **values: Any) -> Any:
        raise OperationalError(1205, "Lock wait timeout exceeded")

    monkeypatch.setattr(capacity, "_rates", fail)
    assert room() == UNKNOWN
