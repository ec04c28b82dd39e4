"""The path of an upload: decided from memory, and legacy on any doubt."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError

from ljwx import background
from rollout import routes
from rollout.models import Route
from rollout.routes import Decision, Share, decide
from streaming import registry, safety
from streaming.safety import Gate

SERIAL = "TEST002"  # bucket 428 under plan-1: on the stream from 4.29 %


@pytest.fixture
def elapsed(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets that many seconds go by."""
    now = [1000.0]
    monkeypatch.setattr(routes.current, "clock", lambda: now[0])
    monkeypatch.setattr(routes.current, "_tried_at", None)

    def let(seconds: float) -> None:
        now[0] += seconds

    return let


@pytest.mark.usefixtures("open_gate")
@pytest.mark.parametrize(
    ("percentage", "path"),
    [("0", "legacy"), ("4.28", "legacy"), ("4.29", "stream"), ("50", "stream"), ("100", "stream")],
)
def test_a_device_is_on_the_stream_when_its_bucket_is_below_the_share(db: None, percentage: str, path: str) -> None:
    Route.objects.filter(kind="health").update(percentage=Decimal(percentage), epoch=7)
    routes.current.refresh()
    assert decide("health", SERIAL) == Decision(path, 7, "share")


@pytest.mark.usefixtures("open_gate")
def test_kinds_have_shares_of_their_own(db: None) -> None:
    Route.objects.filter(kind="event").update(percentage=100)
    routes.current.refresh()
    assert [decide(kind.name, SERIAL).path for kind in registry.kinds()] == ["stream", "legacy", "legacy"]


@pytest.mark.usefixtures("open_gate", "known")
def test_a_kind_without_a_route_is_on_the_legacy_path() -> None:
    assert decide("nonsense", SERIAL) == Decision("legacy", 0, "no route")


@pytest.mark.usefixtures("open_gate")
def test_without_any_routes_everything_is_on_the_legacy_path(db: None) -> None:
    Route.objects.all().delete()
    routes.current.refresh()
    assert decide("health", SERIAL) == Decision("legacy", 0, "no route")


def test_a_closed_gate_is_the_legacy_path_with_its_reason(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Route.objects.update(percentage=100)
    routes.current.refresh()
    monkeypatch.setattr(safety.current, "_value", Gate(False, "appendonly: no"))
    monkeypatch.setattr(safety.current, "_tried_at", float("inf"))
    assert decide("health", SERIAL) == Decision("legacy", 1, "stream closed: appendonly: no")


@pytest.mark.usefixtures("open_gate")
@pytest.mark.parametrize(
    "error", [OperationalError(2006, "gone away"), InterfaceError(), ProgrammingError(1146, "no table")]
)
def test_an_unreadable_database_keeps_the_last_routes(
    db: None, elapsed: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    Route.objects.update(percentage=100)
    assert decide("health", SERIAL).path == "stream"

    def fail() -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(routes.current, "_load", fail)
        elapsed(3600)
        assert decide("health", SERIAL).path == "stream"
    Route.objects.update(percentage=0)
    elapsed(1)
    assert decide("health", SERIAL).path == "legacy"


def test_a_process_that_never_read_the_routes_is_on_the_legacy_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise OperationalError(2002, "can not connect")

    monkeypatch.setattr(routes, "current", background.Refreshed("routes", fail, initial={}, errors=(OperationalError,)))
    monkeypatch.setattr(background, "_everything", [])
    assert decide("health", SERIAL) == Decision("legacy", 0, "no route")


@pytest.mark.usefixtures("open_gate")
def test_routes_are_at_most_a_second_old_and_not_read_each_time(
    db: None, elapsed: Callable[[float], None], django_assert_num_queries: Any
) -> None:
    assert decide("health", SERIAL).path == "legacy"
    Route.objects.update(percentage=100)
    with django_assert_num_queries(0):
        decide("health", SERIAL)
    elapsed(1)
    with django_assert_num_queries(1):
        for _ in range(100):
            assert decide("health", SERIAL).path == "stream"


@pytest.mark.usefixtures("open_gate")
def test_where_a_thread_keeps_routes_fresh_deciding_reads_nothing(
    db: None, elapsed: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    decide("health", SERIAL)
    elapsed(3600)
    monkeypatch.setattr(background, "_held", True)
    with django_assert_num_queries(0):
        decide("health", SERIAL)


def test_every_kind_has_a_route_at_zero_after_migrating(db: None) -> None:
    Route.objects.all().delete()
    routes.create_missing()
    routes.create_missing()
    assert sorted(Route.objects.values_list("kind", "percentage")) == [("device", 0), ("event", 0), ("health", 0)]


def test_a_route_that_is_there_is_left_alone_by_migrating(db: None) -> None:
    Route.objects.filter(kind="health").update(percentage=Decimal("20.5"), salt="plan-2", epoch=9)
    routes.create_missing()
    assert routes.load()["health"] == Share(below=2050, salt="plan-2", epoch=9)
