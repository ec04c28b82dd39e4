"""Checks in the admin: begun with a reason, looked at without a value of a record, repaired after a page that says what
that does."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from ingest.models import HealthData
from ingest.records import Device
from rollout.consistency import DatabaseConsistencyChecker
from rollout.models import Acknowledgement, Check, CheckFinding, Repair
from streaming import consumer
from tests.rollout.admin import people
from tests.rollout.consistency.scene import consume, holed, readings, send, settled
from tests.streaming.entries import FIVE

pytestmark = pytest.mark.usefixtures("groups", "redis")

LIST = "/admin/rollout/check/"
FINDINGS = "/admin/rollout/checkfinding/"
# Not the fraction of a second.
VALUE = re.compile(r"(?<![.\d])199(?!\d)")


@pytest.fixture(autouse=True)
def ground(redis: object, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything sent by now is settled; the consumer does not close the test's connection."""
    monkeypatch.setattr(consumer, "close_old_connections", lambda: None)
    monkeypatch.setattr(DatabaseConsistencyChecker, "clock", staticmethod(settled))


@pytest.fixture
def operator(groups: None) -> Client:
    return people.client("operator")


def damaged() -> None:
    """Four of five readings are gone, the other is changed; the device has said its firmware."""
    send(Device("SERIAL-01", FIVE, system_software_version="5.1.2"), kind="device")
    send(*readings(5, "SERIAL-01"))
    consume()
    HealthData.objects.filter(step__gte=1).delete()
    HealthData.objects.update(heart_rate=199)


def checked(browser: Client) -> Check:
    """A check of health that was begun by its button."""
    assert "Run a check" in people.text(browser.get(LIST))
    assert "compared with the tables" in people.text(browser.post(f"{LIST}run/"))
    asked = {"confirmed": "1", "reason": "audit", "minutes": "60", "kinds": ["health"]}
    check_page = browser.post(f"{LIST}run/", asked)
    check = Check.objects.order_by("-pk")[0]
    assert check_page["Location"] == f"{LIST}{check.pk}/change/"
    return check


def test_a_check_is_begun_with_a_reason_and_its_page_has_every_class(operator: Client) -> None:
    damaged()
    assert operator.post(f"{LIST}run/", {"confirmed": "1", "reason": "", "minutes": "60"}).status_code == 200
    assert not Check.objects.exists()
    check = checked(operator)
    assert (check.actor, check.reason, check.status) == ("zhang", "audit", "done")
    assert check.kinds == ["health", "health-shadow"]
    page = people.text(operator.get(f"{LIST}{check.pk}/change/"))
    assert "5 records compared, 5 not as sent, rate 0.0000%" in page
    assert "health 5 0 0 0 4 1 0 0 0.0000%" in page
    assert "stream 5.1.2 5 0 0 0 4 1 0 0 0.0000%" in page
    assert "heart_rate" in page
    assert "SE…-01" in page
    assert "rolling" not in people.text(operator.get(LIST))


@pytest.mark.parametrize("address", ["check", "finding", "findings"])
def test_values_and_serials_are_shown_to_who_may_see_health_data_alone(operator: Client, address: str) -> None:
    damaged()
    check = checked(operator)
    finding = CheckFinding.objects.get(outcome="different")
    urls = {
        "check": f"{LIST}{check.pk}/change/",
        "finding": f"{FINDINGS}{finding.pk}/change/",
        "findings": FINDINGS,
    }
    hidden = people.text(operator.get(urls[address]))
    assert ("SERIAL-01" in hidden, bool(VALUE.search(hidden)), "heart_rate" in hidden) == (False, False, True)
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_payload"))
    shown = operator.get(urls[address]).content.decode()
    assert ("SERIAL-01" in shown, "heart_rate: 60 → 199" in shown) == ((address != "findings"),) * 2


def test_a_repair_says_what_it_would_store_and_stores_it(operator: Client) -> None:
    damaged()
    check = checked(operator)
    asked = people.text(operator.post(f"{LIST}{check.pk}/repair/"))
    assert "Of 4 records that were found missing 4 are still so and would be stored." in asked
    assert not Repair.objects.exists()
    done = operator.post(f"{LIST}{check.pk}/repair/", {"confirmed": "1", "reason": "mended"})
    row = Repair.objects.get()
    assert done["Location"] == f"/admin/rollout/repair/{row.pk}/change/"
    assert "4 stored" in people.messages(done)
    assert (row.actor, row.reason, row.status, HealthData.objects.count()) == ("zhang", "mended", "done", 5)
    assert "Nothing is missing any more." in people.text(operator.get(f"{LIST}{check.pk}/change/"))


def test_many_records_wait_for_another_person_who_may_approve(operator: Client, settings: Any) -> None:
    settings.REPAIR_APPROVAL_ROWS, settings.PLAN_PEOPLE = 3, 2
    damaged()
    check = checked(operator)
    assert "need the approval" in people.text(operator.post(f"{LIST}{check.pk}/repair/"))
    operator.post(f"{LIST}{check.pk}/repair/", {"confirmed": "1", "reason": "mended"})
    row = Repair.objects.get()
    url = f"/admin/rollout/repair/{row.pk}"
    assert (row.status, HealthData.objects.count()) == ("asked", 1)
    assert "Approve the repair" not in operator.get(f"{url}/change/").content.decode()
    assert operator.post(f"{url}/approve/", {"confirmed": "1", "reason": "x"}).status_code == 403
    User.objects.get(username="zhang").groups.set(people.Group.objects.filter(name__in=["operator", "approver"]))
    own = operator.post(f"{url}/approve/", {"confirmed": "1", "reason": "x"})
    assert "Somebody else must approve the repair." in people.messages(own)
    other = people.client("approver", name="zhao")
    assert "Approve the repair" in other.get(f"{url}/change/").content.decode()
    assert "4 records that check" in people.text(other.post(f"{url}/approve/"))
    assert HealthData.objects.count() == 1
    other.post(f"{url}/approve/", {"confirmed": "1", "reason": "looked at it"})
    row.refresh_from_db()
    assert (row.status, row.approved_by, HealthData.objects.count()) == ("done", "zhao", 5)


def test_a_hole_is_acknowledged_with_a_reason_after_a_page(operator: Client) -> None:
    hole = holed(others=1)
    assert f"{FINDINGS}{hole.pk}/change/" in operator.get(LIST).content.decode()
    chosen = {"action": "acknowledge", "_selected_action": [str(hole.pk)]}
    assert "You answer for 1 finding." in people.text(operator.post(f"{FINDINGS}?state=open", chosen))
    assert not Acknowledgement.objects.exists()
    operator.post(f"{FINDINGS}?state=open", {**chosen, "confirmed": "1", "reason": "deleted by hand"})
    row = Acknowledgement.objects.get()
    assert (row.findings.get(), row.actor, row.reason) == (hole, "zhang", "deleted by hand")
    assert f"{FINDINGS}{hole.pk}/change/" not in operator.get(LIST).content.decode()
    assert "deleted by hand" in operator.get("/admin/rollout/acknowledgement/").content.decode()


def test_what_is_missing_is_not_acknowledged(operator: Client) -> None:
    damaged()
    checked(operator)
    chosen = {
        "action": "acknowledge",
        "_selected_action": [str(pk) for pk in CheckFinding.objects.values_list("pk", flat=True)],
    }
    answer = operator.post(FINDINGS, {**chosen, "confirmed": "1", "reason": "x"})
    assert "can be repaired" in people.messages(answer)
    assert not CheckFinding.objects.exclude(resolved_at=None).exists()


def test_who_may_only_look_has_no_buttons(operator: Client) -> None:
    damaged()
    check = checked(operator)
    viewer = people.client("viewer", name="li")
    assert f"{LIST}run/" not in viewer.get(LIST).content.decode()
    assert "/repair/" not in viewer.get(f"{LIST}{check.pk}/change/").content.decode().replace("rollout/repair/", "")
    assert "acknowledge" not in viewer.get(FINDINGS).content.decode().partition('name="action"')[2][:400]


def test_pages_of_checks_need_no_inline_script_or_style(operator: Client) -> None:
    damaged()
    check = checked(operator)
    pages = [
        operator.get(f"{LIST}{check.pk}/change/"),
        operator.post(f"{LIST}run/"),
        operator.post(f"{LIST}{check.pk}/repair/"),
    ]
    for page in pages:
        assert page.status_code == 200
        assert not people.re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page.content.decode())
