"""Groups of dead letters: counted to a bound, and found along an index."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from streaming import reasons
from streaming.deadletters import Burial, bury
from streaming.fingerprints import fingerprint
from streaming.models import DeadLetter

SECOND = 1_790_000_000_000
HEART, STRESS = "implausible: heart_rate %d", "implausible: stress %d"

pytestmark = pytest.mark.usefixtures("db")


def put(count: int, reason: str, *, kind: str = "health", devices: int = 1, first: int = 0) -> None:
    with transaction.atomic():
        for n in range(first, first + count):
            said = reason % n if "%d" in reason else reason
            bury([Burial(kind, f"D{n % devices}", said, "json", f"{kind}{reason}{n}".encode(), SECOND + n * 1000)])


def at(second: int) -> datetime:
    return datetime.fromtimestamp(SECOND / 1000 + second, UTC)


def test_a_group_tells_its_count_devices_example_and_times() -> None:
    put(5, HEART, devices=2)
    put(1, "conflict", kind="event")
    assert reasons.groups() == [
        reasons.Group(fingerprint("health", HEART % 0), "health", HEART % 4, 5, False, 2, at(0), at(4)),
        reasons.Group(fingerprint("event", "conflict"), "event", "conflict", 1, False, 1, at(0), at(0)),
    ]
    assert [group.reason for group in reasons.groups()] == ["implausible: heart_rate …", "conflict"]


def test_groups_are_those_of_one_state_and_if_asked_of_one_kind() -> None:
    put(2, HEART)
    put(1, HEART, kind="event")
    DeadLetter.objects.filter(kind="event").update(state="discarded")
    put(1, STRESS, kind="event")
    assert [(group.kind, group.count) for group in reasons.groups()] == [("health", 2), ("event", 1)]
    assert [group.reason for group in reasons.groups(kind="event")] == ["implausible: stress …"]
    assert [group.reason for group in reasons.groups("discarded")] == ["implausible: heart_rate …"]
    assert reasons.groups("replayed") == []


def test_a_group_is_counted_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasons, "MOST_COUNTED", 4)
    put(4, HEART, devices=4)
    put(5, STRESS, devices=5)
    assert {(group.kind, group.count, group.more) for group in reasons.groups()} == {
        ("health", 4, False),
        ("health", 4, True),
    }


def test_no_more_groups_are_looked_for_than_are_shown() -> None:
    put(3, HEART)
    put(2, STRESS)
    put(1, "conflict")
    assert len(reasons.groups(most=2)) == 2


def test_letters_without_a_fingerprint_are_no_group() -> None:
    # Its link would mean every letter.
    put(1, HEART)
    DeadLetter.objects.update(fingerprint="")
    assert reasons.groups() == []


def test_the_categories_of_a_state_are_found_one_by_one() -> None:
    put(3, HEART)
    put(2, "conflict")
    assert reasons.categories("open") == ["conflict", "implausible"]
    assert reasons.categories("discarded") == []


@pytest.mark.parametrize("many", [10, 400])
def test_the_cost_of_the_groups_does_not_depend_on_how_many_letters_there_are(
    django_assert_num_queries: Any, many: int
) -> None:
    put(many, HEART)
    put(many, STRESS)
    with django_assert_num_queries(2 * 4 + 1):
        reasons.groups()


@pytest.mark.django_db(transaction=True)
def test_groups_and_the_letters_of_one_are_found_along_their_index() -> None:
    put(400, HEART, devices=40)
    put(400, STRESS, devices=40)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE ljwx_dead_letter" if connection.vendor == "mysql" else "ANALYZE")
    letters = DeadLetter.objects.filter(state="open", fingerprint=fingerprint("health", HEART % 0))
    with CaptureQueriesContext(connection) as captured:
        reasons.groups()
        list(letters.filter(pk__gt=1, pk__lte=10**6).order_by("pk")[:50])
        letters.order_by()[:10_000].count()
    plans = [plan(query["sql"]) for query in captured if query["sql"].startswith("SELECT")]
    assert len(plans) >= 2 * 4 + 3
    assert [found for found in plans if "dead_letter_group" not in found] == []


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "mysql" else "EXPLAIN QUERY PLAN ") + sql)
        return f"{sql}\n{cursor.fetchall()}"
