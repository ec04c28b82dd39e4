"""Pins: with an owner, a reason and an end, and every change of them in the log."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from rollout.models import Pin
from tests.rollout.admin import people

pytestmark = pytest.mark.usefixtures("groups", "redis")

LIST = "/admin/rollout/pin/"


@pytest.fixture
def operator(groups: None) -> Client:
    return people.client("operator")


def filled(*, days: float = 1, **more: str) -> dict[str, Any]:
    expires_at = timezone.localtime() + timedelta(days=days)
    return {
        "device_sn": "A1", "path": "legacy", "owner": "li", "reason": "firmware test",
        "expires_at_0": f"{expires_at:%Y-%m-%d}", "expires_at_1": f"{expires_at:%H:%M:%S}", **more,
    }  # fmt: skip


def told() -> str:
    return " | ".join(LogEntry.objects.order_by("id").values_list("change_message", flat=True))


def test_a_pin_is_made_changed_and_deleted_and_the_log_tells_it(operator: Client) -> None:
    operator.post(f"{LIST}add/", filled())
    pin = Pin.objects.get()
    assert (pin.device_sn, pin.path, pin.owner) == ("A1", "legacy", "li")
    operator.post(f"{LIST}{pin.pk}/change/", filled(path="stream", device_sn="B2"))
    pin.refresh_from_db()
    assert (pin.device_sn, pin.path) == ("A1", "stream")
    operator.post(f"{LIST}{pin.pk}/delete/", {"post": "yes"})
    assert not Pin.objects.exists()
    log = told()
    assert "A1: legacy (li: firmware test;" in log
    assert "path: legacy → stream" in log
    assert "Deleted. A1: stream (li: firmware test;" in log


@pytest.mark.parametrize("missing", ["device_sn", "owner", "reason", "path", "expires_at_0"])
def test_a_pin_without_one_of_its_facts_is_refused(operator: Client, missing: str) -> None:
    assert operator.post(f"{LIST}add/", filled(**{missing: ""})).status_code == 200
    assert not Pin.objects.exists()


@pytest.mark.parametrize("days", [0, -1])
def test_a_pin_ends_in_the_future(operator: Client, days: float) -> None:
    assert "A pin expires in the future." in operator.post(f"{LIST}add/", filled(days=days)).content.decode()
    assert not Pin.objects.exists()


def test_pins_are_found_by_the_exact_serial_and_by_whether_they_hold(operator: Client) -> None:
    now = timezone.now()
    for serial, days in (("A1", 1), ("A12", -1)):
        Pin.objects.create(
            device_sn=serial, path="legacy", owner="li", reason="x", expires_at=now + timedelta(days=days)
        )
    for query, found in (("?q=A1", {"A1"}), ("?q=A", set()), ("?standing=on", {"A1"}), ("?standing=over", {"A12"})):
        response = operator.get(LIST + query)
        assert {pin.device_sn for pin in response.context["cl"].result_list} == found
