"""The loopback door: open to the person at the machine, shut to everybody else."""

import importlib
from typing import Any

import pytest
from django.contrib.auth.models import User

from rollout.api import local
from rollout.api.door import is_near
from rollout.models import Change
from tests.rollout.api.conftest import Caller, Person, granted

HOST = "127.0.0.1:8000"
NEAR = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": HOST}


@pytest.fixture
def embedded(settings: Any, redis: object, db: None) -> None:
    settings.EMBEDDED = True


def near(**headers: str) -> Caller:
    return Caller(**{**NEAR, **headers})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"REMOTE_ADDR": "::1"},
        {"REMOTE_ADDR": "127.8.9.10"},
        {"REMOTE_ADDR": "::ffff:127.0.0.1"},
        {"HTTP_HOST": "localhost"},
        {"HTTP_HOST": "LOCALHOST:8000"},
        {"HTTP_HOST": "[::1]:8000"},
        {"HTTP_ORIGIN": "http://127.0.0.1:8000"},
        {"HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_SEC_FETCH_SITE": "none"},
    ],
)
def test_who_sits_at_the_machine_is_near(more: dict[str, str]) -> None:
    assert is_near({**NEAR, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"REMOTE_ADDR": "10.0.0.1"},
        {"REMOTE_ADDR": "::ffff:10.0.0.1"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1.evil.example"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "evil.example:8000"},
        {"HTTP_HOST": "localhost.evil.example"},
        {"HTTP_HOST": "evil.example@127.0.0.1"},
        {"HTTP_HOST": "127.0.0.1/evil.example"},
        {"HTTP_HOST": "[::1"},
        {"HTTP_HOST": ""},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "http://evil.example"},
        {"HTTP_ORIGIN": "http://127.0.0.1:3000"},
        {"HTTP_ORIGIN": "http://localhost:8000"},
        {"HTTP_ORIGIN": "file://"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_HOST": "localhost"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
        {"HTTP_AUTHORIZATION": "Basic YTpi"},
    ],
)
def test_nobody_else_is(more: dict[str, str]) -> None:
    assert not is_near({**NEAR, **more})


@pytest.mark.usefixtures("embedded")
def test_the_local_operator_changes_the_share_and_is_named_in_the_history() -> None:
    answer = near().post("switch_traffic", {"percentage": 20, "reason": "first step"})
    assert answer.status_code == 200, answer.content
    assert set(Change.objects.values_list("actor", flat=True)) == {"local"}


@pytest.mark.usefixtures("embedded")
def test_the_local_operator_has_exactly_these_permissions_and_can_not_log_in() -> None:
    assert near().get("status").status_code == 200
    user = User.objects.get(username="local")
    assert user.get_all_permissions() == local.PERMISSIONS
    assert not user.has_usable_password()
    assert not user.is_staff
    assert not user.is_superuser


def test_it_may_what_the_groups_of_operators_and_approvers_may() -> None:
    groups = importlib.import_module("rollout.migrations.0006_groups").GROUPS
    of_checks = importlib.import_module("rollout.migrations.0009_groups_of_checks").GROUPS
    of_alerts = importlib.import_module("rollout.migrations.0010_groups_of_alerts").GROUPS
    both = ("operator", "approver")
    later = {f"rollout.{codename}" for name in both for codename in of_checks[name]}
    later |= {f"monitoring.{codename}" for name in both for codename in of_alerts[name]}
    assert (
        later
        | {
            f"{app}.{codename}"
            for name in ("operator", "approver")
            for part in groups[name]
            for app, codenames in part.items()
            for codename in codenames
        }
        == local.PERMISSIONS
    )


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(
    "more",
    [
        {"HTTP_ORIGIN": "http://evil.example"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_X_FORWARDED_FOR": "10.0.0.1"},
        {"REMOTE_ADDR": "10.0.0.1"},
    ],
)
def test_a_page_or_a_machine_of_elsewhere_is_asked_who_it_is(more: dict[str, str]) -> None:
    answer = near(**more).post("emergency_rollback", {"reason": "mischief"})
    assert answer.status_code == 401
    assert not Change.objects.exists()


@pytest.mark.usefixtures("embedded")
def test_a_name_of_elsewhere_that_leads_here_is_not_let_in(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert near(HTTP_HOST="evil.example").get("status").status_code == 401


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_a_form_of_elsewhere_could_send_changes_nothing(kind: str) -> None:
    body = '{"percentage": 20, "reason": "x"}'
    answer = near().client.post("/stream_monitor/api/switch_traffic", body, content_type=kind)
    assert answer.status_code == 415
    assert not Change.objects.exists()


def test_outside_the_embedded_default_there_is_no_door(db: None, redis: object, settings: Any) -> None:
    assert not settings.EMBEDDED
    assert near().get("status").status_code == 401
    assert not User.objects.filter(username="local").exists()


@pytest.mark.usefixtures("embedded")
def test_a_person_of_that_name_who_can_log_in_is_not_lent_to_others() -> None:
    User.objects.create_user("local", password="of a person")
    assert near().get("status").status_code == 401
    assert not User.objects.get(username="local").get_all_permissions()


@pytest.mark.usefixtures("embedded")
def test_making_the_local_operator_inactive_shuts_the_door() -> None:
    near().get("status")
    User.objects.filter(username="local").update(is_active=False)
    assert near().get("status").status_code == 401


@pytest.mark.usefixtures("embedded")
def test_who_is_logged_in_is_himself_also_at_the_machine() -> None:
    caller = near()
    caller.client.force_login(granted("ann", ("rollout.change_route",)))
    assert caller.get("status").status_code == 403
    caller.post("switch_traffic", {"percentage": 5, "reason": "x"})
    assert set(Change.objects.values_list("actor", flat=True)) == {"ann"}


def test_migrate_makes_the_local_operator_of_the_embedded_default(person: Person, settings: Any) -> None:
    from django.apps import apps

    local.create(app_config=apps.get_app_config("rollout"))
    assert not User.objects.filter(username="local").exists()
    settings.EMBEDDED = True
    local.create(app_config=apps.get_app_config("rollout"))
    assert User.objects.get(username="local").get_all_permissions() == local.PERMISSIONS
