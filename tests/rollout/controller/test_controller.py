"""The controller, second by second: what moves, what holds, what goes back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ljwx.redis import client
from monitoring import hosts, machine
from rollout import checklists, confirmation, override
from rollout.controller import controller as module
from rollout.controller.collecting import Collector
from rollout.controller.controller import Controller
from rollout.controller.state import NAME
from rollout.lease import Lease, now
from rollout.models import Change, Decision, Pause, Plan, Step, Transition
from rollout.models.rollback import Rollback
from rollout.plans import transitions
from rollout.replaying import replay
from rollout.traffic import switch
from streaming import counts, safety
from streaming.manager import ConsumerManager, Status
from tests.rollout.controller.rig import BEGIN, Rig, Traffic
from tests.stops import Waits

S = Plan.Status
WAY_BACK = (S.ROLLING_BACK, S.DRAINING, S.ROLLED_BACK)


def test_a_plan_goes_to_the_top_by_itself_and_soaks(rig: Rig) -> None:
    rig.plan(10, 50, 100)
    rig.until(lambda: rig.status() == S.SOAKING)
    assert [step.status for step in Step.objects.order_by("position")] == ["passed"] * 3
    moves = Change.objects.order_by("id").values_list("from_percentage", "to_percentage", "source", "actor")
    assert [(float(a), float(b), source, actor) for a, b, source, actor in moves] == [
        (0, 10, "plan", "controller"), (10, 50, "plan", "controller"), (50, 100, "plan", "controller"),
    ]  # fmt: skip
    done = list(Decision.objects.exclude(outcome="").order_by("id").values_list("outcome", flat=True))
    assert [each for each in done if "has passed" in each] == [f"step {n} has passed" for n in (1, 2, 3)]


def test_each_step_is_observed_for_its_time_and_every_change_has_its_figures(rig: Rig) -> None:
    rig.plan(10, 50, observe_s=15)
    rig.until(lambda: rig.status() == S.SOAKING)
    for step in Step.objects.all():
        assert step.ended_at is not None
        assert step.observing_since is not None
        assert (step.ended_at - step.observing_since).total_seconds() >= 15
    assert "errors:health" in Change.objects.get(to_percentage=50).metrics


def test_what_was_decided_is_decided_again_bit_for_bit(rig: Rig) -> None:
    rig.plan(10, 100)
    rig.until(lambda: rig.status() == S.SOAKING)
    rig.tick(65)
    report = replay(since=rig.moment() - timedelta(days=1))
    assert report.judged > 5
    assert report.different == 0
    spoiled = Decision.objects.order_by("-id")[0]
    spoiled.evidence["kinds"][0]["errors"]["errors"] += 100
    spoiled.save()
    assert replay(since=rig.moment() - timedelta(days=1)).different == 1


def test_six_percent_of_errors_roll_back(rig: Rig) -> None:
    rig.plan(10, 50, 100)
    rig.until(lambda: rig.step(2).status == "observing")
    assert rig.traffic is not None
    rig.traffic = replace(rig.traffic, records=1_000, stream_errors=60)
    rig.until(lambda: rig.status() in WAY_BACK, within=120)
    assert rig.share() == 0
    assert Change.objects.latest("id").source == "guardrail"
    assert "errors health" in Decision.objects.filter(action="roll_back").latest("id").outcome


def test_a_redis_that_stays_full_is_rolled_back_once_and_the_controller_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safety, "memory_share", lambda _info: 0.97)
    rig.tick(10)
    assert not Rollback.objects.exists()
    switch(kinds=["health"], percentage=Decimal(30), actor="ann", reason="test")
    rig.until(lambda: rig.share() == 0, within=60)
    rig.tick(30)
    assert Rollback.objects.count() == 1
    assert Lease.objects.get(name=NAME).holder == rig.controller.holder


def test_an_error_that_nobody_thought_of_ends_no_controller(monkeypatch: pytest.MonkeyPatch, rig: Rig) -> None:
    failing = [KeyError("a round"), TypeError("another")]

    def collect(*_args: object, **_values: object) -> object:
        raise failing.pop()

    monkeypatch.setattr(Collector, "collect", collect)
    pauses = Waits(2)
    rig.controller.run(pauses)
    assert failing == []
    assert pauses.seconds == [2.0, 4.0]
    # Somebody else may lead meanwhile.
    assert rig.controller.holding is None


def test_one_percent_of_errors_never_rolls_back(rig: Rig) -> None:
    rig.traffic = Traffic(records=1_000, stream_errors=5)
    rig.plan(10, 50, 100, observe_s=20)
    rig.until(lambda: rig.status() == S.SOAKING)
    rig.tick(20)
    assert rig.status() == S.SOAKING
    assert not Decision.objects.filter(action="roll_back").exists()


def test_errors_that_the_legacy_path_has_too_pause(rig: Rig) -> None:
    rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    rig.traffic = Traffic(records=400, stream_errors=40, legacy_errors=40)
    rig.until(lambda: rig.status() == S.PAUSED, within=120)
    assert rig.share() == 10
    assert Pause.objects.get().cause == "guardrail"


def test_a_person_advances_each_step_of_a_plan_that_does_not_advance_by_itself(rig: Rig) -> None:
    plan = rig.plan(10, 50, auto_execute=False)
    rig.until(lambda: rig.step(1).blocked_by == ["person"])
    rig.tick(10)
    assert rig.share() == 10
    transitions.advance(plan.pk, actor="ann")
    rig.tick(3)
    assert rig.share() == 50
    assert rig.step(1).advanced_by == "ann"


def test_without_data_nothing_advances_and_after_long_the_plan_pauses(rig: Rig) -> None:
    rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    told, rig.traffic = rig.traffic, None
    rig.tick(20)
    assert (rig.status(), rig.share()) == (S.RUNNING, 10)
    rig.until(lambda: rig.status() == S.PAUSED, within=60)
    assert Pause.objects.get().cause == "no_data"
    rig.traffic = told
    rig.until(lambda: rig.status() == S.RUNNING, within=60)
    since = rig.step(1).observing_since
    assert since is not None
    assert (rig.moment() - since).total_seconds() < 5
    rig.until(lambda: rig.share() == 50)


@pytest.mark.parametrize("share", [float("nan"), float("inf"), None])
def test_what_can_not_be_measured_never_advances(rig: Rig, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    monkeypatch.setattr(machine, "share", lambda before, after: share)
    rig.plan(10, 50)
    rig.tick(30)
    assert (rig.share(), rig.status()) == (10, S.RUNNING)
    assert any(code.startswith("cpu:") for code in rig.step(1).blocked_by)


def test_the_busiest_host_counts(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "busiest", lambda moment: 0.85)
    rig.plan(10, 50)
    rig.tick(30)
    assert rig.share() == 10
    assert any(code.startswith("cpu:") for code in rig.step(1).blocked_by)


def test_an_override_of_any_host_is_seen(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    monkeypatch.setattr(confirmation, "forced", lambda reports: ["b:1:1"])
    rig.tick(30)
    assert rig.share() == 10
    assert "override" in rig.step(1).blocked_by


def test_a_short_gap_is_observed_anew(rig: Rig) -> None:
    rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    rig.tick(3)
    rig.now += 10
    rig.tick(4)
    assert rig.share() == 10
    assert Transition.objects.filter(action="observe").count() == 1


def test_after_an_hour_without_a_controller_no_step_is_skipped(rig: Rig) -> None:
    rig.plan(10, 50, 100)
    rig.until(lambda: rig.step(1).status == "observing")
    rig.now += 3_600
    rig.tick()
    assert rig.status() == S.PAUSED
    assert Pause.objects.get().cause == "gap"
    assert rig.share() == 10
    rig.until(lambda: rig.status() == S.SOAKING)
    assert [step.status for step in Step.objects.order_by("position")] == ["passed"] * 3


def test_a_busy_machine_pauses_and_the_plan_goes_on_after_five_clean_windows(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.plan(10, 50, observe_s=6)
    rig.until(lambda: rig.step(1).status == "observing")
    monkeypatch.setattr(machine, "share", lambda before, after: 0.99)
    rig.until(lambda: rig.status() == S.PAUSED, within=120)
    monkeypatch.setattr(machine, "share", lambda before, after: 0.1)
    calm_at = rig.now
    rig.until(lambda: rig.status() == S.RUNNING, within=120)
    assert rig.now - calm_at >= 5 * 6


def test_an_operators_pause_stays(rig: Rig) -> None:
    plan = rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    transitions.pause(plan.pk, actor="ann", reason="lunch")
    rig.tick(15)
    assert rig.share() == 10
    transitions.resume(plan.pk, actor="ann", reason="back")
    rig.until(lambda: rig.share() == 50)


def test_what_the_preflight_finds_keeps_the_step(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    monkeypatch.setattr(checklists, "preflight", lambda plan: ["backup"])
    rig.tick(15)
    assert rig.step(1).blocked_by == ["not_ready:backup"]
    monkeypatch.setattr(checklists, "preflight", lambda plan: [])
    rig.until(lambda: rig.share() == 50)


def test_a_backlog_adds_consumers_and_pauses_when_they_bring_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_there(self: ConsumerManager) -> Status:
        count = counts.read().desired
        return Status(count, count, 1, 8, 1, autoscale=False, running=count, consumers=[])

    monkeypatch.setattr(ConsumerManager, "status", all_there)
    rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    pipeline = client("control").pipeline(transaction=False)
    for _ in range(6_000):
        pipeline.xadd("health_data_stream", {"d": b"x"})
    pipeline.execute()
    client("control").xgroup_create("health_data_stream", "health_processors", id="0")
    before = counts.read().desired
    rig.until(lambda: counts.read().desired == before + 1, within=120)
    rig.until(lambda: rig.status() == S.PAUSED, within=90)
    assert counts.read().desired == before + 1


def test_of_two_controllers_one_acts(rig: Rig) -> None:
    other = Controller(holder="b")
    rig.plan(10, 50)
    for _ in range(20):
        rig.tick()
        assert other.step() is False
    assert rig.share() == 50
    assert Transition.objects.filter(action="begin").count() == 2


def test_another_one_takes_over_where_the_first_was(rig: Rig) -> None:
    rig.plan(10, 50, 100)
    rig.until(lambda: rig.step(2).status == "observing")
    rig.controller.leave()
    rig.controller = Controller(holder="b")
    rig.until(lambda: rig.status() == S.SOAKING)
    assert Transition.objects.filter(action="begin").count() == 3
    assert Transition.objects.filter(action="observe").count() == 0


def test_one_that_was_stopped_past_its_lease_writes_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    stale, other = rig.controller, Controller(holder="b")
    original = module.judge

    def stopped(*args: Any) -> Any:
        # In the middle of its round the lease runs out, and the other one leads and passes the step.
        monkeypatch.setattr(module, "judge", original)
        Lease.objects.update(expires_at=now() - 1)
        rig.controller = other
        rig.until(lambda: rig.step(1).status == "passed")
        return original(*args)

    rig.now += 30
    monkeypatch.setattr(module, "judge", stopped)
    before = Transition.objects.count()
    assert stale.step() is False
    assert stale.holding is None
    actors = Decision.objects.values_list("token", flat=True).distinct()
    assert Transition.objects.filter(action="pass", step=1).count() == 1
    assert Transition.objects.count() > before
    assert max(actors) == other.holding.token if other.holding else False


def test_the_override_keeps_a_plan_and_then_rolls_it_back(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.plan(10, 50)
    rig.until(lambda: rig.step(1).status == "observing")
    monkeypatch.setattr(override.current, "get", lambda: Decimal(0))
    rig.until(lambda: rig.status() in WAY_BACK, within=30)
    assert rig.share() == 0


def test_nothing_is_done_without_a_plan_or_a_share(rig: Rig) -> None:
    rig.tick(65)
    assert not Decision.objects.exists()
    assert rig.now > BEGIN
