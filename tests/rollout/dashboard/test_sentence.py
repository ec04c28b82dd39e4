"""One sentence of truth, in every state there is."""

from typing import Any

import pytest
from django.utils import translation

from rollout.dashboard import gates, numbers
from rollout.dashboard.sentence import sentence
from rollout.live.judged import FRESH_S

NOW = 1_790_000_000.0


def finding(metric: str, **more: Any) -> dict[str, Any]:
    return {
        "metric": metric, "verdict": "hold", "value": 0.02, "hold": 0.01, "act": 0.05, "sample": 212, "needed": 348,
        "window_s": None, "at": NOW, "kind": "health", "path": None, "action": "none", "codes": ["too_few"], **more,
    }  # fmt: skip


def judged(verdict: str, *findings: dict[str, Any], at: float = NOW) -> dict[str, Any]:
    return {"at": at, "verdict": verdict, "action": "none", "findings": list(findings), "blocks": []}


def plan(**more: Any) -> dict[str, Any]:
    return {
        "name": "autumn", "status": "running", "current_step": 2, "steps": [{}] * 10, "blocked_by": [],
        "next_step": {"in_s": 1080.0, "needs": "controller"}, **more,
    }  # fmt: skip


def document(**more: Any) -> dict[str, Any]:
    routes = {kind: {"percentage": 20} for kind in ("device", "event", "health")}
    return {
        "measured_at": NOW, "unknown": {}, "traffic": routes, "controller": {"holder": "a"}, "alarms": [],
        "judged": judged("pass"), "plan": None, "drawn_up": None, "rollback": None, "override": None, **more,
    }  # fmt: skip


def alert(rule: str, severity: str = "critical", state: str = "firing") -> dict[str, Any]:
    return {"name": rule, "rule": rule, "severity": severity, "state": state}


def alerts(*shown: dict[str, Any]) -> dict[str, Any]:
    return {"counts": [], "shown": list(shown)}


CASES = [
    (document(), "20 % of devices on the stream · no plan is active · healthy", "good"),
    (
        document(plan=plan(blocked_by=["consistency:too_few:health"]), judged=judged("hold", finding("consistency"))),
        "20 % of devices on the stream · plan “autumn” step 2 of 10 · holding · next step in 18 min, "
        "blocked by: consistency (health): too few samples (212 of 348)",
        "hold",
    ),
    (
        document(plan=plan(blocked_by=["interval", "paused", "epoch", "alarms", "freeze"], status="paused")),
        "20 % of devices on the stream · plan “autumn” step 2 of 10, paused · healthy · next step in 18 min, "
        "blocked by: the plan is paused, not every process uses the new share yet, and 2 more reasons",
        "good",
    ),
    (
        document(plan=plan(next_step={"in_s": 0.0, "needs": "person"})),
        "20 % of devices on the stream · plan “autumn” step 2 of 10 · healthy · next step when a person advances it",
        "good",
    ),
    (
        document(rollback={"status": "draining"}, judged=judged("act")),
        "20 % of devices on the stream · rolling back: draining · no plan is active · guardrails act",
        "bad",
    ),
    (
        document(controller=None),
        "20 % of devices on the stream · no plan is active · no controller leads: nothing is judged",
        "bad",
    ),
    (
        document(alarms=[{"name": "lost:health"}, {"name": "ledger"}]),
        "20 % of devices on the stream · no plan is active · 2 alarms: lost:health, ledger",
        "bad",
    ),
    (
        document(alerts=alerts(alert("many_records_fail:legacy"), alert("backup_old", "warning"))),
        "20 % of devices on the stream · no plan is active · 1 critical alerts: many_records_fail:legacy",
        "bad",
    ),
    (
        document(alerts=alerts(*map(alert, "abcd")), judged=None),
        "20 % of devices on the stream · no plan is active · 4 critical alerts: a, b, c",
        "bad",
    ),
    (
        document(alerts=alerts(alert("redis_full", state="acknowledged"), alert("redis_away", state="pending"))),
        "20 % of devices on the stream · no plan is active · 1 critical alerts: redis_full",
        "bad",
    ),
    (
        document(alerts=alerts(alert("rolled_back"), alert("device_alert"), alert("x", "warning"))),
        "20 % of devices on the stream · no plan is active · healthy",
        "good",
    ),
    (
        document(alerts=alerts(alert("guardrail_acts")), judged=judged("act")),
        "20 % of devices on the stream · no plan is active · guardrails act",
        "bad",
    ),
    (
        document(judged=judged("pass", at=NOW - FRESH_S - 1), override={"percentage": "0"}),
        "20 % of devices on the stream · an override forces 0 % · no plan is active · not judged",
        "unknown",
    ),
    (
        document(traffic={"device": {"percentage": 12.5}, "event": {"percentage": 100}}),
        "on the stream: device 12.5 %, event 100 % · no plan is active · healthy",
        "good",
    ),
    (
        document(traffic=None, controller=None, judged=None, unknown={"traffic": "x", "controller": "x"}),
        "it is not known how many devices are on the stream · no plan is active · not judged",
        "unknown",
    ),
]


@pytest.mark.parametrize(("told", "text", "level"), CASES)
def test_the_sentence_says_what_is(told: dict[str, Any], text: str, level: str) -> None:
    found = sentence(told)
    assert (found.text, found.level) == (text, level)


def test_what_is_heard_does_not_tick() -> None:
    first = sentence(document(plan=plan()))
    later = sentence(document(plan=plan(next_step={"in_s": 60.0, "needs": "controller"})))
    assert first.text != later.text
    assert first.state == later.state


def test_the_sentence_is_in_the_language_in_force() -> None:
    with translation.override("zh-hans"):
        assert sentence(document()).text == "20 % 的设备走流 · 没有正在执行的计划 · 健康"


def test_a_gate_has_its_figures_in_its_own_unit() -> None:
    rows = gates.gates(
        document(
            judged=judged(
                "hold",
                finding("errors"),
                finding("accept", path="legacy", kind=None, value=0.0312, hold=3.0, act=5.0, needed=0, window_s=61.0),
                finding("heartbeat", kind=None, value=None, hold=3.0, act=None, verdict="no_data", codes=[]),
            )
        )
    )
    assert [(row.of, row.value, row.sample, row.hold, row.act, row.window, row.label, row.why) for row in rows] == [
        ("health", "2 %", "212 of 348", "1 %", "5 %", "since the step", "hold", "too few samples"),
        ("legacy", "31.2 ms", "212", "3 s", "5 s", "1 min 1 s", "hold", "too few samples"),
        ("", "–", "212 of 348", "3 s", "–", "–", "no data", ""),
    ]
    assert gates.gates(document(judged=None)) == []


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (numbers.plain(12345.678), "12,345.7"), (numbers.plain(1000, 0), "1,000"), (numbers.plain(None), "–"),
        (numbers.share(0.0321, 2), "3.21 %"), (numbers.share(1), "100 %"), (numbers.percent(12.5), "12.5 %"),
        (numbers.seconds(0), "0 s"), (numbers.seconds(0.0123), "12.3 ms"), (numbers.seconds(3.25), "3.2 s"),
        (numbers.seconds(200), "3 min 20 s"), (numbers.minutes(20), "1 min"), (numbers.size(3 << 20), "3 MB"),
        (numbers.moment(0), "08:00:00"),
        (numbers.moment("2026-11-28T17:00:00+00:00", date=True), "2026-11-29 01:00:00"),
        (numbers.moment(None), "–"), (numbers.ago(None), "–"),
    ],
)  # fmt: skip
def test_figures_are_for_people(found: str, shown: str) -> None:
    assert found == shown
