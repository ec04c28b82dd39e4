"""Answering for what nothing can mend: what is verified goes on, every check knows of it, and who did it is kept."""

import pytest

from ingest.models import HealthData
from ljwx.redis import client
from rollout import consistency
from rollout.consistency import DatabaseConsistencyChecker
from rollout.consistency.acknowledging import acknowledge
from rollout.consistency.errors import NotAcknowledged
from rollout.consistency.report import Report
from rollout.models import Acknowledgement, CheckFinding, Route
from tests.rollout.consistency.scene import advance, consume, holed, progress, readings, send, settled


def check() -> Report:
    checker = DatabaseConsistencyChecker(kinds=["health"], rest=False)
    checker.clock = settled
    return checker.run_comprehensive_check(5)


def different() -> None:
    """One row has another value, and two checks have found it."""
    send(*readings(3))
    consume()
    HealthData.objects.filter(step=1).update(heart_rate=1)
    advance()
    check()


def stop() -> CheckFinding | None:
    through = consistency.verified_through("health")
    assert through is not None
    return through.stopped_by


def test_a_hole_stops_the_guardrail_and_what_is_verified_until_somebody_answers_for_it() -> None:
    Route.objects.update(epoch=1)
    hole = holed()
    before = consistency.evidence("health", 0.0)
    assert before is not None
    assert (stop(), before.holes, before.mismatched) == (hole, 1, 0)
    assert before.verified_through is not None
    assert before.settled_through is not None
    assert before.verified_through < before.settled_through
    assert consistency.evidence("health", (hole.until_ms or 0) / 1000 + 1).holes == 0  # type: ignore[union-attr]
    assert acknowledge([hole.pk], actor="ann", reason="deleted by hand") == 1
    after = consistency.evidence("health", 0.0)
    assert after is not None
    assert (stop(), after.holes, after.verified_through) == (None, 0, progress().cursor_ms / 1000)
    row = Acknowledgement.objects.get()
    assert (row.findings.get(), row.actor, row.reason) == (hole, "ann", "deleted by hand")


def test_another_check_that_finds_the_same_hole_knows_of_it_and_one_in_another_place_does_not() -> None:
    hole = holed()
    assert not check().is_clean
    acknowledge([hole.pk], actor="ann", reason="x")
    found = check()
    assert (len(found.holes), found.is_clean, stop()) == (1, True, None)
    assert not CheckFinding.objects.filter(outcome="hole", resolved_at=None).exists()
    gone = send(*readings(1, "C"))
    send(*readings(1, "D"))
    consume()
    client("control").xdel("health_data_stream", gone)
    assert not check().is_clean
    assert stop() is not None


def test_what_the_rolling_check_has_seen_in_time_is_no_hole_of_a_later_one() -> None:
    advance(now=settled(0.0))
    gone = send(*readings(1))
    send(*readings(2, "B"))
    consume()
    advance()
    client("control").xdel("health_data_stream", gone)
    found = check()
    assert (len(found.holes), found.is_clean, stop()) == (1, True, None)


def test_what_two_checks_say_is_ended_once_for_both() -> None:
    different()
    first, second = CheckFinding.objects.order_by("pk")
    assert acknowledge([second.pk], actor="ann", reason="x") == 2
    assert stop() is None
    assert acknowledge([first.pk, second.pk], actor="bob", reason="y") == 0
    assert set(Acknowledgement.objects.values_list("actor", flat=True)) == {"ann"}
    assert check().is_clean


def test_a_row_that_differs_in_another_way_by_now_is_new() -> None:
    different()
    acknowledge(list(CheckFinding.objects.values_list("pk", flat=True)), actor="ann", reason="x")
    HealthData.objects.filter(step=1).update(heart_rate=2)
    assert not check().is_clean


def test_what_is_missing_is_repaired_and_nothing_of_the_request_is_acknowledged() -> None:
    different()
    HealthData.objects.filter(step=2).delete()
    check()
    with pytest.raises(NotAcknowledged):
        acknowledge(list(CheckFinding.objects.values_list("pk", flat=True)), actor="ann", reason="x")
    assert not Acknowledgement.objects.exists()


def test_a_repair_ends_what_other_checks_say_of_the_same_record() -> None:
    send(*readings(3))
    consume()
    HealthData.objects.filter(step=1).delete()
    advance()
    found = check()
    assert CheckFinding.objects.filter(resolved_at=None).count() == 2
    consistency.repair(found.check.pk, actor="ann", reason="x")
    assert stop() is None
