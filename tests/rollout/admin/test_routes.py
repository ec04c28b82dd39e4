"""Routes and changes in the admin: a share is changed in two steps, with a reason, and never from a stale page."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from rollout.models import Change, Route
from rollout.traffic import RouteConflict, switch

pytestmark = pytest.mark.usefixtures("db", "redis")


def login(*codenames: str) -> Client:
    user = User.objects.create_user("zhang", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def operator(db: None) -> Client:
    return login("view_route", "change_route", "view_change")


def url() -> str:
    return f"/admin/rollout/route/{Route.objects.get(kind='health').pk}/change/"


def ask(client: Client, percentage: str, *, drawn_from: int, **fields: str) -> Any:
    return client.post(url(), {"percentage": percentage, "reason": "first step", "drawn_from": drawn_from, **fields})


def messages(response: Any) -> str:
    return " | ".join(str(message) for message in response.wsgi_request._messages)


def share() -> tuple[Decimal, int]:
    route = Route.objects.get(kind="health")
    return route.percentage, route.epoch


def test_a_share_is_changed_after_a_page_that_names_the_effect(operator: Client) -> None:
    drawn_from = re.search(r'name="drawn_from" value="(\d+)"', operator.get(url()).content.decode())
    assert drawn_from
    page = ask(operator, "30", drawn_from=int(drawn_from.group(1))).content.decode()
    assert "0.00 % → 30 %" in page
    assert "first step" in page
    assert share() == (0, 1)
    asked = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    asked.pop("csrfmiddlewaretoken", None)
    response = operator.post(url(), {**asked, "confirmed": "1"})
    assert response.status_code == 302
    assert share() == (30, 2)
    change = Change.objects.get()
    assert (change.kind, change.to_percentage, change.actor, change.reason) == ("health", 30, "zhang", "first step")
    assert "first step" in LogEntry.objects.get().change_message


@pytest.mark.parametrize("fields", [{}, {"confirmed": "1"}])
def test_a_page_drawn_before_another_change_is_refused(operator: Client, fields: dict[str, str]) -> None:
    switch(percentage=Decimal(10), kinds=["health"], actor="li", reason="meanwhile")
    response = ask(operator, "30", drawn_from=1, **fields)
    assert response["Location"] == url()
    assert "somebody else has changed this route" in messages(response)
    assert share() == (10, 2)


@pytest.mark.parametrize(
    ("percentage", "reason"),
    [("101", "why"), ("-1", "why"), ("1.234", "why"), ("NaN", "why"), ("", "why"), ("30", ""), ("30", " ")],
)
def test_an_impossible_share_or_no_reason_is_refused(operator: Client, percentage: str, reason: str) -> None:
    response = ask(operator, percentage, drawn_from=1, confirmed="1", reason=reason)
    content = response.content.decode()
    assert response.status_code == 200
    assert "errornote" in content
    assert "health: 0.00 %" in content
    assert share() == (0, 1)


def test_the_same_share_changes_nothing(operator: Client) -> None:
    assert "Nothing to change" in messages(ask(operator, "0", drawn_from=1, confirmed="1"))
    assert share() == (0, 1)
    assert not Change.objects.exists()


def test_salt_and_epoch_are_not_changed_by_a_form(operator: Client) -> None:
    ask(operator, "30", drawn_from=1, confirmed="1", salt="other", epoch="9", kind="device")
    route = Route.objects.get(kind="health")
    assert (route.salt, route.epoch, route.mirror_percentage) == ("plan-1", 2, 0)


def test_the_mirrored_share_is_changed_by_the_same_form(operator: Client) -> None:
    page = ask(operator, "0", drawn_from=1, mirror_percentage="50").content.decode()
    assert "Mirrored share: <strong>0.00 % → 50 %" in page
    assert "nothing would change" not in page
    asked = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    asked.pop("csrfmiddlewaretoken", None)
    assert operator.post(url(), {**asked, "confirmed": "1"}).status_code == 302
    route = Route.objects.get(kind="health")
    assert (route.percentage, route.mirror_percentage) == (0, 50)
    assert Change.objects.get().to_mirror == 50
    ask(operator, "30", drawn_from=2, confirmed="1")
    route = Route.objects.get(kind="health")
    assert (route.percentage, route.mirror_percentage) == (30, 50)


def test_who_may_only_look_changes_nothing() -> None:
    client = login("view_route")
    content = client.get(url()).content.decode()
    assert 'name="percentage"' not in content
    assert ask(client, "30", drawn_from=1, confirmed="1").status_code == 403
    assert share() == (0, 1)


def test_routes_are_neither_added_nor_deleted_and_changes_not_even_edited() -> None:
    switch(percentage=Decimal(10), kinds=["health"], actor="li", reason="<b>why</b>")
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    pk = Change.objects.get().pk
    assert client.get("/admin/rollout/route/add/").status_code == 403
    assert client.get(url().replace("change/", "delete/")).status_code == 403
    assert client.get("/admin/rollout/change/add/").status_code == 403
    assert client.post(f"/admin/rollout/change/{pk}/change/", {"reason": "other"}).status_code == 403
    assert client.get(f"/admin/rollout/change/{pk}/delete/").status_code == 403
    content = client.get("/admin/rollout/change/?kind__exact=health").content.decode()
    assert "&lt;b&gt;why&lt;/b&gt;" in content
    assert "<b>why" not in content


def test_a_change_decided_on_an_older_epoch_is_a_conflict() -> None:
    switch(percentage=Decimal(10), kinds=["health"], actor="li", reason="x")
    with pytest.raises(RouteConflict):
        switch(percentage=Decimal(10), kinds=["health"], actor="li", reason="x", expected_epochs={"health": 1})
    with pytest.raises(RouteConflict):
        switch(
            percentage=Decimal(20), kinds=["device", "health"], actor="li", reason="x", expected_epochs={"health": 1}
        )
    assert Change.objects.count() == 1
    switch(percentage=Decimal(20), kinds=["device", "health"], actor="li", reason="x", expected_epochs={"health": 2})
    assert Change.objects.count() == 3
