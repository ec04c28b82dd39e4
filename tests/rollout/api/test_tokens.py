"""Tokens of programs: made, listed, used, expired, revoked."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from rollout.models import ApiToken
from tests.rollout.api.conftest import Caller, granted


@pytest.fixture
def ci(db: None, redis: object) -> User:
    return granted("ci", ("rollout.view_plan",))


def run(*args: str) -> Any:
    output = io.StringIO()
    call_command("api_token", *args, "--format", "json", stdout=output)
    return json.loads(output.getvalue())


def make(days: str = "30") -> str:
    return str(run("create", "ci", "--days", days, "--note", "deployment")[0]["token"])


def with_token(token: str) -> Caller:
    return Caller(HTTP_AUTHORIZATION=f"Bearer {token}")


def test_a_token_may_what_its_user_may(ci: User) -> None:
    caller = with_token(make())
    assert caller.get("plans").status_code == 200
    assert caller.get("status").status_code == 403


def test_a_token_needs_no_csrf_token(ci: User) -> None:
    caller = with_token(make())
    caller.client.handler.enforce_csrf_checks = True
    assert caller.post("create_switch_plan", {"template": "fast"}).status_code == 403
    ci.user_permissions.set(granted("other", ("rollout.add_plan",)).user_permissions.all())
    assert caller.post("create_switch_plan", {"template": "fast"}).status_code == 201


def test_the_database_holds_no_token(ci: User) -> None:
    token = make()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM rollout_apitoken")
        kept = "\n".join(str(value) for row in cursor.fetchall() for value in row)
    assert token not in kept
    assert token[:15] in kept


def test_an_expired_token_is_refused_and_deleted(ci: User) -> None:
    token = make()
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert with_token(token).get("plans").status_code == 401
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_refused(ci: User) -> None:
    token, other = make(), make()
    (listed, _other) = run("list", "ci")
    assert listed["note"] == "deployment"
    assert run("revoke", "ci", "--key", token[:15])[0]["key"] == token[:15]
    assert with_token(token).get("plans").status_code == 401
    assert with_token(other).get("plans").status_code == 200
    run("revoke", "ci")
    assert with_token(other).get("plans").status_code == 401
    assert run("list") == []


def test_the_token_of_an_inactive_user_is_refused(ci: User) -> None:
    token = make()
    User.objects.update(is_active=False)
    assert with_token(token).get("plans").status_code == 401


@pytest.mark.parametrize("token", ["", "ljwx_0", "a b", "\xff\xfe" * 20, "ljwx_" + "0" * 64, "x" * 10_000])
def test_what_is_no_token_is_refused(ci: User, token: str) -> None:
    answer = with_token(token).get("plans")
    assert (answer.status_code, answer.json()["status"]) == (401, "error")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["create", "nobody", "--days", "1", "--note", "x"], 2),
        (["create", "ci", "--days", "1", "--note", " "], 2),
        (["revoke", "ci"], 1),
    ],
)
def test_a_command_that_can_not_be_carried_out_says_so(ci: User, args: list[str], code: int) -> None:
    with pytest.raises(CommandError) as refused:
        run(*args)
    assert refused.value.returncode == code


@pytest.mark.parametrize("days", ["0", "367", "1.5", "-1", "x"])
def test_a_token_lives_a_day_to_a_year(ci: User, days: str) -> None:
    with pytest.raises(CommandError, match="days"):
        make(days)


def test_the_admin_makes_one_shows_it_once_and_revokes_it(ci: User, client: Any) -> None:
    client.force_login(User.objects.create_superuser("root"))
    form = {"user": ci.pk, "note": "a script", "days": 7}
    page = client.post("/admin/rollout/apitoken/add/", form, follow=True)
    token = next(word for word in page.content.decode().split() if word.startswith("ljwx_"))[:69]
    assert with_token(token).get("plans").status_code == 200
    row = ApiToken.objects.get()
    assert (row.note, row.created_by) == ("a script", "root")
    assert timedelta(days=6) < row.expiry - timezone.now() <= timedelta(days=7)
    for path in ("", f"{row.pk}/change/"):
        shown = client.get(f"/admin/rollout/apitoken/{path}").content.decode()
        assert token not in shown
        assert row.token_key in shown
    client.post(f"/admin/rollout/apitoken/{row.pk}/delete/", {"post": "yes"})
    assert with_token(token).get("plans").status_code == 401


def test_in_the_admin_a_person_makes_tokens_for_himself_alone(ci: User, client: Any) -> None:
    ann = granted("ann", ("rollout.add_apitoken", "rollout.view_apitoken"), is_staff=True)
    client.force_login(ann)
    client.post("/admin/rollout/apitoken/add/", {"user": ci.pk, "note": "x", "days": 7})
    assert not ApiToken.objects.exists()
    client.post("/admin/rollout/apitoken/add/", {"user": ann.pk, "note": "x", "days": 7})
    assert ApiToken.objects.get().user == ann


def test_the_database_takes_no_token_without_an_end(ci: User) -> None:
    with pytest.raises(IntegrityError):
        ApiToken.objects.create(user=ci, expiry=None, note="x", created_by="x")
