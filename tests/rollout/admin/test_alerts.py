"""Alerts, silences and channels in the admin."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from monitoring.models import Alert, Channel, Delivery, Silence
from tests.monitoring.notifiers.stub import Stub, serving
from tests.rollout.admin import people
from tests.rollout.alerting.scene import fire

pytestmark = pytest.mark.usefixtures("groups", "redis")

SECRET, TOKEN = "SEC-0123456789abcdef", "token-0123456789"
LIST, ADD = reverse("admin:monitoring_alert_changelist"), reverse("admin:monitoring_channel_add")


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as found:
        yield found


def form(stub: Stub, **more: Any) -> dict[str, Any]:
    address = f"{stub.url}/robot/send?access_token={TOKEN}"
    fields = {"name": "ops", "kind": "dingtalk", "address": address, "secret": SECRET, "severity": "warning"}
    return {**fields, "enabled": "on", **more}


def made(stub: Stub, **more: Any) -> Channel:
    fields = form(stub, **more)
    fields["enabled"] = bool(fields["enabled"])
    return Channel.objects.create(**fields)


def test_firing_alerts_are_acknowledged_with_a_reason_after_a_page_that_asks() -> None:
    one, two, over = fire("redis_full"), fire("redis_unsafe", "role"), fire("redis_memory", state="acknowledged")
    browser = people.client("operator")
    asked = {"action": "acknowledge", "_selected_action": [one.pk, two.pk, over.pk]}
    page = browser.post(LIST, asked)
    assert "You are at 2 alerts." in people.text(page)
    assert Alert.objects.filter(state="firing").count() == 2
    done = browser.post(LIST, {**asked, "confirmed": "x", "reason": "adding memory"}, follow=True)
    assert "2 are acknowledged." in done.content.decode()
    assert list(Alert.objects.order_by("pk").values_list("state", "acknowledged_by", "note")) == [
        *[("acknowledged", "zhang", "adding memory")] * 2,
        ("acknowledged", "", ""),
    ]
    assert LogEntry.objects.filter(change_message__contains="adding memory").count() == 2
    assert "None of these alerts is firing." in browser.post(LIST, asked, follow=True).content.decode()


def test_who_may_only_look_can_not_acknowledge() -> None:
    alert = fire("redis_full")
    asked = {"action": "acknowledge", "_selected_action": [alert.pk], "confirmed": "x", "reason": "x"}
    people.client("viewer").post(LIST, asked)
    assert Alert.objects.get().state == "firing"


def test_the_list_is_by_state_and_shows_texts_as_text() -> None:
    fire("redis_full", values={"value": "<script>alert(1)</script>"})
    fire("redis_memory", state="acknowledged")
    browser = people.client("viewer")
    page = browser.get(LIST, {"state": "firing"}).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "redis_memory" not in page
    assert browser.get(LIST, {"values__contains": "x"}).status_code == 400  # no other condition is looked for


def test_a_channel_is_made_and_neither_address_nor_secret_is_seen_again(stub: Stub) -> None:
    browser = people.client("operator")
    assert browser.post(ADD, form(stub, groups=["plan", "redis"])).status_code == 302
    row = Channel.objects.get()
    assert (row.secret, row.groups, row.enabled) == (SECRET, ["plan", "redis"], True)
    change = reverse("admin:monitoring_channel_change", args=[row.pk])
    history = reverse("admin:monitoring_channel_history", args=[row.pk])
    lists = reverse("admin:monitoring_channel_changelist")
    for who in (browser, people.client("viewer", name="wang"), people.client(superuser=True, name="root")):
        for address in (change, history, lists, reverse("admin:index")):
            page = who.get(address).content.decode()
            assert SECRET not in page
            assert TOKEN not in page
    assert stub.url.removeprefix("http://") in browser.get(lists).content.decode()


def test_what_is_left_empty_stays_and_what_is_written_is_new(stub: Stub) -> None:
    row, browser = made(stub), people.client("operator")
    change = reverse("admin:monitoring_channel_change", args=[row.pk])
    assert browser.post(change, form(stub, address="", secret="", severity="critical")).status_code == 302
    found = Channel.objects.get()
    assert (found.address, found.secret, found.severity, found.endpoint) == (
        row.address, SECRET, "critical", row.endpoint,
    )  # fmt: skip
    assert browser.post(change, form(stub, address=f"{stub.url}/other", secret="SEC-another-one")).status_code == 302
    found = Channel.objects.get()
    assert (found.address, found.secret) == (f"{stub.url}/other", "SEC-another-one")
    assert found.endpoint != row.endpoint
    told = " ".join(LogEntry.objects.values_list("change_message", flat=True))
    assert "SEC-" not in told
    assert "access_token" not in told


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"address": ""}, "It must be a URL"),
        ({"address": "file:///etc/passwd"}, "It must be a URL"),
        ({"kind": "webhook", "secret": "short"}, "Its secret has at least 16 characters"),
        ({"kind": "email", "address": "ops@example.com"}, "LJWX_EMAIL_URL is not set"),
        ({"name": "two"}, "Another channel goes there"),
    ],
)
def test_a_channel_that_can_not_work_is_refused(stub: Stub, more: dict[str, str], why: str) -> None:
    made(stub, name="one")
    page = people.client("operator").post(ADD, form(stub, **more))
    assert page.status_code == 200
    assert why in page.content.decode()
    assert TOKEN not in page.content.decode().replace(form(stub)["address"].replace("&", "&amp;"), "")
    assert SECRET not in page.content.decode()
    assert Channel.objects.count() == 1


def test_the_button_sends_a_message_and_shows_what_became_of_it(stub: Stub) -> None:
    row, browser = made(stub), people.client("operator")
    test = reverse("admin:monitoring_channel_test", args=[row.pk])
    change = reverse("admin:monitoring_channel_change", args=[row.pk])
    assert f'action="{test}"' in browser.get(change).content.decode()
    page = browser.post(test, follow=True)
    assert page.redirect_chain == [(change, 302)]
    assert "The test message was delivered" in page.content.decode()
    (request,) = stub.requests
    assert "sign=" in request.path
    delivery = Delivery.objects.get()
    assert (delivery.is_test, delivery.actor, delivery.outcome) == (True, "zhang", "delivered")
    assert "takes the next message in" in browser.post(test, follow=True).content.decode()
    Delivery.objects.update(ended_at=timezone.now() - timedelta(minutes=1))
    stub.answer = (200, {}, b'{"errcode":310000,"errmsg":"sign not match"}')
    failed = browser.post(test, follow=True).content.decode()
    assert "The test message was not delivered: sign not match 310000" in failed
    assert len(stub.requests) == 2
    assert browser.get(test).status_code == 302
    assert browser.post(reverse("admin:monitoring_channel_test", args=[0])).status_code == 404
    assert len(stub.requests) == 2


def test_who_may_not_test_has_no_button_and_is_refused(stub: Stub) -> None:
    row, browser = made(stub), people.client("viewer")
    test = reverse("admin:monitoring_channel_test", args=[row.pk])
    assert test not in browser.get(reverse("admin:monitoring_channel_change", args=[row.pk])).content.decode()
    assert browser.post(test).status_code == 403
    assert stub.requests == []


def test_a_silence_is_made_by_a_person_for_a_time() -> None:
    browser, add = people.client("operator"), reverse("admin:monitoring_silence_add")
    later, before = (timezone.localtime(timezone.now() + timedelta(hours=hours)) for hours in (2, -2))
    fields = {"rule": "", "group": "", "prefix": "", "reason": "works"}

    def at(moment: Any) -> dict[str, str]:
        return {"expires_at_0": f"{moment:%Y-%m-%d}", "expires_at_1": f"{moment:%H:%M:%S}"}

    assert "Say what is silenced" in browser.post(add, {**fields, **at(later)}).content.decode()
    assert "in the future" in browser.post(add, {**fields, "rule": "redis_full", **at(before)}).content.decode()
    assert browser.post(add, {**fields, "rule": "of_tomorrow", **at(later)}).status_code == 200
    assert not Silence.objects.exists()
    assert browser.post(add, {**fields, "rule": "redis_full", "prefix": "a", **at(later)}).status_code == 302
    row = Silence.objects.get()
    assert (row.rule, row.prefix, row.reason, row.created_by) == ("redis_full", "a", "works", "zhang")
