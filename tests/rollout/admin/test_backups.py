"""Backups in the admin: taken, read back, put back, each with a reason; rising shares with a second person."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.test import Client

from rollout.models import Backup
from tests.rollout.admin import fakes, people

pytestmark = pytest.mark.usefixtures("groups", "redis")

LIST = "/admin/rollout/backup/"


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def calls(put: Callable[[ModuleType], None]) -> fakes.Calls:
    made = fakes.Calls()
    put(fakes.backups(calls=made))
    return made


@pytest.fixture
def operator(groups: None) -> Client:
    return people.client("operator")


@pytest.fixture
def backup(db: None) -> Backup:
    return Backup.objects.create(event="before", path="/b", actor="li", reason="x")


def url(backup: Backup, name: str) -> str:
    return f"{LIST}{backup.pk}/{name}/"


def test_a_backup_is_taken_after_a_page_that_asks_why(operator: Client, calls: fakes.Calls) -> None:
    assert f"{LIST}create/" in operator.get(LIST).content.decode()
    assert "It counts once it is read back." in people.text(operator.post(f"{LIST}create/"))
    assert operator.post(f"{LIST}create/", {"confirmed": "1", "reason": ""}).status_code == 200
    assert not calls.made
    response = operator.post(f"{LIST}create/", {"confirmed": "1", "reason": "before lunch", "dump": "on"})
    assert calls.made == [("create", "zhang", "before lunch", True)]
    assert response["Location"] == url(Backup.objects.get(), "change")


def test_verifying_and_restoring_are_buttons_of_a_backup(operator: Client, calls: fakes.Calls, backup: Backup) -> None:
    content = operator.get(url(backup, "change")).content.decode()
    for name in ("verify", "restore"):
        assert url(backup, name) in content
        assert operator.get(url(backup, name))["Location"] == url(backup, "change")
        assert operator.post(url(backup, name)).status_code == 200
    assert not calls.made
    operator.post(url(backup, "verify"), {"confirmed": "1", "reason": "audit"})
    response = operator.post(url(backup, "restore"), {"confirmed": "1", "reason": "lost"})
    assert calls.made == [("verify", backup.pk), ("restore", backup.pk, "zhang", "lost", "")]
    assert "Restored: routes 3, entries 12" in people.messages(response)


def test_who_may_only_look_has_no_buttons(calls: fakes.Calls, backup: Backup) -> None:
    viewer = people.client("viewer")
    assert "create/" not in viewer.get(LIST).content.decode()
    content = viewer.get(url(backup, "change")).content.decode()
    assert url(backup, "verify") not in content
    assert url(backup, "restore") not in content


@pytest.mark.parametrize(
    ("approver", "password"),
    [("zhao", "wrong"), ("zhao", ""), ("wang", "pw"), ("zhang", "pw"), ("nobody", "pw")],
)
def test_a_second_person_is_another_approver_with_the_right_password(
    calls: fakes.Calls, backup: Backup, approver: str, password: str
) -> None:
    people.client("approver", name="zhao", password="pw")
    people.client("operator", name="wang", password="pw")
    operator = people.client("operator", "approver", password="pw")
    asked = {"confirmed": "1", "reason": "lost", "approver": approver, "password": password}
    response = operator.post(url(backup, "restore"), asked)
    assert "not another person who may approve plans" in response.content.decode()
    assert not calls.made


def test_the_second_person_is_handed_on_and_the_password_is_not(calls: fakes.Calls, backup: Backup) -> None:
    people.client("approver", name="zhao", password="pw")
    asked: dict[str, Any] = {"confirmed": "1", "reason": "lost", "approver": "zhao", "password": "pw"}
    people.client("operator").post(url(backup, "restore"), asked)
    assert calls.made == [("restore", backup.pk, "zhang", "lost", "zhao")]


def test_a_damaged_backup_is_told(operator: Client, put: Callable[[ModuleType], None], backup: Backup) -> None:
    put(fakes.backups(broken="one byte differs"))
    response = operator.post(url(backup, "restore"), {"confirmed": "1", "reason": "lost"})
    assert "one byte differs" in people.messages(response)
