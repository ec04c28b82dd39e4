"""A drill judges by thresholds of its own, and gives back those of before."""

import json

import pytest

from ingest.drill import arming
from ingest.drill.thresholds import Thresholds, delay_s, holding_delay_s, of_demo, of_drill
from rollout import policies
from rollout.guardrails import policy as rules
from rollout.guardrails.limits import AcceptLimits, SeriesLimits
from rollout.guardrails.policy import Policy

STRICT = Policy(accept=AcceptLimits(hold=0.5, act=1.0), backlog=SeriesLimits(hold=1.0, act=2.0))
LOOSE = Policy(accept=AcceptLimits(hold=30.0, act=60.0))


@pytest.mark.parametrize("policy", [Policy(), STRICT, LOOSE])
def test_it_is_never_laxer_than_the_policy_in_force_but_for_the_cpu(policy: Policy) -> None:
    made = of_drill(policy)
    for name in ("backlog", "age", "accept"):
        drill, before = getattr(made, name), getattr(policy, name)
        assert drill.hold <= before.hold
        assert drill.act <= before.act
        assert drill.action is before.action
    assert made.errors == policy.errors
    assert made.consistency == policy.consistency
    assert made.cpu.act == 1.0
    assert made.accept.act < delay_s(made) <= arming.LONGEST_DELAY_S


@pytest.mark.parametrize("policy", [Policy(), STRICT, LOOSE])
def test_a_demonstration_is_never_laxer_either_and_can_hold_without_pausing(policy: Policy) -> None:
    made = of_demo(policy)
    for name in ("backlog", "age", "accept"):
        assert getattr(made, name).hold <= getattr(policy, name).hold
        assert getattr(made, name).act == getattr(policy, name).act
    assert (made.errors, made.consistency, made.memory) == (policy.errors, policy.consistency, policy.memory)
    assert made.accept.hold < holding_delay_s(made) < made.accept.act


@pytest.mark.django_db
def test_the_thresholds_of_before_are_active_again() -> None:
    policies.save(json.loads(rules.encode(STRICT)), actor="ann", reason="strict")
    subject = Thresholds()
    assert subject.take(reason="drill") == of_drill(STRICT) == policies.active()[1]
    assert subject.give_back(actor="ann", reason="over")
    assert policies.active()[1] == STRICT
    version = policies.active()[0].version
    assert subject.give_back(actor="ann", reason="over")
    assert policies.active()[0].version == version


@pytest.mark.django_db
def test_what_somebody_sets_meanwhile_stays() -> None:
    subject = Thresholds()
    subject.take(reason="drill")
    policies.save(json.loads(rules.encode(STRICT)), actor="bob", reason="now")
    assert not subject.give_back(actor="ann", reason="over")
    assert policies.active()[1] == STRICT


@pytest.mark.django_db
def test_what_a_killed_drill_has_left_is_not_kept() -> None:
    policies.save(json.loads(rules.encode(STRICT)), actor="ann", reason="strict")
    Thresholds().take(reason="killed")
    subject = Thresholds()
    subject.take(reason="drill")
    assert policies.active()[1] == of_drill(STRICT)
    assert subject.give_back(actor="ann", reason="over")
    assert policies.active()[1] == STRICT
