"""Times on the wire: every format, and what is refused instead of guessed."""

import calendar
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import times
from ingest.values import Impossible
from tests.ingest.fuzz import FUZZ, anything

NOW = 1789444800.0  # 2026-09-15 12:00:00 in Shanghai
FIVE = 1788339600  # 2026-09-02 17:00:00 in Shanghai


@pytest.mark.parametrize(
    "value",
    [
        "2026-09-02 17:00:00",
        " 2026-09-02 17:00:00 ",
        "2026-09-02T17:00:00",
        "2026-09-02 17:00:00.999",
        "2026-09-02T17:00:00.999999",
        "2026-09-02 17:00",
        "2026-09-02T17:00:00+08:00",
        "2026-09-02T17:00:00+0800",
        "2026-09-02T09:00:00Z",
        "2026-09-02T09:00:00.123Z",
        "2026-09-02 09:00:00+00:00",
        "2026-09-01T21:00:00-12:00",
        "2026-09-02T14:30:00+05:30",
        1788339600,
        "1788339600",
        " 1788339600 ",
        1788339600.0,
        1788339600.999,
        "1788339600.5",
        1788339600000,
        1788339600999,
        "1788339600999",
        1.7883396e12,
    ],
)
def test_one_moment_in_every_format(value: Any) -> None:
    assert times.parse(value, now=NOW) == FIVE


def test_a_day_is_its_midnight_in_shanghai() -> None:
    assert times.local_text(times.parse("2026-09-02", now=NOW)) == "2026-09-02 00:00:00"


@pytest.mark.parametrize(
    "value",
    [
        "", "  ", "yesterday", "17:00", "0000-00-00 00:00:00", "2026-02-30 12:00:00", "2026-13-01 12:00:00",
        "2026-09-02 24:00:00", "2026-09-02 23:60:00", "2016-12-31 23:59:60", "2026-9-2 17:00:00", "2026/09/02 17:00:00",
        "02-09-2026 17:00:00", "２０２６-09-02 17:00:00", "2026-09-02 17:00:00 CST", "2026-09-02T17:00:00+25:00",
        "2026-09-02 17:00:00\x00", "2026-09-02\x0017:00:00", "2026-09-02 17:00:00\ud800",
        "0", "1", "178833960", "17883396001", "178833960012", "17883396001234", "1788339600123456789",
        "-1788339600", "+1788339600", "-178833960", "1788339600.", "1.788e9", "1_788339600", "0x6A97FE50", "٠١٢٣٤٥٦٧٨٩",
        0, 1, -1, 178833960, 17883396001, 10**400, -(10**400), 0.5, -0.0, 1e22, float("inf"), float("-inf"),
        True, False, None, [], [2026], {}, {"$date": FIVE},
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_and_not_guessed(value: Any) -> None:
    with pytest.raises(Impossible, match=r"^timestamp: "):
        times.parse(value, now=NOW)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2105-01-01 00:00:00", "timestamp: year 2105 is in the future"),
        ("2026-09-16 12:00:01", "timestamp: year 2026 is in the future"),
        (9999999999, "timestamp: year 2286 is in the future"),
        (9999999999999, "timestamp: year 2286 is in the future"),
        ("2014-12-31 23:59:59", "timestamp: year 2014 is before 2015"),
        ("2014-12-31T16:00:00.000Z", None),
        ("1970-01-01 08:00:00", "timestamp: year 1970 is before 2015"),
        (1000000000, "timestamp: year 2001 is before 2015"),
        ("2026-09-16 12:00:00", None),
        ("2015-01-01 00:00:00", None),
    ],
)
def test_a_time_is_from_2015_to_a_day_ahead(value: Any, reason: str | None) -> None:
    if reason is None:
        assert times.EARLIEST <= times.parse(value, now=NOW) <= NOW + 86_400
        return
    with pytest.raises(Impossible) as error:
        times.parse(value, now=NOW)
    assert str(error.value) == reason


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01 00:00:00"])
def test_the_ends_of_the_calendar_are_refused(value: str) -> None:
    with pytest.raises(Impossible, match=r"^timestamp: "):
        times.parse(value, now=NOW)


@pytest.mark.parametrize(
    ("moment", "text", "day", "monday"),
    [
        (FIVE, "2026-09-02 17:00:00", date(2026, 9, 2), date(2026, 8, 31)),
        (1640995200, "2022-01-01 08:00:00", date(2022, 1, 1), date(2021, 12, 27)),
        (1788105600, "2026-08-31 00:00:00", date(2026, 8, 31), date(2026, 8, 31)),
        (1788105599, "2026-08-30 23:59:59", date(2026, 8, 30), date(2026, 8, 24)),
    ],
)
def test_days_and_weeks_are_those_of_shanghai(moment: int, text: str, day: date, monday: date) -> None:
    assert (times.local_text(moment), times.local_date(moment), times.monday(moment)) == (text, day, monday)
    assert times.epoch_of(text) == times.epoch_of(datetime.fromisoformat(text)) == moment
    assert times.aware(moment) == datetime.fromtimestamp(moment, UTC)


@pytest.mark.parametrize("moment", [-1, -62135625600, 253402271999, times.LATEST, 10**18, -(2**63)])
def test_a_time_of_another_age_is_in_no_table(moment: int) -> None:
    with pytest.raises(OverflowError):
        times.local_text(moment)
    assert times.local_text(0) == "1970-01-01 08:00:00"
    assert times.local_text(times.LATEST - 1) == "2999-12-31 23:59:59"


@given(st.integers(times.EARLIEST, int(NOW)))
@FUZZ
def test_a_stored_time_reads_back_as_the_same_moment(moment: int) -> None:
    text = times.local_text(moment)
    assert times.epoch_of(text) == times.parse(text, now=NOW) == times.parse(moment, now=NOW) == moment
    assert times.monday(moment).weekday() == 0


@given(anything | st.text("0123456789-: TZ+.\x00W", max_size=30) | st.datetimes().map(str))
@FUZZ
def test_anything_is_a_time_in_range_or_impossible(value: Any) -> None:
    reason = ""
    try:
        found = times.parse(value, now=NOW)
    except Impossible as error:
        reason = str(error)
    if reason:
        assert reason.startswith("timestamp: ")
        assert reason.isprintable()
    else:
        assert times.EARLIEST <= found <= NOW + times.AHEAD_S


moments = st.integers(times.EARLIEST, int(NOW) + times.AHEAD_S)
offsets = st.integers(-14 * 60, 14 * 60)


@given(moments, offsets, st.integers(0, 999), st.sampled_from(["T", " "]))
@FUZZ
def test_a_moment_is_the_same_in_every_zone_and_to_the_millisecond(
    moment: int, minutes: int, milliseconds: int, between: str
) -> None:
    abroad = datetime.fromtimestamp(moment, timezone(timedelta(minutes=minutes))).isoformat(between)
    assert times.parse(abroad, now=NOW) == moment
    assert times.parse(f"{times.local_text(moment)}.{milliseconds:03}", now=NOW) == moment
    assert times.parse(moment * 1000 + milliseconds, now=NOW) == moment
    assert times.parse(f"{moment * 1000 + milliseconds}", now=NOW) == moment


@given(moments)
@FUZZ
def test_the_text_in_the_tables_is_what_a_calendar_of_shanghai_shows(moment: int) -> None:
    shown = datetime.fromtimestamp(moment, ZoneInfo("Asia/Shanghai"))
    assert times.local_text(moment) == f"{shown:%Y-%m-%d %H:%M:%S}"
    assert times.local_date(moment) == shown.date()
    assert 0 <= (shown.date() - times.monday(moment)).days < 7


@given(st.integers(2015, 2026), st.integers(0, 86_399))
@FUZZ
def test_the_29th_of_february_is_a_day_in_leap_years_alone(year: int, second: int) -> None:
    text = f"{year}-02-29 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    if calendar.isleap(year):
        assert times.local_text(times.parse(text, now=NOW)) == text
    else:
        with pytest.raises(Impossible):
            times.parse(text, now=NOW)


@given(st.integers(times.EARLIEST, 4_000_000_000), st.integers(-2, 2))
@FUZZ
def test_a_day_ahead_is_the_last_second_that_is_taken(now: int, over: int) -> None:
    moment = now + times.AHEAD_S + over
    for value in (moment, moment * 1000, times.local_text(moment)):
        if over <= 0:
            assert times.parse(value, now=float(now)) == moment
        else:
            with pytest.raises(Impossible, match="is in the future"):
                times.parse(value, now=float(now))


@given(st.integers(0, 10**18))
@FUZZ
def test_an_epoch_has_ten_digits_or_thirteen(number: int) -> None:
    if len(str(number)) in {10, 13}:
        return
    for value in (number, str(number)):
        with pytest.raises(Impossible, match="is neither seconds"):
            times.parse(value, now=NOW)
