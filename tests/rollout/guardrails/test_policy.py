"""The policy: the table's defaults, one spelling, and no rule that contradicts another."""

import math
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rollout.guardrails.actions import Action
from rollout.guardrails.policy import Policy, decode, encode

DEFAULT = Policy()


def test_the_defaults_are_those_of_the_table() -> None:
    policy = DEFAULT
    assert (policy.errors.hold, policy.errors.test.null, policy.errors.action) == (0.01, 0.05, Action.ROLL_BACK)
    assert (policy.consistency.hold, policy.consistency.act, policy.consistency.action) == (0.99, 0.95, Action.PAUSE)
    assert (policy.backlog.hold, policy.backlog.act, policy.backlog.action) == (1_000, 5_000, Action.ADD_CONSUMERS)
    assert (policy.backlog.samples, policy.backlog.spacing_s, policy.consumers.effect_s) == (3, 10, 180)
    assert (policy.age.hold, policy.age.act, policy.age.action, policy.age.samples) == (30, 120, Action.PAUSE, 3)
    assert (policy.cpu.hold, policy.cpu.act, policy.cpu.action) == (0.80, 0.90, Action.PAUSE)
    assert (policy.cpu.samples, policy.cpu.spacing_s) == (3, 20)
    assert (policy.accept.hold, policy.accept.act, policy.accept.requests_min) == (3, 5, 200)
    assert policy.accept.action is Action.PAUSE
    assert (policy.memory.hold, policy.memory.act, policy.memory_roll_back) == (0.70, 0.85, 0.95)
    assert (policy.memory.action, policy.lost_action) == (Action.PAUSE, Action.ROLL_BACK)
    assert (policy.quiet_s, policy.heartbeat.missed) == (600, 3)
    assert (policy.flapping.interval_s, policy.flapping.clean_windows) == (300, 5)


def test_a_policy_comes_back_from_json() -> None:
    policy = replace(DEFAULT, quiet_s=1.1, cpu=replace(DEFAULT.cpu, hold=0.1 + 0.2, action=Action.ROLL_BACK))
    assert decode(encode(policy)) == policy


def test_equal_policies_have_equal_bytes() -> None:
    whole = replace(DEFAULT, quiet_s=600, backlog=replace(DEFAULT.backlog, hold=1_000))
    assert whole == DEFAULT
    assert encode(whole) == encode(DEFAULT)
    assert encode(replace(DEFAULT, quiet_s=601)) != encode(DEFAULT)


def test_json_names_only_what_differs() -> None:
    assert decode('{"quiet_s": 300}') == replace(DEFAULT, quiet_s=300)
    assert decode("{}") == DEFAULT


@pytest.mark.parametrize(
    "text",
    [
        '{"quiet": 300}',
        '{"flapping": {"intervals_s": 1}}',
        '{"errors": {"test": {"qs": []}}}',
        '{"cpu": {"hold": 0.8, "act": "0.9"}}',
        '{"memory_roll_back": 0.8}',
        '{"quiet_s": null}',
        '{"lost_action": "page"}',
    ],
)
def test_json_that_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(text)


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("errors", {"hold": 0.06}),
        ("errors", {"hold": 0.0}),
        ("errors", {"action": Action.ADD_CONSUMERS}),
        ("errors", {"shared_part": 0.0}),
        ("errors", {"good_min": 0}),
        ("consistency", {"act": 0.995}),
        ("consistency", {"hold": 1.0}),
        ("consistency", {"alternatives": ()}),
        ("consistency", {"alternatives": (0.01,)}),
        ("consistency", {"alternatives": (0.5,)}),
        ("consistency", {"alternatives": (math.nan,)}),
        ("consistency", {"proof": 1.0}),
        ("consistency", {"mismatches_min": 0}),
        ("consistency", {"action": Action.NONE}),
        ("backlog", {"hold": 6_000.0}),
        ("backlog", {"samples": 0}),
        ("backlog", {"action": Action.NONE}),
        ("consumers", {"effect_part": 0.0}),
        ("age", {"act": 20.0}),
        ("age", {"action": Action.ADD_CONSUMERS}),
        ("cpu", {"hold": 0.95}),
        ("cpu", {"action": Action.ADD_CONSUMERS}),
        ("accept", {"hold": 5.5}),
        ("accept", {"requests_min": 0}),
        ("accept", {"action": Action.NONE}),
        ("memory", {"act": 0.97}),
        ("memory", {"action": Action.ADD_CONSUMERS}),
        ("heartbeat", {"missed": 0}),
        ("heartbeat", {"round_s": 0.0}),
        ("flapping", {"window_s": 0.0}),
    ],
)
def test_rules_that_contradict_themselves_are_refused(part: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(DEFAULT, **{part: replace(getattr(DEFAULT, part), **wrong)})


def numbers(value: Any, *path: str) -> list[tuple[str, ...]]:
    """Where the numbers of a policy are."""
    if not isinstance(value, msgspec.Struct):
        return [path] if isinstance(value, int | float) else []
    return [each for name in value.__struct_fields__ for each in numbers(getattr(value, name), *path, name)]


def put(value: Any, path: tuple[str, ...], number: float) -> Any:
    """A copy of a policy with `number` at `path`."""
    name, *rest = path
    return replace(value, **{name: put(getattr(value, name), tuple(rest), number) if rest else number})


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -1.0])
@pytest.mark.parametrize("path", numbers(DEFAULT), ids=".".join)
def test_no_number_of_a_policy_may_be_what_nothing_compares_with(path: tuple[str, ...], number: float) -> None:
    with pytest.raises(ValueError):
        put(DEFAULT, path, number)


@pytest.mark.parametrize("name", ["memory_roll_back", "lost_action"])
def test_a_policy_as_a_whole_is_checked_too(name: str) -> None:
    wrong: dict[str, Any] = {"memory_roll_back": 0.8, "lost_action": Action.NONE}
    with pytest.raises(ValueError):
        replace(DEFAULT, **{name: wrong[name]})
