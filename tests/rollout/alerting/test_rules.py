"""What each rule sees in the facts: pure, by tables."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from monitoring.alerts import registry
from monitoring.alerts.groups import GROUPS
from monitoring.alerts.rule import Rule
from monitoring.alerts.wording import text
from monitoring.models.alert import named
from rollout.alerting import alarmed
from tests.rollout.alerting.scene import NOW, check, document, failing, finding, plan

ROOT = Path(__file__).resolve().parents[3]


def seen(facts: dict[str, Any]) -> dict[str, str]:
    """Name and text of everything that any rule sees."""
    found = {}
    for rule in registry.rules():
        if all(fact in facts for fact in rule.needs):
            for each in rule.sees(facts):
                found[named(rule.name, each.label)] = text(rule.name, each.label, each.values)
    return found


def alarm(name: str) -> dict[str, Any]:
    return {"name": name, "text": "so it is", "since": NOW}


def test_where_all_is_well_no_rule_sees_anything() -> None:
    assert seen(document()) == {}
    assert seen(document(plan=plan())) == {}


UNUSED = {"traffic": {"health": {"percentage": 0.0}}}


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"consumers": {"running": 0, "desired": 2}}, {"no_consumers": "No consumer is alive; 3 entries wait."}),
        ({"consumers": {"running": 0, "desired": 0}}, {}),
        ({"consumers": {"running": 0, "desired": 2}, **UNUSED, "streams": {"health": {"backlog": 0}}}, {}),
        (
            {"consumers": {"running": 0, "desired": 1}, **UNUSED},
            {"no_consumers": "No consumer is alive; 3 entries wait."},
        ),
        ({"consumers": {"running": 1, "desired": 2}}, {"consumers_missing": "1 of 2 consumers run."}),
        (
            {"unknown": {"redis": "Redis: ConnectionError"}},
            {"redis_away": "Redis does not answer: uploads take the legacy path (Redis: ConnectionError)."},
        ),
        (
            {"redis": [check("appendonly", False), check("memory")]},
            {"redis_unsafe:appendonly": "Redis may forget what it has acknowledged: 97 %. Mend it."},
        ),
        ({"redis": [check("appendfsync", None, closes=False)]}, {}),
        ({"redis": [check("memory", False, closes=False)]}, {"redis_memory": "Redis fills up: 97 %."}),
        (
            {"redis": [check("memory", False)]},
            {
                "redis_memory": "Redis fills up: 97 %.",
                "redis_full": "Redis is full, the stream path closes: 97 %.",
            },
        ),
        (
            {"controller": None},
            {"controller_silent": "No controller gives a sign of life: nothing is judged, no plan moves."},
        ),
        ({"controller": None, **UNUSED}, {}),
        (
            {"lately": {"paths": {"stream": failing(90, 1_000)}}},
            dict.fromkeys(
                ("records_fail:stream", "many_records_fail:stream"),
                "9 % of the records of the stream path fail: dead 1, refused 89.",
            ),
        ),
        (
            {"lately": {"paths": {"legacy": failing(25, 1_000), "mirror": failing(900, 1_000)}}},
            {"records_fail:legacy": "2.5 % of the records of the legacy path fail: dead 1, refused 24."},
        ),
        ({"lately": {"paths": {"legacy": failing(10, 1_000)}}}, {}),  # 1 %, not more
        ({"lately": {"paths": {"legacy": failing(2, 2)}}}, {}),
        ({"lately": {"paths": {"legacy": failing(0, 0)}}}, {}),
        ({"lately": {"paths": {}}}, {}),
        ({"recent_letters": 99}, {}),
        (
            {"recent_letters": 100},
            {"dead_letter_surge": "100 records could not be stored within 5 minutes."},
        ),
        ({"backup_age_h": 24.0}, {}),
        ({"clocks": {"web1": -9.4, "web2": 9.4, "Redis": 0.1}}, {}),
        (
            {"clocks": {"web1": -11.2, "web2": 3.0}},
            {"clock_differs:web1": "The clock of web1 is 11 s behind the database's."},
        ),
        (
            {"clocks": {"Redis": 301.0}},
            dict.fromkeys(
                ("clock_differs:Redis", "clock_wrong:Redis"), "The clock of Redis is 301 s ahead of the database's."
            ),
        ),
        ({"backup_age_h": 25.4}, {"backup_old": "The newest verified backup is 25 hours old."}),
        ({"backup_age_h": None}, {"backup_old": "There is no verified backup."}),
        ({"backup_age_h": None, **UNUSED}, {}),
        ({"backup_age_h": None, **UNUSED, "plan": plan()}, {"backup_old": "There is no verified backup."}),
        (
            {"device_alerts": [{"id": 12, "type": "SOS_EVENT", "device": "TES…"}]},
            {"device_alert:SOS_EVENT:12": "SOS_EVENT of device TES… (alert 12)."},
        ),
    ],
)
def test_what_is_measured(parts: dict[str, Any], wanted: dict[str, str]) -> None:
    with translation.override("en"):
        assert seen(document(**parts)) == wanted


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (finding("backlog", "hold", 2.0), {"guardrail_holds:backlog:health"}),
        (finding("backlog", "act", 9.0), {"guardrail_holds:backlog:health", "guardrail_acts:backlog:health"}),
        (finding("errors", "hold", 0.5), set()),  # held because too few were counted
        (finding("errors", "hold", None), set()),
        (finding("consistency", "hold", 0.97, hold=0.99, act=0.95), {"guardrail_holds:consistency:health"}),
        (finding("consistency", "hold", 0.999, hold=0.99, act=0.95), set()),
        (finding("cpu", "act", 9.0, kind=None), {"guardrail_holds:cpu", "guardrail_acts:cpu"}),
        (finding("accept", "no_data", None, kind=None, path="stream"), set()),
    ],
)
def test_guardrails(found: dict[str, Any], wanted: set[str]) -> None:
    assert set(seen(document(judged={"at": NOW, "findings": [found]}))) == wanted
    assert seen(document(judged={"at": NOW - 91, "findings": [found]})) == {}
    assert seen(document(judged=None)) == {}


@pytest.mark.parametrize(
    ("value", "acts", "holds"),
    [
        (0.5, "is 0.5 since the epoch began, and of late", "is 0.5 since the epoch began, and of late"),
        (2.0, "is 2 since the epoch began, and of late", "is 2: beyond 1, nothing advances."),
        (9.0, "is 9: beyond 5, the guardrail acts.", "is 9: beyond 1, nothing advances."),
    ],
)
def test_an_error_test_that_acts_on_few_errors_says_no_untruth(value: float, acts: str, holds: str) -> None:
    judged = {"at": NOW, "findings": [finding("errors", "act", value, hold=1.0, act=5.0)]}
    with translation.override("en"):
        found = seen(document(judged=judged))
    assert acts in found["guardrail_acts:errors:health"]
    assert holds in found["guardrail_holds:errors:health"]


def test_no_data_matters_while_a_plan_is_active() -> None:
    judged = {"at": NOW, "findings": [finding("accept", "no_data", None, kind=None, path="stream")]}
    assert set(seen(document(judged=judged, plan=plan()))) == {"no_data:accept:stream"}


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (plan("paused", "observing", "guardrail"), {"plan_paused:4:guardrail"}),
        (plan("paused", "observing", "operator"), set()),
        (plan("paused", "held", "no_data", "operator"), {"plan_paused:4:no_data"}),
        (plan("running", "held"), {"plan_held:4:2"}),
        (plan("soaking", "passed"), set()),
    ],
)
def test_plans(told: dict[str, Any], wanted: set[str]) -> None:
    assert set(seen(document(plan=told))) == wanted


@pytest.mark.parametrize(
    ("source", "ago_s", "wanted"),
    [
        ("guardrail", 60, {"rolled_back:8"}), ("override", 3600, {"rolled_back:8"}), ("guardrail", 3601, set()),
        ("dashboard", 60, set()),
    ],
)  # fmt: skip
def test_ways_back_that_nobody_has_asked_for(source: str, ago_s: int, wanted: set[str]) -> None:
    from datetime import UTC, datetime

    row = {
        "id": 8, "source": source, "reason": "errors", "status": "draining",
        "requested_at": datetime.fromtimestamp(NOW - ago_s, UTC).isoformat(),
    }  # fmt: skip
    assert set(seen(document(last_rollback=row))) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("crashloop:a:1", "crash_loop:a:1"), ("ledger:health:legacy:29", "ledger_residue:health:legacy:29"),
        ("lost:health", "entries_lost:health"), ("database", "database_away"),
        ("budget:event", "budget:event"), ("autoscale", "autoscale_limit"), ("controllers", "alarm:controllers"),
        ("of:tomorrow", "alarm:of:tomorrow"),
    ],
)  # fmt: skip
def test_every_alarm_is_an_alert(name: str, wanted: str) -> None:
    ((found, said),) = seen(document(alarms=[alarm(name)])).items()
    assert found == wanted
    assert said.endswith(": so it is")


def test_the_alarm_of_the_controller_is_not_told_twice() -> None:
    facts = document(alarms=[alarm("controller")], controller=None)
    assert set(seen(facts)) == {"controller_silent"}


def test_every_alarm_that_is_sounded_has_a_rule_of_its_own() -> None:
    """Constants and functions called ALARM or alarm that name one, wherever they are."""
    names = set()
    for path in [*ROOT.glob("streaming/*.py"), *ROOT.glob("rollout/**/*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name == "alarm":
                (value,) = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
                names.add(ast.unparse(value).strip("f'\"").partition("{")[0])
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ALARM":
                names.add(ast.literal_eval(node.value))
    assert len(names) >= 8
    assert {name for name in names if alarmed.of(name)[0] == "alarm"} == set()


def test_rules_name_groups_and_hold_only_when_they_are_critical() -> None:
    rules = list(registry.rules())
    assert len(rules) == len({rule.name for rule in rules}) >= 20
    assert {rule.group for rule in rules} <= set(GROUPS)
    assert all(len(rule.name) <= 32 for rule in rules)
    assert {rule.severity for rule in rules if rule.holds} == {"critical"}
    assert not [rule.name for rule in rules if rule.holds and (rule.happens or rule.group == "devices")]


@pytest.mark.parametrize("rule", list(registry.rules()), ids=lambda rule: rule.name)
def test_a_rule_says_nothing_of_what_it_does_not_know(rule: Rule) -> None:
    assert rule.needs
    assert set(rule.needs) <= {*document()}


def test_the_text_of_another_version_is_the_name() -> None:
    assert text("of_tomorrow", "x", {}) == "of_tomorrow:x"
    assert text("redis_full", "", {}) == "redis_full"
