"""Verdicts and actions are ordered lists, and the worst and the strongest win."""

from itertools import pairwise

import pytest

from rollout.guardrails.actions import Action, strongest
from rollout.guardrails.judgement import Stage
from rollout.guardrails.ordered import Ordered
from rollout.guardrails.verdicts import Verdict, worst


def test_verdicts_from_best_to_worst() -> None:
    assert sorted(Verdict) == [Verdict.PASS, Verdict.HOLD, Verdict.NO_DATA, Verdict.ACT]


def test_actions_from_mildest_to_strongest() -> None:
    assert sorted(Action) == [Action.NONE, Action.ADD_CONSUMERS, Action.PAUSE, Action.ROLL_BACK]


@pytest.mark.parametrize("kind", [Verdict, Action, Stage])
def test_members_compare_by_place(kind: type[Ordered]) -> None:
    assert all(low < high and high > low and low <= high and not high <= low for low, high in pairwise(kind))


def test_the_worst_verdict_wins() -> None:
    assert worst([Verdict.HOLD, Verdict.ACT, Verdict.NO_DATA]) is Verdict.ACT
    assert worst([Verdict.PASS, Verdict.NO_DATA, Verdict.HOLD]) is Verdict.NO_DATA
    assert worst([Verdict.PASS]) is Verdict.PASS


def test_nothing_measured_is_no_pass() -> None:
    assert worst([]) is Verdict.NO_DATA


def test_the_strongest_action_wins() -> None:
    assert strongest([Action.PAUSE, Action.ROLL_BACK, Action.ADD_CONSUMERS]) is Action.ROLL_BACK
    assert strongest([]) is Action.NONE


def test_a_verdict_does_not_compare_with_an_action() -> None:
    with pytest.raises(TypeError):
        assert Verdict.PASS < Action.PAUSE
