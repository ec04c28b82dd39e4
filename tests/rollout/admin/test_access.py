"""Who may open which address of the control plane's admin: every address has a row here."""

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitoring.models import Alert, Channel, Delivery, Silence
from rollout.guardrails.policy import Policy
from rollout.models import (
    Acknowledgement,
    ApiToken,
    Backup,
    Change,
    Check,
    CheckFinding,
    Decision,
    GuardrailPolicy,
    Lease,
    Pin,
    Plan,
    Repair,
    Rollback,
    Route,
    Transition,
)  # fmt: skip
from rollout.plans import drafting, templates
from tests.rollout.admin import fakes, people

pytestmark = pytest.mark.usefixtures("groups", "redis")

ALL = {"viewer", "operator", "approver", "superuser"}
OPERATOR, APPROVER = {"operator", "superuser"}, {"approver", "superuser"}
LOWERING = OPERATOR | APPROVER
NOBODY: set[str] = set()
ROOT = {"superuser"}
LOOKED_AT = {"changelist": ALL, "change": ALL, "history": ALL, "add": NOBODY, "delete": NOBODY}


def rows() -> dict[str, set[str]]:
    """Who may open it, by the name of the address."""
    models = (
        "acknowledgement", "backup", "change", "check", "checkfinding", "decision", "guardrailpolicy", "lease", "pin",
        "plan", "repair", "rollback", "route", "transition",
    )  # fmt: skip
    found = {f"rollout_{model}_{page}": may for model in models for page, may in LOOKED_AT.items()}
    found |= {f"admin_logentry_{page}": may for page, may in LOOKED_AT.items()}
    # A token is its user's rights: who hands them out is no group's business.
    found |= {f"rollout_apitoken_{page}": ROOT for page in LOOKED_AT}
    found |= {"rollout_plan_add": OPERATOR, "rollout_pin_add": OPERATOR, "rollout_pin_delete": OPERATOR}
    found |= {"rollout_guardrailpolicy_add": APPROVER, "rollout_rollback_ask": LOWERING}
    for action in ("edit", "submit", "start", "resume", "advance", "complete", "cancel"):
        found[f"rollout_plan_{action}"] = OPERATOR
    found |= {"rollout_plan_approve": APPROVER, "rollout_plan_pause": LOWERING, "rollout_plan_sign": LOWERING}
    found["rollout_route_trace"] = ALL
    found |= {"rollout_check_run": OPERATOR, "rollout_check_repair": OPERATOR, "rollout_repair_approve": APPROVER}
    found |= {f"rollout_backup_{name}": OPERATOR for name in ("create", "verify", "restore")}
    for model in ("alert", "channel", "delivery", "silence"):
        found |= {f"monitoring_{model}_{page}": may for page, may in LOOKED_AT.items()}
    for model in ("channel", "silence"):
        found |= {f"monitoring_{model}_{page}": OPERATOR for page in ("add", "delete")}
    found["monitoring_channel_test"] = OPERATOR
    return found


def addresses() -> dict[str, Any]:
    """Every named address that the admin classes of the control plane have, and its model."""
    return {
        pattern.name: model
        for model, registered in admin.site._registry.items()
        if model._meta.app_label in ("rollout", "monitoring") or model is LogEntry
        for pattern in registered.get_urls()
        if pattern.name
    }


@pytest.fixture
def objects() -> dict[Any, Any]:
    """One row of everything."""
    now = timezone.now()
    plan = drafting.create(name="autumn", steps=templates.TEMPLATES["fast"], actor="li")
    policy = GuardrailPolicy.objects.create(version=9, values={}, created_by="li", reason="x")
    user = User.objects.create_user("li")
    entries = LogEntry.objects.log_actions(user.pk, [plan], CHANGE, "x", single_object=True)
    assert entries
    Change.objects.create(kind="health", epoch=9, from_percentage=0, to_percentage=1, source="manual", actor="li")
    check = Check.objects.create(kinds=["health"], since_ms=0, until_ms=1, grace_s=1, actor="li", started_at=now)
    finding = CheckFinding.objects.create(
        check_run=check, outcome="hole", kind="health", of_kind="health", entry_ms=1, entry_seq=0, until_ms=2,
        found_at=now,
    )  # fmt: skip
    return {
        Check: check,
        CheckFinding: finding,
        Acknowledgement: Acknowledgement.objects.create(actor="li", reason="x", created_at=now),
        Repair: Repair.objects.create(check_run=check, actor="li", reason="x", records=1, asked_at=now),
        Plan: plan,
        GuardrailPolicy: policy,
        LogEntry: LogEntry.objects.get(content_type=ContentType.objects.get_for_model(Plan)),
        ApiToken: ApiToken.objects.create(user=user, expiry=timedelta(days=1), note="x", created_by="li")[0],
        Change: Change.objects.get(),
        Transition: Transition.objects.get(),
        Route: Route.objects.get(kind="health"),
        Backup: Backup.objects.create(event="e", path="/b", actor="li", reason="x"),
        Decision: Decision.objects.create(
            plan=plan, policy=policy, token=1, verdict="pass", action="none", evidence={}, judgement={}, created_at=now
        ),
        Lease: Lease.objects.create(name="controller"),
        Alert: Alert.objects.create(
            rule="redis_full", open_key="redis_full", group="redis", severity="critical", pending_at=now, valued_at=now,
            values={"value": "97%"},
        ),
        Channel: Channel.objects.create(name="ops", kind="email", address="ops@example.com"),
        Delivery: Delivery.objects.create(channel_name="ops", endpoint="x", began_at=now, title="x"),
        Silence: Silence.objects.create(rule="redis_full", reason="x", created_by="li", expires_at=now),
        Pin: Pin.objects.create(device_sn="A1", path="legacy", owner="li", reason="x", expires_at=now),
        Rollback: Rollback.objects.create(
            strategy="immediate", kinds=[], target=0, before={}, source="admin", actor="li", reason="x",
            requested_at=now,
        ),
    }  # fmt: skip


@pytest.fixture(autouse=True)
def parts(db: None, put: Callable[[ModuleType], None]) -> None:
    put(fakes.checklists())
    put(fakes.rollback())
    put(fakes.backups())
    put(fakes.policies(Policy()))


def url(name: str, row: Any) -> str:
    if name.endswith(("_changelist", "_add", "_create", "_ask", "_run", "_trace")):
        return reverse(f"admin:{name}")
    return reverse(f"admin:{name}", args=[row.pk, "team"] if name.endswith("_sign") else [row.pk])


def answers(browser: Client, objects: dict[Any, Any]) -> dict[str, bool]:
    """Which addresses let the browser in; those of buttons are pressed, everything else is looked at."""
    found = {}
    for name, model in addresses().items():
        button = name.rpartition("_")[2] not in (*LOOKED_AT, "edit", "ask", "trace")
        send = browser.post if button else browser.get
        response = send(url(name, objects[model]), {"version": "1"} if button else {})
        assert response.status_code in (200, 302, 403), name
        if response.status_code == 302:
            assert "login" not in response["Location"]
        # Of an object that is not one's own the admin says that it does not exist, and goes back to its first page.
        found[name] = response.status_code != 403 and response.headers.get("Location") != reverse("admin:index")
    return found


def test_every_address_has_a_row() -> None:
    assert set(addresses()) == set(rows())


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "superuser"])
def test_each_address_lets_in_whom_its_row_names(objects: dict[Any, Any], who: str) -> None:
    browser = people.client(who, superuser=who == "superuser")
    assert answers(browser, objects) == {name: who in may for name, may in rows().items()}


def test_staff_without_a_group_is_let_in_nowhere(objects: dict[Any, Any]) -> None:
    assert set(answers(people.client(), objects).values()) == {False}


def test_who_is_not_logged_in_is_sent_to_the_login(objects: dict[Any, Any]) -> None:
    anonymous = Client()
    for name, model in addresses().items():
        for send in (anonymous.get, anonymous.post):
            response = send(url(name, objects[model]))
            assert response.status_code == 302, name
            assert response["Location"].startswith("/admin/login/"), name


def test_what_only_programs_write_is_changed_by_nobody(objects: dict[Any, Any]) -> None:
    root = people.client(superuser=True)
    programs = (
        Acknowledgement, Backup, Change, Check, CheckFinding, Decision, GuardrailPolicy, Lease, Repair, Rollback,
        Transition, LogEntry, Alert, Delivery,
    )  # fmt: skip
    for model in programs:
        names = {"reason": "other", "_save": "Save"}
        response = root.post(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[objects[model].pk]), names
        )
        assert response.status_code == 403, model
    assert (
        root.post(reverse("admin:rollout_plan_change", args=[objects[Plan].pk]), {"name": "other"}).status_code == 404
    )
    assert Plan.objects.get().name == "autumn"


def test_an_address_of_a_plan_that_is_not_there_is_not_found(objects: dict[Any, Any]) -> None:
    root = people.client(superuser=True)
    assert root.post("/admin/rollout/plan/999/submit/").status_code == 404
    assert root.get("/admin/rollout/plan/999/change/").status_code == 404
    assert root.get("/admin/rollout/plan/999/edit/").status_code == 404
    assert root.post("/admin/rollout/backup/999/verify/").status_code == 404
    assert root.get("/admin/rollout/rollback/ask/?plan=999").status_code == 200
