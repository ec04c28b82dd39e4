"""The number of consumers: one row, one writer, a history, and the last known one while the database is away."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from streaming import counts
from streaming.counts import Count, CountConflict, OutOfRange, Source
from streaming.models import ConsumerChange, ConsumerCount

pytestmark = pytest.mark.usefixtures("db")


def ask(count: int, **values: Any) -> tuple[Count, Count]:
    return counts.ask(count, **{"reason": "test", "actor": "ann", **values})


def history() -> list[tuple[int, int, int, str, str, str]]:
    fields = ("version", "from_count", "to_count", "source", "actor", "reason")
    return list(ConsumerChange.objects.order_by("version").values_list(*fields))


@pytest.fixture
def autoscaled(settings: Any) -> None:
    settings.CONSUMER_AUTOSCALE = True


def test_until_somebody_sets_it_there_is_a_default_that_nobody_asked_for() -> None:
    assert counts.read() == Count(2, 2, 0)
    assert not ConsumerCount.objects.exists()


def test_each_change_is_kept_with_who_and_why() -> None:
    assert ask(4, reason="peak") == (Count(2, 2, 0), Count(4, 4, 1))
    assert ask(1, reason="night", actor="bob", source=Source.CONTROLLER) == (Count(4, 4, 1), Count(1, 1, 2))
    assert counts.read() == Count(1, 1, 2)
    assert history() == [(1, 2, 4, "manual", "ann", "peak"), (2, 4, 1, "controller", "bob", "night")]


def test_the_default_becomes_a_number_that_somebody_asked_for() -> None:
    assert ask(2) == (Count(2, 2, 0), Count(2, 2, 1))
    assert history() == [(1, 2, 2, "manual", "ann", "test")]


def test_the_same_number_changes_nothing() -> None:
    ask(3)
    assert ask(3) == (Count(3, 3, 1), Count(3, 3, 1))
    assert len(history()) == 1


@pytest.mark.parametrize(("count", "allowed"), [(-1, False), (0, False), (1, True), (8, True), (9, False)])
def test_only_numbers_within_the_limits_are_taken(count: int, allowed: bool) -> None:
    if allowed:
        assert ask(count)[1].desired == count
        return
    with pytest.raises(OutOfRange, match="LJWX_CONSUMER_MAX"):
        ask(count)
    assert history() == []


def test_a_number_that_the_limits_do_not_allow_any_more_is_read_as_the_nearest_that_they_do(settings: Any) -> None:
    ask(8)
    settings.CONSUMER_MAX = 5
    assert counts.read() == Count(5, 5, 1)
    settings.CONSUMER_MIN = settings.CONSUMER_MAX = 9
    assert counts.read() == Count(9, 9, 1)


@pytest.mark.parametrize("version", [0, 1], ids=["first", "later"])
def test_two_at_the_same_time_are_a_conflict_and_the_first_holds(monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    if version:
        ask(5)
    seen = counts.read()
    ask(3, actor="first")
    monkeypatch.setattr(counts, "read", lambda: seen)
    with pytest.raises(CountConflict):
        ask(4, actor="second")
    monkeypatch.undo()
    assert counts.read() == Count(3, 3, version + 1)
    assert [actor for *_rest, actor, _reason in history()][-1] == "first"


def test_an_actor_that_is_too_long_is_cut_and_not_refused() -> None:
    ask(3, actor="a" * 200, reason="r" * 300)
    change = ConsumerChange.objects.get()
    assert (len(change.actor), len(change.reason)) == (150, 255)


def test_autoscaling_adds_to_what_people_asked_for(autoscaled: None) -> None:
    _, asked = ask(2)
    assert counts.adjust(3, expected=asked, reason="late", actor="autoscale") == Count(2, 3, 2)
    assert counts.read() == Count(2, 3, 2)
    assert history()[-1] == (2, 2, 3, "autoscale", "autoscale", "late")


def test_autoscaling_does_not_overrule_a_person_who_was_faster(autoscaled: None) -> None:
    _, asked = ask(2)
    ask(4)
    with pytest.raises(CountConflict):
        counts.adjust(3, expected=asked, reason="late", actor="autoscale")
    assert counts.read() == Count(4, 4, 2)


def test_autoscaling_goes_neither_below_what_people_asked_for_nor_above_the_maximum(autoscaled: None) -> None:
    _, asked = ask(2)
    for count in (1, 9):
        with pytest.raises(OutOfRange):
            counts.adjust(count, expected=asked, reason="x", actor="autoscale")


def test_a_person_who_asks_has_what_was_asked_for_and_not_what_autoscaling_had_added(autoscaled: None) -> None:
    _, asked = ask(2)
    counts.adjust(3, expected=asked, reason="late", actor="autoscale")
    assert ask(2)[1] == Count(2, 2, 3)


def test_without_autoscaling_what_it_had_added_does_not_count(settings: Any) -> None:
    settings.CONSUMER_AUTOSCALE = True
    _, asked = ask(2)
    counts.adjust(5, expected=asked, reason="late", actor="autoscale")
    settings.CONSUMER_AUTOSCALE = False
    assert counts.read() == Count(2, 2, 2)


def test_a_start_sets_the_number() -> None:
    ask(5)
    assert counts.begin(3, reason="run_consumers --workers 3", actor="ann") == Count(3, 3, 2)
    assert history()[-1][3] == "start"


def test_a_program_that_is_started_again_does_not_undo_what_was_asked_meanwhile() -> None:
    started = time.time() - 60
    assert counts.begin(3, reason="start", actor="ann", started=started).desired == 3
    ask(5)
    assert counts.begin(3, reason="start again", actor="ann", started=started).desired == 5
    assert counts.begin(3, reason="a new start", actor="ann", started=time.time() + 60).desired == 3


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes the database go away."""

    def fail(*args: Any) -> Any:
        raise OperationalError(2002, "Can't connect")

    def go() -> None:
        monkeypatch.setattr(connection, "cursor", fail)

    yield go
    monkeypatch.undo()
    counts.current.refresh()


def test_the_last_known_number_stays_while_the_database_is_away(away: Any) -> None:
    ask(4)
    counts.current.refresh()
    away()
    counts.current.refresh()
    assert counts.current.get() == Count(4, 4, 1)


@pytest.mark.django_db(transaction=True)
def test_this_process_knows_of_its_own_change_at_once() -> None:
    counts.current.refresh()
    ask(7)
    assert counts.current._value == Count(7, 7, 1)


@pytest.mark.parametrize("values", [{"id": 2}, {"wanted": 0}, {"wanted": 4, "desired": 3}])
def test_the_database_itself_holds_one_row_with_possible_numbers(values: dict[str, int]) -> None:
    # MariaDB reports a failed CHECK as an OperationalError.
    with pytest.raises((IntegrityError, OperationalError)), transaction.atomic():
        ConsumerCount.objects.create(**{"id": 1, "wanted": 2, "desired": 2, **values})
