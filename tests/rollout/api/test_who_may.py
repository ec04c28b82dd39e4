"""Every endpoint, taken from the list of addresses itself: nobody, the wrong permission, the right one."""

from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from rollout.models import Plan
from rollout.plans import drafting
from rollout.plans.templates import TEMPLATES
from tests.rollout.api.conftest import Caller, Person

PREFIX = "stream_monitor/api/"
REASON = {"reason": "because"}
# Method and path as the address list has it: permission, body, and the answer to somebody who may.
ROWS: dict[tuple[str, str], tuple[str, dict[str, Any], int]] = {
    ("GET", "status"): ("rollout.view_route", {}, 200),
    ("GET", "metrics"): ("rollout.view_route", {}, 200),
    ("POST", "switch_traffic"): ("rollout.change_route", {"percentage": 20, **REASON}, 200),
    ("POST", "create_switch_plan"): ("rollout.add_plan", {"template": "fast"}, 201),
    ("POST", "emergency_rollback"): ("rollout.roll_back", REASON, 200),
    ("GET", "rollbacks"): ("rollout.view_plan", {}, 200),
    ("GET", "rollbacks/N"): ("rollout.view_plan", {}, 404),
    ("GET", "plans"): ("rollout.view_plan", {}, 200),
    ("GET", "plans/N"): ("rollout.view_plan", {}, 200),
    ("GET", "plans/N/checklist"): ("rollout.view_plan", {}, 200),
    ("POST", "plans/N/submit"): ("rollout.submit_plan", REASON, 200),
    ("POST", "plans/N/approve"): ("rollout.approve_plan", REASON, 409),
    ("POST", "plans/N/start"): ("rollout.start_plan", REASON, 409),
    ("POST", "plans/N/pause"): ("rollout.pause_plan", REASON, 409),
    ("POST", "plans/N/resume"): ("rollout.resume_plan", REASON, 409),
    ("POST", "plans/N/advance"): ("rollout.advance_plan", REASON, 409),
    ("POST", "plans/N/complete"): ("rollout.complete_plan", REASON, 409),
    ("POST", "plans/N/cancel"): ("rollout.cancel_plan", REASON, 200),
    ("GET", "route/explain"): ("rollout.view_route", {"device": "TEST001"}, 200),
    ("GET", "decisions"): ("rollout.view_plan", {}, 200),
    ("GET", "validation/run_check"): ("rollout.add_check", {}, 200),
    ("POST", "validation/run_check"): ("rollout.add_check", REASON, 200),
    ("GET", "validation/history"): ("rollout.view_check", {}, 200),
    ("GET", "validation/checks/N"): ("rollout.view_check", {}, 404),
    ("POST", "validation/repair"): ("rollout.repair_records", {"check": 1, **REASON}, 404),
    ("GET", "validation/repairs"): ("rollout.view_repair", {}, 200),
    ("POST", "validation/repairs/N/approve"): ("rollout.approve_plan", REASON, 404),
    ("POST", "validation/acknowledge"): ("rollout.add_acknowledgement", {"findings": [1], **REASON}, 200),
    ("GET", "backups"): ("rollout.view_plan", {}, 200),
    ("POST", "backups"): ("rollout.add_backup", REASON, 201),
    ("POST", "backups/N/restore"): ("rollout.restore_backup", REASON, 404),
    ("GET", "alerts"): ("monitoring.view_alert", {}, 200),
    ("POST", "alerts/N/acknowledge"): ("monitoring.acknowledge_alert", REASON, 404),
    ("GET", "silences"): ("monitoring.view_silence", {}, 200),
    ("POST", "silences"): ("monitoring.add_silence", {"group": "redis", "minutes": 5, **REASON}, 201),
    ("GET", "consumers"): ("streaming.view_consumercount", {}, 200),
    ("POST", "consumers/scale"): ("streaming.change_consumercount", {"count": 1, **REASON}, 200),
}
CASES = sorted(ROWS)


def patterns(found: Any = None, before: str = "") -> list[tuple[str, Any]]:
    """Every path below PREFIX that the project answers, with its view class."""
    listed: list[tuple[str, Any]] = []
    for each in found or get_resolver().url_patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            listed += patterns(each.url_patterns, path)
        elif isinstance(each, URLPattern) and path.startswith(PREFIX):
            listed.append((path, each))
    return listed


def endpoints() -> set[tuple[str, str]]:
    """Method and plain path of each."""
    return {
        (method, str(pattern.name).removeprefix("control "))
        for _path, pattern in patterns()
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if method.lower() in pattern.callback.view_class.http_method_names
        and hasattr(pattern.callback.view_class, method.lower())
    }


def test_every_endpoint_has_a_row_and_every_row_an_endpoint() -> None:
    assert endpoints() == set(ROWS)


def call(caller: Caller, method: str, path: str, body: Any, plan: int) -> Any:
    address = path.replace("/N", f"/{plan}")
    return caller.get(address, **body) if method == "GET" else caller.post(address, body)


@pytest.fixture
def plan(db: None, redis: object) -> int:
    return drafting.create(name="autumn", steps=TEMPLATES["fast"], actor="ann").pk


@pytest.mark.parametrize(("method", "path"), CASES)
def test_who_says_nothing_is_asked_who_he_is(plan: int, method: str, path: str) -> None:
    answer = call(Caller(), method, path, ROWS[method, path][1], plan)
    assert (answer.status_code, answer.json()["status"]) == (401, "error")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), CASES)
def test_the_permissions_of_all_other_endpoints_are_not_enough(
    person: Person, plan: int, method: str, path: str
) -> None:
    needed, body, _status = ROWS[method, path]
    answer = call(person("eve", *{row[0] for row in ROWS.values()} - {needed}), method, path, body, plan)
    assert answer.status_code == 403
    assert needed in answer.json()["message"]
    assert Plan.objects.get().version == 1


@pytest.mark.parametrize(("method", "path"), CASES)
def test_its_own_permission_is_enough(person: Person, plan: int, method: str, path: str) -> None:
    needed, body, status = ROWS[method, path]
    answer = call(person("ann", needed), method, path, body, plan)
    assert answer.status_code == status, answer.content


@pytest.mark.parametrize("path", sorted({path for _method, path in ROWS}))
def test_a_slash_at_the_end_changes_nothing(operator: Caller, plan: int, path: str) -> None:
    method = "GET" if ("GET", path) in ROWS else "POST"
    answer = call(operator, method, f"{path}/", ROWS[method, path][1], plan)
    assert answer.status_code == ROWS[method, path][2], answer.content


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_not_allowed(operator: Caller, method: str) -> None:
    assert getattr(operator.client, method)("/stream_monitor/api/plans").status_code == 405


def test_a_page_without_the_csrf_token_of_its_session_changes_nothing(operator: Caller) -> None:
    operator.client.handler.enforce_csrf_checks = True
    answer = operator.post("emergency_rollback", REASON)
    assert (answer.status_code, answer.json()["status"]) == (403, "error")
    assert "CSRF" in answer.json()["message"]
