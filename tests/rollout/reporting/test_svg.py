"""Charts: numbers stand where they belong, text is escaped, and nothing can run."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.reporting.svg import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Line, Mark, chart, ticks

HOUR = 3_600.0


def drawn(*lines: Line, marks: tuple[Mark, ...] = (), top: float | None = None) -> str:
    return str(chart(lines, title="t", since=0.0, until=100.0, unit=lambda value: f"{value:g}", marks=marks, top=top))


def paths(text: str) -> list[str]:
    return re.findall(r' d="([^"]*)"', text)


def test_a_line_goes_from_corner_to_corner() -> None:
    [path] = paths(drawn(Line("a", [(0, 0), (100, 10)]), top=10))
    assert path == f"M{float(LEFT)} {float(HEIGHT - 26)}h0L{float(WIDTH - RIGHT)} {float(TOP)}"


def test_a_step_holds_until_the_next_and_to_the_end() -> None:
    [path] = paths(drawn(Line("a", [(0, 0), (50, 10)], step=True), top=10))
    points = re.findall(r"[ML]([\d.]+) ([\d.]+)", path)
    bottom, middle = float(HEIGHT - 26), LEFT + (WIDTH - LEFT - RIGHT) / 2
    assert [(float(x), float(y)) for x, y in points] == [
        (LEFT, bottom), (middle, bottom), (middle, TOP), (WIDTH - RIGHT, TOP),
    ]  # fmt: skip


def test_what_is_not_known_breaks_the_line() -> None:
    [path] = paths(drawn(Line("a", [(0, 1), (10, 1), (20, None), (30, 1), (40, 1)])))
    assert path.count("M") == 2


def test_text_is_escaped() -> None:
    text = str(chart([], title='"><script>', since=0, until=1, unit=str, marks=[Mark(0, "<b>")]))
    assert "<script" not in text
    assert "<b>" not in text
    ElementTree.fromstring(text)  # noqa: S314 - of ours


def test_labels_that_would_overlap_are_left_out() -> None:
    marks = tuple(Mark(at, f"{at} %") for at in (0, 1, 2, 50))
    assert re.findall(r'class="m"[^>]*>([^<]*)<', drawn(marks=marks)) == ["0 %", "", "", "50 %"]


@pytest.mark.parametrize(("highest", "shown"), [(0, "1"), (0.03, "0.05"), (7, "10"), (21, "25"), (1_100, "2000")])
def test_the_axis_ends_at_a_round_number(highest: float, shown: str) -> None:
    labels = re.findall(r'class="y"[^>]*>([^<]*)<', drawn(Line("a", [(0, highest)])))
    assert labels[-1] == shown


@given(since=st.integers(0, 2_000_000_000), length=st.integers(1, 400_000_000))
def test_there_are_few_ticks_all_within(since: int, length: int) -> None:
    found = ticks(float(since), float(since + length))
    assert len(found) <= 14
    assert all(since <= at <= since + length for at in found)


def test_days_begin_at_midnight_of_the_site() -> None:
    begin = datetime(2026, 9, 15, 1, 0, tzinfo=UTC).timestamp()
    found = [datetime.fromtimestamp(at, UTC) for at in ticks(begin, begin + 5 * 24 * HOUR)]
    assert {(at.hour, at.minute) for at in found} == {(16, 0)}
    assert len(found) == 5


@given(
    points=st.lists(st.tuples(st.floats(0, 100), st.none() | st.floats(0, 1e12, allow_nan=False)), max_size=30).map(
        lambda points: sorted(points, key=lambda point: point[0])
    )
)
def test_whatever_is_drawn_is_inside_and_well_formed(points: list[tuple[float, float | None]]) -> None:
    text = drawn(Line("a", points))
    ElementTree.fromstring(text)  # noqa: S314 - of ours
    for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", " ".join(paths(text))):
        assert LEFT <= float(x) <= WIDTH - RIGHT
        assert TOP <= float(y) <= HEIGHT - 26
