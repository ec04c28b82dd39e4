"""A backlog: consumers first, then a pause when three minutes bring nothing."""

from typing import Any

import pytest
from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.codes import Code
from rollout.guardrails.evidence import Consumers
from rollout.guardrails.finding import Finding
from rollout.guardrails.metrics import Metric
from rollout.guardrails.verdicts import Verdict
from tests.rollout.guardrails.healthy import NOW, POLICY, changed, found, judged, series

ROOM = Consumers(desired=2, alive=2, maximum=4)


def at(entries: float, consumers: Consumers = ROOM, *changes: Any) -> Finding:
    judgement = judged(of_kind={"backlog": series(*[entries] * 3)}, consumers=consumers, changes=changes)
    finding = found(judgement, Metric.BACKLOG)
    assert finding.verdict is (Verdict.ACT if entries > 5_000 else Verdict.HOLD)
    return finding


def added(*, ago: float, value: float | None = 8_000, kind: str = "health") -> Any:
    return changed(Metric.BACKLOG, Action.ADD_CONSUMERS, ago=ago, value=value, kind=kind)


def test_a_backlog_asks_for_a_consumer() -> None:
    assert (at(8_000).action, at(8_000).codes) == (Action.ADD_CONSUMERS, ())
    assert at(5_000).action is Action.NONE


@pytest.mark.parametrize("ago", [0, 1, 179])
def test_a_consumer_that_was_added_gets_three_minutes(ago: float) -> None:
    assert at(9_000, ROOM, added(ago=ago)).codes == (Code.WAIT_FOR_EFFECT,)
    assert at(9_000, ROOM, added(ago=ago)).action is Action.NONE
    by_hand = Consumers(desired=2, alive=2, maximum=4, raised_at=NOW - ago)
    assert at(9_000, by_hand).codes == (Code.WAIT_FOR_EFFECT,)


@pytest.mark.parametrize("ago", [180, 299, 300, 479])
@pytest.mark.parametrize(("entries", "pauses"), [(8_000, True), (7_201, True), (7_200, False), (5_001, False)])
def test_three_minutes_that_bring_nothing_pause(ago: float, entries: float, pauses: bool) -> None:
    finding = at(entries, ROOM, added(ago=ago))
    if pauses:
        assert (finding.action, finding.codes) == (Action.PAUSE, (Code.NO_EFFECT,))
    elif ago < 300:
        assert (finding.action, finding.codes) == (Action.NONE, (Code.DRAINING,))
    else:
        assert finding.action is Action.ADD_CONSUMERS


def test_an_addition_whose_backlog_nobody_noted_brought_nothing() -> None:
    assert at(6_000, ROOM, added(ago=200, value=None)).codes == (Code.NO_EFFECT,)


def test_an_addition_of_long_ago_is_past() -> None:
    assert at(9_000, ROOM, added(ago=480)).action is Action.ADD_CONSUMERS


def test_an_addition_for_another_kind_by_the_guardrail_is_not_this_ones_effect() -> None:
    assert at(9_000, ROOM, added(ago=200, kind="event")).action is Action.ADD_CONSUMERS


def test_a_pause_stands_until_a_person_resumes() -> None:
    paused = changed(Metric.BACKLOG, Action.PAUSE, ago=3_600, kind="health")
    assert (at(9_000, ROOM, added(ago=4_000), paused).action) is Action.PAUSE


@pytest.mark.parametrize(
    ("consumers", "code"),
    [
        (Consumers(desired=4, alive=4, maximum=4), Code.NO_MORE_CONSUMERS),
        (Consumers(desired=5, alive=5, maximum=4), Code.NO_MORE_CONSUMERS),
        (Consumers(desired=2, alive=1, maximum=4), Code.CONSUMERS_MISSING),
        (Consumers(desired=None, alive=2, maximum=4), Code.NO_MORE_CONSUMERS),
        (Consumers(desired=2, alive=None, maximum=4), Code.NO_MORE_CONSUMERS),
        (Consumers(), Code.NO_MORE_CONSUMERS),
    ],
)
def test_what_can_not_be_added_pauses_at_once(consumers: Consumers, code: Code) -> None:
    assert (at(8_000, consumers).action, at(8_000, consumers).codes) == (Action.PAUSE, (code,))


def test_the_last_consumer_that_may_be_added_may_still_be_draining() -> None:
    full = Consumers(desired=4, alive=4, maximum=4)
    assert at(6_000, full, added(ago=400)).codes == (Code.DRAINING,)


def test_a_policy_may_pause_at_once() -> None:
    policy = replace(POLICY, backlog=replace(POLICY.backlog, action=Action.PAUSE))
    judgement = judged(of_kind={"backlog": series(9_000, 9_000, 9_000)}, policy=policy)
    assert found(judgement, Metric.BACKLOG).action is Action.PAUSE
