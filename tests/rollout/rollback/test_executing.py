"""Asking for the way back: from every status, twice, at once, with Redis away; it never goes up."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from rollout import routes
from rollout.models import Change, Plan, Rollback, Route
from rollout.plans.actions import ACTIVE
from rollout.rollback import execute_rollback, get_rollback_plan
from rollout.rollback.errors import RollbackRefused
from rollout.routes import Share
from tests.rollout.rollback.scene import accepted, all_at, plan, share, shares

S = Plan.Status
R = Rollback.Status


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("status", S.values)
def test_every_status_of_a_plan_lets_all_devices_go_back(status: str) -> None:
    made = plan(status)
    share(40)
    execute_rollback("immediate", "it burns", "ann")
    assert shares() == all_at(0)
    before, after = made.version, Plan.objects.get(pk=made.pk)
    if status in (S.RUNNING, S.PAUSED, S.SOAKING):
        assert (after.status, after.version) == (S.ROLLING_BACK, before + 1)
        assert after.rollback_requested_at is not None
    else:
        assert (after.status, after.version) == (status, before)
    assert Rollback.objects.get().plan_id == (made.pk if status in ACTIVE else None)


@pytest.mark.usefixtures("db", "without_redis")
def test_it_needs_no_redis_and_no_plan() -> None:
    share(100)
    rollback = execute_rollback("immediate", "Redis is gone", "ann", source="api")
    assert shares() == all_at(0)
    assert (rollback.status, rollback.target, rollback.source) == (R.CONFIRMING, 0, "api")
    assert rollback.before == dict.fromkeys(("device", "event", "health"), "100.00")
    assert rollback.lowered_at == rollback.requested_at


@pytest.mark.usefixtures("db")
def test_the_history_names_the_rollback_with_every_change() -> None:
    made = plan(S.RUNNING)
    rollback = execute_rollback("immediate", "it burns", "ann")
    changes = Change.objects.filter(rollback=rollback)
    assert {(each.kind, each.to_percentage, each.source, each.actor) for each in changes} == {
        (kind, Decimal(0), "rollback", "ann") for kind in ("device", "event", "health")
    }
    assert {each.plan_id for each in changes} == {made.pk}


@pytest.mark.usefixtures("db")
def test_a_guardrail_is_named_as_the_source() -> None:
    share(40)
    execute_rollback("immediate", "errors", source="guardrail")
    assert set(Change.objects.values_list("source", flat=True)) == {"guardrail"}


@pytest.mark.usefixtures("db")
def test_a_process_goes_by_it_as_soon_as_it_is_committed(django_capture_on_commit_callbacks: Any) -> None:
    share(100)
    routes.current.refresh()
    with django_capture_on_commit_callbacks(execute=True):
        execute_rollback("immediate", "x")
    assert routes.current.get()["health"] == Share(below=0, salt="plan-1", epoch=2)


@pytest.mark.usefixtures("db")
def test_a_second_request_is_the_first_one_and_changes_nothing() -> None:
    made = plan(S.RUNNING)
    first = execute_rollback("immediate", "it burns", "ann")
    before = (Change.objects.count(), made.transitions.count())
    second = execute_rollback("immediate", "it still burns", "bob")
    assert second.pk == first.pk
    assert (second.reason, second.actor, second.requested_at) == ("it burns", "ann", first.requested_at)
    assert (Change.objects.count(), made.transitions.count()) == before


@pytest.mark.usefixtures("db")
def test_a_second_request_lowers_what_somebody_has_raised_again() -> None:
    share(40)
    first = execute_rollback("immediate", "it burns", "ann")
    share(5, "health")
    second = execute_rollback("immediate", "it burns again", "bob")
    assert shares() == all_at(0)
    assert (second.pk, second.status) == (first.pk, R.CONFIRMING)
    assert [each["reason"] for each in second.facts["requests"]] == ["it burns again"]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("present", "target", "found"), [(40, 20, 20), (20, 40, 20), (20, 20, 20), (0, 100, 0)])
def test_it_never_raises_a_share(present: int, target: int, found: int) -> None:
    share(present)
    execute_rollback("to-percentage", "x", target=Decimal(target))
    assert shares() == all_at(found)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("at", "found"), [(1, 0), (2, 10), (3, 30), (4, 50)])
def test_the_previous_step_is_the_one_before_the_step_that_is_applied(at: int, found: int) -> None:
    plan(S.RUNNING, at=at)
    rollback = execute_rollback("previous-step", "x")
    assert shares() == all_at(found)
    assert rollback.target == found
    assert Plan.objects.get().status == S.ROLLING_BACK


@pytest.mark.usefixtures("db")
def test_the_previous_step_of_a_plan_that_soaks_is_the_last_but_one() -> None:
    plan(S.SOAKING)
    execute_rollback("previous-step", "x")
    assert shares() == all_at(50)


@pytest.mark.usefixtures("db")
def test_without_a_plan_there_is_nothing_before_the_present_share() -> None:
    share(40)
    execute_rollback("previous-step", "x")
    assert shares() == all_at(0)


@pytest.mark.usefixtures("db")
def test_what_goes_through_a_plans_steps_leaves_other_kinds_alone() -> None:
    share(70, "event")
    plan(S.RUNNING, kinds=["device", "health"])
    execute_rollback("previous-step", "x")
    assert shares() == {"device": 30, "health": 30, "event": 70}
    execute_rollback("immediate", "x")
    assert shares() == all_at(0)


@pytest.mark.usefixtures("db")
def test_the_kinds_that_are_named_go_back_alone() -> None:
    share(70)
    rollback = execute_rollback("immediate", "x", kinds=["event"])
    assert shares() == {"device": 70, "health": 70, "event": 0}
    assert rollback.kinds == ["event"]


@pytest.mark.usefixtures("db")
def test_a_gradual_one_takes_the_first_step_now_and_keeps_the_others() -> None:
    plan(S.SOAKING)
    rollback = execute_rollback("gradual", "x", interval_s=60)
    assert shares() == all_at(50)
    assert (rollback.status, rollback.lowered_at, rollback.interval_s) == (R.LOWERING, None, 60)
    assert rollback.facts["ladders"]["health"] == ["30.00", "10.00", "0"]


@pytest.mark.usefixtures("db")
def test_asked_again_a_gradual_one_goes_no_faster() -> None:
    plan(S.SOAKING)
    first = execute_rollback("gradual", "x", interval_s=60)
    again = execute_rollback("gradual", "x", interval_s=1)
    assert shares() == all_at(50)
    assert (again.facts, again.interval_s) == (first.facts, 60)


@pytest.mark.usefixtures("db")
def test_an_immediate_one_overtakes_a_gradual_one() -> None:
    plan(S.SOAKING)
    first = execute_rollback("gradual", "slowly", interval_s=60)
    second = execute_rollback("immediate", "now", "bob")
    assert shares() == all_at(0)
    assert (second.pk, second.status) == (first.pk, R.CONFIRMING)
    assert "ladders" not in second.facts
    assert [each["strategy"] for each in second.facts["requests"]] == ["immediate"]


@pytest.mark.usefixtures("db")
def test_one_that_asks_for_less_than_a_gradual_one_does_not_stop_it() -> None:
    plan(S.SOAKING)
    execute_rollback("gradual", "x", interval_s=60)
    rollback = execute_rollback("to-percentage", "x", target=Decimal(20))
    assert shares() == all_at(20)
    assert rollback.facts["ladders"]["health"] == ["10.00", "0"]
    assert (rollback.status, rollback.target) == (R.LOWERING, 0)


@pytest.mark.usefixtures("db")
def test_a_later_request_for_another_kind_leaves_the_steps_of_the_first_alone() -> None:
    share(100)
    execute_rollback("gradual", "x", kinds=["health"])
    rollback = execute_rollback("to-percentage", "x", kinds=["event"], target=Decimal(60))
    assert shares() == {"health": 75, "event": 60, "device": 100}
    assert list(rollback.facts["ladders"]) == ["health"]
    assert rollback.kinds == ["event", "health"]


@pytest.mark.usefixtures("db")
def test_a_lower_request_makes_the_processes_confirm_anew() -> None:
    share(100)
    first = execute_rollback("to-percentage", "x", target=Decimal(20))
    Rollback.objects.update(
        status=R.DRAINING, effective_at=first.requested_at, facts={"quiet_at": "2026-09-07T00:00:00Z"}
    )
    second = execute_rollback("immediate", "x")
    assert (second.status, second.effective_at, second.target) == (R.CONFIRMING, None, 0)
    assert "quiet_at" not in second.facts


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("strategy", ["immediate", "previous-step"])
@pytest.mark.parametrize("source", ["guardrail", "api"])
def test_what_the_legacy_path_can_not_carry_goes_in_steps(settings: Any, strategy: str, source: str) -> None:
    settings.LEGACY_CAPACITY = 100
    settings.ROLLBACK_INTERVAL_S = 15
    share(100)
    accepted("stream", 1_000)
    rollback = execute_rollback(strategy, "x", source=source)
    assert shares() == all_at(75)
    assert (rollback.strategy, rollback.interval_s, rollback.target) == ("gradual", 15, 0)
    assert (rollback.facts["asked"], rollback.facts["headroom"]["fits"]) == (strategy, False)


@pytest.mark.usefixtures("db")
def test_forced_it_goes_at_once_whatever_was_measured(settings: Any) -> None:
    settings.LEGACY_CAPACITY = 100
    share(100)
    accepted("stream", 1_000)
    rollback = execute_rollback("immediate", "entries are lost", source="guardrail", force=True)
    assert shares() == all_at(0)
    assert (rollback.strategy, rollback.forced) == ("immediate", True)


@pytest.mark.usefixtures("db")
def test_a_capacity_that_nobody_knows_does_not_delay_it() -> None:
    share(100)
    accepted("stream", 1_000)
    execute_rollback("immediate", "x")
    assert shares() == all_at(0)
    assert Rollback.objects.get().facts["headroom"]["fits"] is None


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("strategy", "values"),
    [
        ("sideways", {}),
        ("to-percentage", {}),
        ("to-percentage", {"target": Decimal("-1")}),
        ("to-percentage", {"target": Decimal("100.01")}),
        ("to-percentage", {"target": Decimal("1.234")}),
        ("to-percentage", {"target": Decimal("NaN")}),
        ("immediate", {"target": Decimal(20)}),
        ("previous-step", {"target": Decimal(20)}),
        ("immediate", {"kinds": ["nonsense"]}),
        ("immediate", {"kinds": []}),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_way_back_is_refused_and_changes_nothing(strategy: str, values: dict[str, Any], force: bool) -> None:
    plan(S.RUNNING)
    with pytest.raises(RollbackRefused):
        execute_rollback(strategy, "x", force=force, **values)
    assert shares() == all_at(50)
    assert Plan.objects.get().status == S.RUNNING
    assert not Rollback.objects.exists()


@pytest.mark.usefixtures("db")
def test_the_words_of_the_guide_do_it() -> None:
    share(40)
    get_rollback_plan().execute_rollback("immediate", "消费延迟")
    assert shares() == all_at(0)
    assert Rollback.objects.get().actor == "system"


@pytest.mark.usefixtures("db")
def test_the_database_holds_one_active_rollback() -> None:
    first = execute_rollback("immediate", "x")
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


@pytest.mark.usefixtures("transactional_db")
def test_many_at_once_make_one_rollback() -> None:
    Route.objects.update(percentage=100)
    made = plan(S.RUNNING)
    start = threading.Barrier(6)
    found: list[int] = []

    def ask(number: int) -> None:
        start.wait()
        try:
            strategy = ("immediate", "gradual", "previous-step")[number % 3]
            found.append(execute_rollback(strategy, f"from {number}").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert set(found) == {Rollback.objects.get().pk}
    assert shares() == all_at(0)
    assert list(made.transitions.filter(action="rollback").values_list("to_status", flat=True)) == [S.ROLLING_BACK]


@pytest.mark.usefixtures("transactional_db")
def test_no_step_begins_once_it_was_asked_for() -> None:
    """A raise of the controller and a rollback at the same time: whichever comes last, the share is down."""
    from rollout.plans import steps
    from rollout.plans.errors import PlanError

    for _ in range(5):
        Plan.objects.all().update(status=S.ROLLED_BACK, active=None)
        Rollback.objects.update(active=None)
        made = plan(S.RUNNING, at=1)
        steps.finish(made.pk, position=1, actor="c", verdict="pass", by="ann", fence=lambda: None)
        start = threading.Barrier(2)

        def raise_it(pk: int = made.pk, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                steps.begin(pk, position=2, actor="c", reason="x", metrics={}, fence=lambda: None)
            except PlanError:
                pass
            finally:
                connection.close()

        thread = threading.Thread(target=raise_it)
        thread.start()
        start.wait()
        execute_rollback("immediate", "x")
        thread.join()
        assert shares() == all_at(0)
