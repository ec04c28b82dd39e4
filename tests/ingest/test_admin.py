"""The record tables in the admin: for looking only, fast on millions of rows, and in two languages."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ingest.models import AlertInfo, CommonEvent, DeviceInfo, DeviceInfoHistory, HealthDaily, HealthData, HealthWeekly
from ingest.records import Device, Event, Health
from ljwx.admin import paging
from streaming import registry
from streaming.storing import Item, store

AT = 1_790_000_000  # 2026-09-21 22:13:20 in Shanghai
MODELS = (HealthData, HealthDaily, HealthWeekly, DeviceInfo, DeviceInfoHistory, CommonEvent, AlertInfo)
SERIAL = 'A&"<b>é'

pytestmark = pytest.mark.usefixtures("db", "redis")


def put(kind: str, *records: Any) -> None:
    store(registry.get(kind), [Item(record, AT * 1000) for record in records])


@pytest.fixture
def records(db: None) -> None:
    """A row in every table, and more readings than a page shows."""
    nested = {"sleep_data": '{"n":"<i>"}', "exercise_week_data": "[1]"}
    put("health", *(Health(SERIAL, AT + n, heart_rate=70, **nested if n == 0 else {}) for n in range(60)))
    put("health", Health("A", AT), Health("AB", AT))
    put("device", Device(SERIAL, AT), Device("A", AT), Device("AB", AT), Device("a", AT))
    put("event", Event(SERIAL, "SOS_EVENT", AT, event_value="x" * 500))


@pytest.fixture
def root(db: None) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.create_superuser("root"))
    return client


def url(model: Any, rest: str = "") -> str:
    return f"/admin/ingest/{model._meta.model_name}/{rest}"


@pytest.mark.parametrize("model", MODELS)
def test_every_table_is_listed_and_shown_and_neither_added_changed_nor_deleted(
    records: None, root: Client, model: Any
) -> None:
    serial = "serial_number" if model in {DeviceInfo, DeviceInfoHistory} else "device_sn"
    pk = model.objects.filter(**{serial: SERIAL})[0].pk
    for address in (url(model), url(model, f"{pk}/change/")):
        content = root.get(address).content.decode()
        assert "&lt;b&gt;" in content
        assert "<b>" not in content
        assert "<i>" not in content
    assert root.get(url(model, "add/")).status_code == 403
    assert root.get(url(model, f"{pk}/delete/")).status_code == 403
    assert root.post(url(model, f"{pk}/change/"), {"device_sn": "B"}).status_code == 403
    assert root.post(url(model), {"action": "delete_selected", "_selected_action": pk, "post": "yes"}).status_code in {
        200,
        302,
    }
    assert model.objects.filter(pk=pk).exists()


@pytest.mark.parametrize("model", MODELS)
def test_the_models_permission_decides_who_sees_a_table(model: Any) -> None:
    user = User.objects.create_user("zhang", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(url(model)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename=f"view_{model._meta.model_name}"))
    assert client.get(url(model)).status_code == 200


def test_times_are_shown_to_the_second_in_shanghai(records: None, root: Client) -> None:
    pk = HealthData.objects.get(device_sn="A").pk
    assert (
        "2026-09-21 22:13:20"
        in root.get(url(HealthData)).content.decode() + root.get(url(HealthData, "?p=2")).content.decode()
    )
    assert "2026-09-21 22:13:20" in root.get(url(HealthData, f"{pk}/change/")).content.decode()


def test_nested_data_is_indented_and_escaped(records: None, root: Client) -> None:
    content = root.get(url(HealthDaily, f"{HealthDaily.objects.get().pk}/change/")).content.decode()
    assert "{\n  &quot;n&quot;: &quot;&lt;i&gt;&quot;\n}" in content


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("query", ["", "?q=A", "?p=2", "?o=3.-2"])
def test_a_list_never_counts_without_a_bound_and_never_sorts_by_a_visitors_wish(
    records: None, root: Client, model: Any, query: str
) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert root.get(url(model, query)).status_code in {200, 302}
    on_table = [q["sql"] for q in captured if model._meta.db_table in q["sql"]]
    assert on_table
    for sql in on_table:
        assert "COUNT(" not in sql or f"LIMIT {paging.MOST}" in sql
        order = re.search(r"ORDER BY (.*?)( LIMIT|$)", sql)
        first = order.group(1).split(",")[0] if order else "id"
        assert re.search(r"\b(id|timestamp|date|week_start|serial_number)\b", first), sql


def test_columns_of_nested_data_are_not_read_for_a_list(records: None, root: Client) -> None:
    with CaptureQueriesContext(connection) as captured:
        root.get(url(HealthDaily))
    assert not [q["sql"] for q in captured if "sleep_data" in q["sql"] or "workout_data" in q["sql"]]


@pytest.mark.parametrize("lookup", ["heart_rate=70", "timestamp__gt=2020-01-01", "device_sn__contains=A", "id__gt=0"])
def test_a_list_is_not_filtered_by_what_no_index_answers(records: None, root: Client, lookup: str) -> None:
    assert root.get(url(HealthData, f"?{lookup}")).status_code == 400


def test_a_long_list_is_paged_to_a_bound_and_its_size_told_from_what_is_known(
    records: None, root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST", 55)
    content = root.get(url(HealthData)).content.decode()
    assert "55+" in content
    assert re.search(r"about [\d,]+ in all", content)
    assert "?p=2" in content
    assert "?p=3" not in content
    found = root.get(url(HealthData, f"?q={SERIAL.replace('&', '%26')}")).content.decode()
    assert "55+" in found
    assert "in all" not in found


def test_the_size_of_a_table_is_asked_for_once_in_half_a_minute(records: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        first = paging.estimate(HealthData)
        assert paging.estimate(HealthData) == first > 0
    assert len(captured) == 1
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        paging.estimate(HealthData)
    assert len(captured) == 1


def rows(response: Any) -> list[Any]:
    return list(response.context["cl"].result_list)


def test_readings_are_found_by_the_exact_serial(records: None, root: Client) -> None:
    assert [row.device_sn for row in rows(root.get(url(HealthData, "?q=A")))] == ["A"]
    assert rows(root.get(url(HealthData, "?q=a"))) == []
    assert rows(root.get(url(HealthData, "?q=A%25"))) == []
    assert len(rows(root.get(url(HealthData, "?q=%20A%20")))) == 1


def test_devices_are_found_by_the_first_characters(records: None, root: Client) -> None:
    assert [row.serial_number for row in rows(root.get(url(DeviceInfo, "?q=A")))] == ["A", SERIAL, "AB"]
    assert [row.serial_number for row in rows(root.get(url(DeviceInfo, "?q=AB")))] == ["AB"]


@pytest.mark.parametrize("model", [HealthData, HealthDaily, HealthWeekly, DeviceInfo, DeviceInfoHistory, CommonEvent])
def test_a_search_uses_an_index(records: None, root: Client, model: Any) -> None:
    put("health", *(Health(f"B{n}", AT) for n in range(300)))
    put("device", *(Device(f"B{n}", AT) for n in range(300)))
    put("event", *(Event(f"B{n}", "SOS_EVENT", AT) for n in range(300)))
    plan = root.get(url(model, "?q=B7")).context["cl"].queryset[:50].explain()
    if connection.vendor == "sqlite":
        assert "SEARCH" in plan
        assert "SCAN" not in plan
    else:
        kind, key = re.split(r"\s+", plan)[3], re.split(r"\s+", plan)[5]
        assert kind in {"ref", "range", "const"}, plan
        assert key not in {"NULL", "PRIMARY"}, plan


def test_a_device_leads_to_all_that_is_known_of_it(records: None, root: Client) -> None:
    pk = DeviceInfo.objects.get(serial_number=SERIAL).pk
    content = root.get(url(DeviceInfo, f"{pk}/change/")).content.decode()
    links = re.findall(r'href="(/admin/\w+/\w+/\?q=[^"]*)"', content)
    assert len(links) == 7
    counts = {link.split("/")[3]: len(rows(root.get(link))) for link in links}
    assert counts == {
        "healthdata": 50,
        "healthdaily": 1,
        "healthweekly": 1,
        "deviceinfohistory": 1,
        "commonevent": 1,
        "alertinfo": 1,
        "deadletter": 0,
    }


def test_a_device_leads_only_to_what_its_visitor_may_see(records: None) -> None:
    user = User.objects.create_user("zhang", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_deviceinfo", "view_alertinfo"]))
    client = Client()
    client.force_login(user)
    content = client.get(url(DeviceInfo, f"{DeviceInfo.objects.get(serial_number='A').pk}/change/")).content.decode()
    assert re.findall(r'href="/admin/(\w+/\w+)/\?q=', content) == ["ingest/alertinfo"]


def test_pending_alerts_are_filtered_by_severity(records: None, root: Client) -> None:
    assert len(rows(root.get(url(AlertInfo, "?pending=critical")))) == 1
    assert rows(root.get(url(AlertInfo, "?pending=low"))) == []
    assert len(rows(root.get(url(AlertInfo, "?pending=nonsense")))) == 1


def test_the_index_has_the_parts_in_the_order_of_use(root: Client) -> None:
    labels = [app["app_label"] for app in root.get("/admin/").context["app_list"]]
    assert labels == ["rollout", "streaming", "ingest", "monitoring", "auth", "admin"]
    assert str(admin.site.site_header)


@pytest.mark.parametrize("address", ["/admin/login/", "/admin/"])
def test_the_language_is_switched_by_a_plain_form(root: Client, address: str) -> None:
    client = Client() if "login" in address else root
    content = client.get(address).content.decode()
    assert 'name="language" value="zh-hans"' in content
    assert 'name="language" value="en"' in content
    response = client.post("/i18n/setlang/", {"language": "en", "next": address})
    assert response["Location"] == address
    assert '<html lang="en"' in client.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": address})
    assert '<html lang="zh-hans"' in client.get(address, headers={"accept-language": "en"}).content.decode()


def test_no_page_has_a_script_or_a_style_in_it(records: None, root: Client) -> None:
    addresses = ["/admin/login/", "/admin/", *(url(model) for model in MODELS)]
    addresses += [url(model, f"{model.objects.order_by('pk')[0].pk}/change/") for model in MODELS]
    for address in addresses:
        content = root.get(address, follow=True).content.decode()
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", content, re.DOTALL):
            assert "src=" in attributes, address
            assert not body.strip()
        assert not re.search(r"\son\w+=|javascript:", content), address
