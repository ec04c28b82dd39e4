"""Day and week rows: they keep the newest nested data that was sent to them, in the judgement of a check too."""

from typing import Any

import pytest
from django.db.models import F

from ingest.models import HealthDaily, HealthWeekly
from ingest.records import Health
from rollout.models import CheckFinding
from tests.rollout.consistency.scene import advance, consume, counts, progress, send
from tests.streaming.entries import FIVE

DAY = 86_400


def nested(at: int = FIVE, **values: Any) -> Health:
    return Health("A", at, heart_rate=60, **values)


def sleep(hours: int) -> str:
    return f'{{"hours": {hours}, "parts": [1.5, "浅睡"]}}'


def test_data_of_several_readings_of_a_day_in_any_order_agrees() -> None:
    send(nested(FIVE + 60, sleep_data=sleep(7)))
    send(nested(FIVE, sleep_data=sleep(6), workout_data="{}"), nested(FIVE + 9, exercise_week_data='{"km":3}'))
    send(nested(FIVE + 9, exercise_week_data='{"km":3}'))
    consume()
    advance()
    assert counts(progress()) == {"checked": 4, "match": 4}


def test_of_a_reading_that_was_sent_twice_with_other_data_the_first_stays_and_both_agree() -> None:
    send(nested(sleep_data=sleep(7)))
    send(nested(sleep_data=sleep(8)))
    consume()
    advance()
    assert counts(progress()) == {"checked": 2, "match": 2}


def test_json_is_compared_by_what_it_says() -> None:
    send(nested(sleep_data='{"a":1,"b":"\\u6d45"}'))
    consume()
    HealthDaily.objects.update(sleep_data={"b": "浅", "a": 1})
    advance()
    assert counts(progress()) == {"checked": 1, "match": 1}


def changed() -> None:
    HealthDaily.objects.update(sleep_data={"hours": 1})


def older() -> None:
    HealthDaily.objects.update(sleep_at=F("sleep_at") - 60)


def empty() -> None:
    HealthDaily.objects.update(sleep_data=None, sleep_at=None)


def gone() -> None:
    HealthDaily.objects.all().delete()


def week_gone() -> None:
    HealthWeekly.objects.all().delete()


@pytest.mark.parametrize("spoil", [changed, older, empty, gone, week_gone])
def test_a_row_that_does_not_keep_the_newest_is_different_and_named(spoil: Any) -> None:
    send(nested(sleep_data=sleep(7)), nested(FIVE + DAY), nested(FIVE + 1, exercise_week_data="{}"))
    consume()
    spoil()
    advance()
    assert counts(progress()) == {"checked": 3, "match": 2, "different": 1}
    ((column, wanted, held),) = CheckFinding.objects.get().differences
    table = "weekly.exercise_week_data" if spoil is week_gone else "daily.sleep_data"
    assert column == f"t_user_health_data_{table}"
    assert wanted != held
    assert "hours" not in f"{wanted} {held}"


def test_a_row_that_is_newer_is_right() -> None:
    send(nested(sleep_data=sleep(7)))
    consume()
    HealthDaily.objects.update(sleep_data={"hours": 1}, sleep_at=F("sleep_at") + 1)
    advance()
    assert counts(progress()) == {"checked": 1, "match": 1}
