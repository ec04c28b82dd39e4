"""Dead letters in the admin: who sees what, and replay and discard with their page in between."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client

from ingest.models import HealthData
from streaming import deadletters, settling
from streaming.admin import bounded, settlement
from streaming.deadletters import Burial
from streaming.failures import Broken
from streaming.fingerprints import fingerprint
from streaming.models import DeadLetter

AT = 1_790_000_000
URL = "/admin/streaming/deadletter/"
GOOD = b'{"device_sn":"A%d","timestamp":1790000000,"heart_rate":71}'

pytestmark = pytest.mark.usefixtures("db", "redis")


def bury(
    count: int, payload: bytes = GOOD, *, reason: str = "mended: now", kind: str = "health", form: str = "json"
) -> None:
    burials = [
        Burial(kind, f"A{n}", reason, form, payload % n if b"%d" in payload else payload, AT * 1000)
        for n in range(count)
    ]
    with transaction.atomic():
        deadletters.bury(burials)


def login(*codenames: str) -> Client:
    user = User.objects.create_user("zhang", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def settler(db: None) -> Client:
    return login("view_deadletter", "settle_deadletter")


def choose(client: Client, action: str, *, query: str = "", across: bool = False, **fields: Any) -> Any:
    """Press the button of an action on the list, or, with `confirmed`, that of its page."""
    selected = list(DeadLetter.objects.order_by("pk").values_list("pk", flat=True)[:1])
    return client.post(
        URL + query,
        {"action": action, "select_across": int(across), "_selected_action": selected, **fields},
        headers={"accept-language": "en"},
    )


def confirm(client: Client, page: Any, action: str, *, reason: str = "the rule was wrong", **options: Any) -> Any:
    up_to = re.search(r'name="up_to" value="(\d+)"', page.content.decode())
    assert up_to, page.content.decode()
    return choose(client, action, confirmed="1", reason=reason, up_to=up_to.group(1), **options)


def messages(response: Any) -> str:
    return " | ".join(str(message) for message in response.wsgi_request._messages)


def states() -> list[str]:
    return list(DeadLetter.objects.order_by("pk").values_list("state", flat=True))


HEART = "implausible: heart_rate %d"
HEART_QUERY = f"?state__exact=open&fingerprint={fingerprint('health', HEART % 0)}"


def test_the_list_groups_open_letters_by_reason_and_escapes_what_devices_sent() -> None:
    bury(2, b'{"device_sn":"A%d","heart_rate":999}', reason=HEART % 999)
    bury(1, b'{"device_sn":"A0","heart_rate":1000}', reason=HEART % 1000)
    bury(1, b"[1]", reason="<script>alert(1)</script>: x", kind="event")
    content = login("view_deadletter").get(URL).content.decode()
    assert "<script>alert" not in content
    link = re.escape(HEART_QUERY.replace("&", "&amp;"))
    row = rf'{link}">implausible: heart_rate …</a></td><td>{HEART % 1000}</td><td>health</td>'
    counts = r'<td class="number">3</td><td class="number">2</td>'
    assert re.search(row + counts + r"<td>2026-09-21 22:13:20</td><td>2026-09-21 22:13:20</td>", content)
    assert '<form method="post" action="/admin/streaming' not in content


@pytest.mark.parametrize(("action", "state"), [("replay", "open"), ("discard", "discarded")])
def test_a_whole_group_is_settled_from_its_row(settler: Client, action: str, state: str) -> None:
    bury(3, b'{"device_sn":"A%d","heart_rate":999}', reason=HEART % 999)
    bury(1, b"[1]", reason="implausible: stress 101")
    query = HEART_QUERY.replace("&", "&amp;")
    assert f'<form method="post" action="{URL}{query}">' in settler.get(URL).content.decode()
    row: dict[str, Any] = {"query": HEART_QUERY, "across": True, "_selected_action": "0"}
    page = choose(settler, action, **row)
    assert "<strong>3</strong> open dead letters" in page.content.decode()
    confirm(settler, page, action, **row)
    assert states() == [state] * 3 + ["open"]


def test_a_count_has_a_bound_and_says_so(settler: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bury(3)
    monkeypatch.setattr(settlement, "MOST_COUNTED", 2)
    assert "<strong>2+</strong> open dead letters" in choose(settler, "discard", across=True).content.decode()


@pytest.mark.parametrize(
    "query", ["?state__exact=open&category=mended&kind=health", HEART_QUERY, "?q=A1", "?p=1", "?o=4"]
)
def test_the_list_is_filtered_by_what_an_index_answers(query: str) -> None:
    bury(2)
    assert login("view_deadletter").get(URL + query).status_code == 200


@pytest.mark.parametrize("query", ["?payload__contains=x", "?reason=x", "?created_at__gt=2020-01-01"])
def test_the_list_is_not_filtered_by_anything_else(query: str) -> None:
    assert login("view_deadletter").get(URL + query).status_code == 400


def test_the_serial_is_searched_for_exactly() -> None:
    bury(12)
    content = login("view_deadletter").get(URL + "?q=A1").content.decode()
    assert content.count('class="action-select"') == 0
    assert "A1<" in content
    assert "A11" not in content


@pytest.mark.parametrize(
    ("permissions", "seen"), [(["view_deadletter"], False), (["view_deadletter", "view_payload"], True)]
)
def test_the_payload_is_seen_only_with_its_permission(permissions: list[str], seen: bool) -> None:
    bury(1)
    client = login(*permissions)
    pk = DeadLetter.objects.get().pk
    content = client.get(f"{URL}{pk}/change/").content.decode()
    assert ("&quot;heart_rate&quot;: 71" in content) is seen
    assert (f"•••, {len(GOOD % 0)} " in content) is not seen
    assert "heart_rate" not in client.get(URL).content.decode()


def test_raw_bytes_are_shown_in_hexadecimal() -> None:
    bury(1, b"\x01\xff<b>", form="entry")
    content = (
        login("view_deadletter", "view_payload").get(f"{URL}{DeadLetter.objects.get().pk}/change/").content.decode()
    )
    assert "000000  01ff 3c62 3e" in content
    assert "..&lt;b&gt;" in content


@pytest.mark.parametrize("payload", [b"\xff\xfe no JSON", b"[" * 5000, b'"\\ud800"', b"1" * 5000])
def test_a_payload_that_is_no_json_is_shown_as_it_stands(payload: bytes) -> None:
    bury(1, payload)
    client = login("view_deadletter", "view_payload")
    assert client.get(f"{URL}{DeadLetter.objects.get().pk}/change/").status_code == 200


def test_nobody_adds_changes_or_deletes_a_letter_superusers_neither() -> None:
    bury(1)
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    pk = DeadLetter.objects.get().pk
    assert client.get(f"{URL}add/").status_code == 403
    assert client.get(f"{URL}{pk}/delete/").status_code == 403
    assert client.post(f"{URL}{pk}/change/", {"state": "discarded"}).status_code == 403
    assert states() == ["open"]


@pytest.mark.parametrize("action", ["replay", "discard"])
def test_without_the_permission_there_is_no_deed(action: str) -> None:
    bury(1)
    client = login("view_deadletter", "view_payload")
    assert "action-select" not in client.get(URL).content.decode()
    choose(client, action, confirmed="1", reason="why", up_to="999999")
    assert states() == ["open"]


def test_a_replay_shows_its_effect_first_and_changes_nothing_until_confirmed(settler: Client) -> None:
    bury(2)
    bury(1, b'{"device_sn":"B","heart_rate":999}')
    content = choose(settler, "replay", across=True).content.decode()
    assert "<strong>3</strong> open dead letters will be tried again" in content
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="number">(\d+)</td>', content)
    assert [int(number) for _, number in rows] == [2, 0, 1]
    assert "implausible" in content
    assert states() == ["open"] * 3
    assert not HealthData.objects.exists()


def test_all_that_match_the_filter_are_replayed_with_an_entry_in_the_log_each(settler: Client) -> None:
    bury(3)
    bury(2, b'{"device_sn":"B%d","timestamp":1790000000}', reason="other: reason")
    query = "?state__exact=open&category=mended"
    page = choose(settler, "replay", query=query, across=True)
    response = confirm(settler, page, "replay", query=query, across=True)
    assert response.status_code == 302
    assert response["Location"] == URL + query
    assert "3 were replayed: 3 stored now, 0 stored already" in messages(response)
    assert states() == ["replayed"] * 3 + ["open"] * 2
    assert HealthData.objects.count() == 3
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["replayed: the rule was wrong"] * 3
    assert set(DeadLetter.objects.filter(state="replayed").values_list("settled_by", flat=True)) == {"zhang"}


def test_what_is_still_dead_is_told_and_stays_open(settler: Client) -> None:
    bury(1, b'{"device_sn":"B","heart_rate":999}')
    response = confirm(settler, choose(settler, "replay"), "replay")
    assert messages(response) == "1 is still dead and stays open: implausible (1)"
    assert states() == ["open"]
    assert not LogEntry.objects.exists()


def test_only_the_selected_are_discarded(settler: Client) -> None:
    bury(2)
    page = choose(settler, "discard")
    assert "<strong>1</strong> open dead letter will be closed as discarded" in page.content.decode()
    assert "1 was discarded" in messages(confirm(settler, page, "discard"))
    assert states() == ["discarded", "open"]
    assert LogEntry.objects.get().change_message == "discarded: the rule was wrong"
    assert not HealthData.objects.exists()


def test_letters_that_come_after_the_page_was_drawn_are_left_alone(settler: Client) -> None:
    bury(2)
    page = choose(settler, "discard", across=True)
    bury(1, b"[1]")
    confirm(settler, page, "discard", across=True)
    assert states() == ["discarded", "discarded", "open"]


def test_a_deed_needs_a_reason(settler: Client) -> None:
    bury(1)
    response = confirm(settler, choose(settler, "discard"), "discard", reason="  ")
    assert response.status_code == 200
    assert "errornote" in response.content.decode()
    assert states() == ["open"]


def test_settled_letters_are_not_offered_again(settler: Client) -> None:
    bury(1)
    confirm(settler, choose(settler, "discard"), "discard")
    assert "None of these dead letters is open" in messages(choose(settler, "replay"))


def test_a_deed_needs_the_token_against_forged_requests(settler: Client) -> None:
    bury(1)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())
    assert choose(strict, "discard", confirmed="1", reason="why", up_to="999999").status_code == 403
    assert states() == ["open"]


@pytest.mark.parametrize("action", ["replay", "discard"])
def test_what_does_not_fit_in_a_request_is_left_and_told(
    settler: Client, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bury(3)
    page = choose(settler, action, across=True)
    now = iter(range(0, 10_000, 100))
    monkeypatch.setattr(bounded, "clock", lambda: next(now))
    monkeypatch.setattr(settling, "CHUNK", 1)
    assert "2 are left" in messages(confirm(settler, page, action, across=True))
    assert states().count("open") == 2


def test_a_database_that_can_not_store_is_told(settler: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bury(1)
    page = choose(settler, "replay")

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise Broken("1290")

    monkeypatch.setattr(bounded, "replay", broken)
    assert "can not store now" in messages(confirm(settler, page, "replay"))
    assert choose(settler, "replay").status_code == 200
    assert states() == ["open"]
