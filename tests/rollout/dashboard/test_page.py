"""The page as the server draws it: what it says and can do without a script."""

import html
import json
import re
from typing import Any

import pytest
from django.test import Client

from monitoring import alarms
from monitoring.models import Alert
from rollout.dashboard.page import POLICY
from rollout.models import Change, Rollback, Route
from rollout.plans import drafting, transitions
from rollout.plans.templates import TEMPLATES
from tests.rollout.alerting.scene import fire
from tests.rollout.dashboard.conftest import Login

PAGE, BACK, AT = "/stream_monitor/", "/stream_monitor/rollback", "/stream_monitor/acknowledge"
LOOK, ROLL_BACK = "rollout.view_route", "rollout.roll_back"
ACKNOWLEDGE = "monitoring.acknowledge_alert"


def embedded(**more: Any) -> Client:
    """A browser on the machine itself."""
    return Client(REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost:8000", **more)


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def token(answer: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.content.decode())
    assert found is not None
    return found[1]


def test_who_is_not_logged_in_is_asked_to(db: None) -> None:
    answer = Client().get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/stream_monitor/")


def test_who_may_not_see_the_routes_sees_nothing(login: Login) -> None:
    assert login("rollout.view_plan").get(PAGE).status_code == 403


@pytest.mark.parametrize("path", ["/stream_monitor/", "/stream_monitor"])
def test_who_may_sees_everything_at_once(login: Login, path: str) -> None:
    Route.objects.update(percentage=20)
    answer = login(LOOK).get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    for said in ("20 % of devices on the stream · no plan is active", "health_data_stream", "maxmemory-policy"):
        assert said in text(answer)


def test_the_machine_itself_is_let_in_by_the_embedded_default_alone(db: None, settings: Any) -> None:
    assert embedded().get(PAGE).status_code == 302
    settings.EMBEDDED = True
    assert embedded().get(PAGE).status_code == 200
    assert embedded(HTTP_X_FORWARDED_FOR="10.0.0.1").get(PAGE).status_code == 302
    assert Client(REMOTE_ADDR="10.0.0.1", HTTP_HOST="localhost").get(PAGE).status_code == 302


def test_nothing_on_the_page_is_inline_or_of_elsewhere(login: Login) -> None:
    answer = login(LOOK).get(PAGE)
    assert answer["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    page = answer.content.decode()
    assert not re.search(r"\s(style|on\w+)=", page)
    assert all("src=" in tag or 'type="application/json"' in tag for tag in re.findall(r"<script[^>]*>", page))
    assert "<style" not in page
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page)


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "流量与流"), ("en", "Traffic and streams")])
def test_the_page_is_in_the_language_of_the_reader(login: Login, language: str, title: str) -> None:
    page = text(login(LOOK).get(PAGE, headers={"Accept-Language": language}))
    assert f'<html lang="{language}"' in page
    assert f"<h1>{title}</h1>" in page


def test_what_others_have_written_is_text(login: Login) -> None:
    alarms.sound("<b>name</b>", "<script>alert(1)</script>")
    page = login(LOOK).get(PAGE).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_alerts_are_shown_with_what_they_are_and_a_button_that_needs_no_script(login: Login) -> None:
    alert = fire("redis_full", values={"value": "<b>97</b>"})
    fire("redis_unsafe", "role", state="acknowledged", acknowledged_by="li", note="at it")
    fire("redis_memory", state="pending", severity="warning")
    page = login(LOOK, ACKNOWLEDGE).get(PAGE, headers={"Accept-Language": "en"}).content.decode()
    assert "1 firing, 1 acknowledged, 1 not firing yet" in page
    assert "Redis is full, the stream path closes: &lt;b&gt;97&lt;/b&gt;." in page
    assert "li: at it" in page
    assert page.count('form="acknowledge"') == 1
    assert f'form="acknowledge" name="alert" value="{alert.pk}" data-api="alerts/{alert.pk}/acknowledge"' in page
    assert "stream_monitor/api/alerts/N/acknowledge" in page
    chinese = text(login(LOOK, name="bob").get(PAGE, headers={"Accept-Language": "zh-hans"}))
    assert "Redis 已满，流路径关闭" in chinese


def test_an_alert_is_acknowledged_by_a_plain_form(login: Login, settings: Any) -> None:
    alert, english = fire("redis_full"), {"Accept-Language": "en"}
    client = login(LOOK, ACKNOWLEDGE)
    for wrong in ({"reason": ""}, {"alert": "0"}, {"alert": "x"}, {"reason": "x" * 256}):
        answer = client.post(AT, {"alert": alert.pk, "reason": "x", **wrong}, headers=english, follow=True)
        assert 'class="mark-bad"' in text(answer)
        assert Alert.objects.get().state == "firing"
    answer = client.post(AT, {"alert": alert.pk, "reason": "adding memory"}, headers=english, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Acknowledged: redis_full" in text(answer)
    row = Alert.objects.get()
    assert (row.state, row.acknowledged_by, row.note) == ("acknowledged", "ann", "adding memory")
    again = client.post(AT, {"alert": alert.pk, "reason": "x"}, headers=english, follow=True)
    assert "It is acknowledged (ann) and can not be acknowledged now." in text(again)
    assert login(LOOK, name="bob").post(AT, {"alert": alert.pk, "reason": "x"}).status_code == 403
    assert Client().post(AT, {"alert": alert.pk})["Location"] == "/admin/login/?next=/stream_monitor/"
    assert embedded(enforce_csrf_checks=True).post(AT, {"alert": alert.pk, "reason": "x"}).status_code == 403


def test_a_plan_that_runs_has_its_rail_and_says_why_an_action_is_off(login: Login, settings: Any) -> None:
    settings.PLAN_PEOPLE = 1
    plan = drafting.create(name="autumn", steps=TEMPLATES["fast"], actor="ann")
    client = login(LOOK)
    english = {"Accept-Language": "en"}
    drawn_up = text(client.get(PAGE, headers=english))
    assert "no plan is active; “autumn” is draft" in drawn_up
    assert 'id="deed-submit" data-api="plans/1/submit"'.replace("/1/", f"/{plan.pk}/") in drawn_up
    transitions.submit(plan.pk, actor="ann")
    transitions.approve(plan.pk, actor="ann", reason="x")
    transitions.start(plan.pk, actor="ann", preflight=lambda plan: [])
    running = text(client.get(PAGE, headers=english))
    assert running.count('class="rung ') == 4
    assert "No step is observed now." in running
    assert re.search(r'id="deed-advance"[^>]* disabled', running)
    assert not re.search(r'id="deed-pause"[^>]* disabled', running)


def test_the_way_back_works_as_a_plain_form(login: Login) -> None:
    Route.objects.update(percentage=30)
    client = login(LOOK, ROLL_BACK)
    answer = client.post(BACK, {"reason": "errors are rising"}, headers={"Accept-Language": "en"}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Rollback asked for" in text(answer)
    assert "rolling back" in text(answer)
    assert set(Route.objects.values_list("percentage", flat=True)) == {0}
    row = Rollback.objects.get()
    assert (row.actor, row.reason, row.source) == ("ann", "errors are rising", "dashboard")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 256])
def test_without_a_reason_nothing_moves(login: Login, reason: str) -> None:
    Route.objects.update(percentage=30)
    answer = login(LOOK, ROLL_BACK).post(BACK, {"reason": reason}, headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert "Say why: at most 255 characters." in text(answer)
    assert not Change.objects.exists()


def test_who_may_only_look_can_not_roll_back(login: Login) -> None:
    client = login(LOOK)
    assert client.post(BACK, {"reason": "x"}).status_code == 403
    assert "You lack the permission rollout.roll_back" in text(client.get(PAGE, headers={"Accept-Language": "en"}))
    assert not Change.objects.exists()


def test_a_page_of_elsewhere_can_not_send_the_form(login: Login, settings: Any) -> None:
    settings.EMBEDDED = True
    for client in (login(LOOK, ROLL_BACK, enforce_csrf_checks=True), embedded(enforce_csrf_checks=True)):
        assert client.post(BACK, {"reason": "mischief"}).status_code == 403
        body = {"reason": "mischief", "csrfmiddlewaretoken": token(client.get(PAGE))}
        assert client.post(BACK, body, headers={"Origin": "http://evil.example"}).status_code == 403
        assert not Change.objects.exists()


def test_who_sits_at_the_machine_can_send_the_form(db: None, settings: Any) -> None:
    settings.EMBEDDED = True
    Route.objects.update(percentage=30)
    client = embedded(enforce_csrf_checks=True)
    body = {"reason": "errors", "csrfmiddlewaretoken": token(client.get(PAGE))}
    assert client.post(BACK, body, headers={"Origin": "http://localhost:8000"}).status_code == 302
    assert Rollback.objects.get().actor == "local"


def test_nobody_is_asked_to_log_in_before_the_form_does_anything(db: None) -> None:
    answer = Client().post(BACK, {"reason": "x"})
    assert answer["Location"] == "/admin/login/?next=/stream_monitor/"
    assert not Rollback.objects.exists()


def test_the_api_tells_what_the_page_shows(login: Login) -> None:
    client = login(LOOK)
    told = client.get("/stream_monitor/api/status", {"live": "true"}, headers={"Accept-Language": "en"}).json()
    page = client.get(PAGE, headers={"Accept-Language": "en"}).content.decode()
    assert told["sections"]["streams"] in page
    assert set(told) >= {"seq", "measured_at", "age_s", "source", "state", "recent", "thresholds", "routes"}
    assert told["thresholds"]["backlog"] == [1000, 5000]
    assert "sections" not in client.get("/stream_monitor/api/status").json()


def test_each_action_shows_a_line_for_the_shell_with_a_token_where_one_is_needed(login: Login, settings: Any) -> None:
    line = "curl -X POST http://{}/stream_monitor/api/emergency_rollback {}-H 'Content-Type: application/json'"
    assert line.format("testserver", '-H "Authorization: Bearer $LJWX_TOKEN" ') in text(login(LOOK).get(PAGE))
    settings.EMBEDDED = True
    assert line.format("localhost:8000", "") in text(embedded().get(PAGE))


def test_a_redis_that_is_away_is_said_and_the_rest_is_shown(login: Login, settings: Any) -> None:
    client = login(LOOK, ROLL_BACK)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    page = text(client.get(PAGE, headers={"Accept-Language": "en"}))
    assert "Not known now (Redis: ConnectionError)." in page
    assert "0 % of devices on the stream" in page
    assert client.post(BACK, {"reason": "errors"}).status_code == 302


def test_the_script_gets_what_it_needs_and_no_secret(login: Login, settings: Any) -> None:
    page = login(LOOK).get(PAGE, headers={"Accept-Language": "en"}).content.decode()
    found = re.search(r'<script id="settings" type="application/json">(.*?)</script>', page)
    assert found is not None
    told = json.loads(found[1])
    assert (told["socket"], told["may"]) == ("/stream_monitor/live?language=en", [LOOK])
    assert settings.SECRET_KEY not in page
