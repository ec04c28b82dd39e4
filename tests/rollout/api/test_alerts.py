"""Alerts and silences through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.models import Alert, Silence
from tests.rollout.alerting.scene import fire
from tests.rollout.api.conftest import Caller


def test_alerts_are_listed_newest_first_with_their_text_and_by_state(operator: Caller) -> None:
    one, two = fire("redis_full"), fire("of_tomorrow", "x", state="acknowledged", acknowledged_by="li", note="at it")
    told = operator.get("alerts").json()["alerts"]
    assert [(each["id"], each["name"], each["state"], each["text"]) for each in told] == [
        (two.pk, "of_tomorrow:x", "acknowledged", "of_tomorrow:x"),
        (one.pk, "redis_full", "firing", "Redis is full, the stream path closes: 97 %."),
    ]
    assert (told[0]["acknowledged_by"], told[0]["note"]) == ("li", "at it")
    assert [each["id"] for each in operator.get("alerts", state="firing").json()["alerts"]] == [one.pk]
    assert [each["id"] for each in operator.get("alerts", before=two.pk, limit=1).json()["alerts"]] == [one.pk]
    assert operator.get("alerts", state="loud").status_code == 400


def test_status_counts_all_and_shows_the_worst(operator: Caller) -> None:
    fire("redis_full")
    fire("redis_memory", severity="warning")
    for number in range(101):
        fire("redis_memory", str(number), severity="info", state="pending")
    told = operator.get("status").json()["alerts"]
    assert sorted(told["counts"]) == [["firing", "critical", 1], ["firing", "warning", 1], ["pending", "info", 101]]
    assert len(told["shown"]) == 100
    assert [each["severity"] for each in told["shown"][:3]] == ["critical", "warning", "info"]


def test_alerts_of_devices_hide_nothing_else(operator: Caller) -> None:
    for number in range(7):
        fire("device_alert", f"SOS_EVENT:{number}", group="devices")
    fire("redis_memory", severity="info")
    shown = operator.get("status").json()["alerts"]["shown"]
    assert [each["name"] for each in shown] == [
        "redis_memory", *(f"device_alert:SOS_EVENT:{number}" for number in (6, 5, 4, 3, 2)),
    ]  # fmt: skip


def test_who_is_at_an_alert_is_kept_with_why_and_the_second_one_is_refused(operator: Caller) -> None:
    alert = fire("redis_full")
    answer = operator.post(f"alerts/{alert.pk}/acknowledge", {"reason": "adding memory"})
    assert (answer.status_code, answer.json()["alert"]["state"]) == (200, "acknowledged")
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.note) == ("operator", "adding memory")
    again = operator.post(f"alerts/{alert.pk}/acknowledge", {"reason": "me too"})
    assert again.status_code == 409
    assert "operator" in again.json()["message"]
    assert operator.post(f"alerts/{alert.pk}/acknowledge", {}).status_code == 400
    assert Alert.objects.get().note == "adding memory"


def test_a_silence_says_what_how_long_and_why(operator: Caller) -> None:
    fire("redis_full")
    asked = {"rule": "redis_full", "minutes": 30, "reason": "memory is being added"}
    made = operator.post("silences", asked)
    assert made.status_code == 201
    row = Silence.objects.get()
    assert (row.rule, row.created_by, row.reason) == ("redis_full", "operator", "memory is being added")
    assert timedelta(minutes=29) < row.expires_at - timezone.now() <= timedelta(minutes=30)
    assert [each["id"] for each in operator.get("silences").json()["silences"]] == [row.pk]
    assert operator.get("alerts").json()["alerts"][0]["silenced"] is True


@pytest.mark.parametrize(
    "asked",
    [
        {"minutes": 5}, {"rule": "x"}, {"rule": "x", "minutes": 0}, {"rule": "x", "minutes": 43_201},
        {"group": "none", "minutes": 5}, {"rule": "x", "minutes": 5, "forever": True}, {"rule": "", "minutes": 5},
    ],
)  # fmt: skip
def test_a_silence_that_can_not_be_is_refused(operator: Caller, asked: dict[str, object]) -> None:
    assert operator.post("silences", {**asked, "reason": "x"}).status_code == 400
    assert not Silence.objects.exists()
