"""The page of a trace: reachable from what it is about, and without health data for who may not see it."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from ingest.models import DeviceInfo
from streaming import consumer
from streaming.models import DeadLetter
from tests.rollout.admin import people
from tests.rollout.tracing import scene

pytestmark = pytest.mark.usefixtures("groups", "redis")

URL = "/admin/rollout/route/trace/"


@pytest.fixture(autouse=True)
def uploads(redis: object, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading by the stream, one that was sent again with another value, one by the legacy path."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
    scene.send(scene.reading(0, heart_rate=197))
    scene.send(scene.reading(0, heart_rate=196))
    scene.consume()
    scene.write("health", scene.reading(1, heart_rate=198))
    scene.write("device", scene.state())
    DeadLetter.objects.update(reason="implausible: heart_rate 196")


def page(who: Any, **asked: str) -> str:
    answer = who.get(URL, {"device": scene.SERIAL, **asked})
    assert answer.status_code == 200
    return people.text(answer)


def test_who_may_not_see_health_data_sees_where_it_went_and_no_value() -> None:
    shown = page(people.client("operator"))
    assert "stream, epoch 1" in shown
    assert "stored, 2" in shown
    assert "implausible: heart_rate …" in shown
    assert "no entry: written at once" in shown
    for value in ("197", "196", "198"):
        assert f"heart_rate {value}" not in shown


def test_who_may_see_payloads_sees_the_values() -> None:
    browser = people.client("operator")
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_payload"))
    shown = page(browser)
    for value in ("197", "196", "198"):
        assert f"heart_rate {value}" in shown


def test_the_page_asks_first_and_refuses_what_is_no_time() -> None:
    browser = people.client("viewer")
    assert "Its path now" not in people.text(browser.get(URL))
    assert "Enter a valid date/time" in page(browser, at="yesterday")
    assert "Nothing is known of this device" in people.text(browser.get(URL, {"device": "nobody"}))
    assert "Entries in the streams" not in page(browser, at="2026-01-01T00:00:00")


def test_text_of_a_device_is_escaped_and_nothing_runs() -> None:
    content = people.client("viewer").get(URL, {"device": "<script>x</script>"}).content.decode()
    assert "<script>x" not in content
    assert " style=" not in content.partition('<div id="content')[2]
    assert "onclick" not in content


@pytest.mark.parametrize(
    "address", ["/admin/rollout/change/", "/admin/rollout/route/", "/admin/ingest/deviceinfo/", "device"]
)
def test_it_is_reached_from_what_it_is_about(address: str) -> None:
    root = people.client(superuser=True)
    if address == "device":
        address = f"/admin/ingest/deviceinfo/{DeviceInfo.objects.get().pk}/change/"
    assert f'href="{URL}' in root.get(address).content.decode()


def test_one_permission_is_not_enough() -> None:
    browser = people.client()
    user = User.objects.get()
    for name in ("view_route", "view_deadletter"):
        user.user_permissions.set(Permission.objects.filter(codename=name))
        assert browser.get(URL).status_code == 403
