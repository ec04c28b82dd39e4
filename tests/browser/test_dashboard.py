"""The dashboard in a real browser, before a real system."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import PHONE, WIDE, Look, System, stopped
from tests.polling import until

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
# Of a step: as many readings as prove that it is consistent.
LONG_MS = 240_000
READING = {"data": {"deviceSn": "TEST001", "heart_rate": 75, "timestamp": 1640995200}}


def state(page: Page, name: str) -> None:
    """Wait until the connection is in this state."""
    page.wait_for_selector(f'#connection[data-connection="{name}"]')


def section(page: Page, name: str) -> Any:
    return page.locator(f'[data-section="{name}"]')


def test_what_happens_is_seen_without_doing_anything(look: Look, system: System) -> None:
    page = look()
    expect(section(page, "sentence")).to_contain_text("0 % of devices on the stream · no plan is active")
    first = page.locator("#measured").inner_text()
    system.post("upload_health_data", READING, api="")
    expect(section(page, "paths")).to_contain_text("legacy")
    expect(page.locator("#measured")).not_to_have_text(first)
    system.post("switch_traffic", {"percentage": 25, "kind": "event", "reason": "a test"})
    expect(page.locator("#announce")).to_contain_text("event 25 %")
    expect(page.locator("#changes")).to_contain_text("event: 0 % → 25 %, local: a test")
    page.locator('[data-chart="uploads"] summary').click()
    expect(page.locator('[data-chart="uploads"] tbody tr').first).to_be_visible()
    for minutes in ("1440", "60"):
        page.locator(f'[data-minutes="{minutes}"]').click()
        expect(page.locator("#history")).to_have_text(re.compile("^$|Nothing is kept"))
    assert page.locator("figure canvas").count() == 8


def test_traffic_is_moved_with_a_preview_and_a_reason(look: Look, system: System) -> None:
    system.share(0)
    page = look()
    page.select_option("#kind", "event")
    page.fill("#percentage", "10")
    expect(page.locator("#moves li")).to_have_text(re.compile(r"^event: 0 % → 10 %"))
    page.locator("#switch .curl summary").click()
    expect(page.locator("#switch .curl code")).to_contain_text('"percentage":10,"kind":"event","expected_version":')
    page.locator("#switch button[type=submit]").click()  # the browser asks for the reason
    assert system.get("status")["traffic"]["event"]["percentage"] == 0
    page.fill("#reason", "the first devices")
    page.locator("#switch button[type=submit]").click()
    expect(page.locator("#switch .answer")).to_contain_text("Done.")
    expect(section(page, "traffic").locator("tr", has_text="event")).to_contain_text("10 %")


def test_a_socket_that_breaks_is_replaced_and_meanwhile_the_state_is_asked_for(look: Look) -> None:
    opened: list[WebSocketRoute] = []

    def through(page: Page) -> None:
        def connect(socket: WebSocketRoute) -> None:
            opened.append(socket)
            socket.connect_to_server()

        page.route_web_socket("**/stream_monitor/live*", connect)

    page = look(before=through)
    with page.expect_response(lambda got: "status?live=true" in got.url):
        opened[0].close()
    # The page says that it is live until the answer has arrived.
    until(lambda: page.wait_for_timeout(50) or len(opened) > 1)
    state(page, "live")


def test_a_hidden_page_asks_for_nothing_and_goes_on_with_a_snapshot(look: Look) -> None:
    page = look()
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    told = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(hide % "true" + told)
    state(page, "paused")
    seen = page.locator("#measured").inner_text()
    page.wait_for_selector("html[data-stale]")
    assert page.locator("#measured").inner_text() == seen
    page.evaluate(hide % "false" + told)
    state(page, "live")
    page.wait_for_selector("html:not([data-stale])")


def test_values_that_nobody_renews_say_how_old_they_are(look: Look, system: System) -> None:
    page = look()
    with stopped(system.web()):
        page.wait_for_selector("html[data-stale]")
        expect(page.locator("#stale")).to_have_text(re.compile(r"values are \d+ s old"))
        expect(page.locator("#announce")).to_contain_text("s old")
        expect(page.locator("#connection")).not_to_contain_text("live")
        page.mouse.wheel(0, 2000)
        expect(page.locator("#emergency > summary")).to_be_in_viewport()
        assert float(section(page, "streams").evaluate("each => getComputedStyle(each).opacity")) < 1
    state(page, "live")
    expect(page.locator("#stale")).to_be_hidden()
    # What the browser itself says of requests that were not answered in time.
    look.faults = [fault for fault in look.faults if "WebSocket" not in fault and "Failed to load" not in fault]


def test_the_language_is_switched_on_the_page(look: Look) -> None:
    page = look()
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("h1")).to_have_text("流量与流")
    state(page, "live")
    expect(section(page, "sentence")).to_contain_text("走流")


def sos(system: System, second: int) -> None:
    """A device calls for help, which is a critical alert."""
    event = {"eventType": "com.ljwx.watch.SOS_EVENT", "eventValue": "1", "deviceSn": "TEST001", "timestamp": second}
    system.post("upload_common_event", event, api="")


def test_an_alert_is_seen_and_acknowledged_with_a_reason(look: Look, system: System) -> None:
    page = look()
    sos(system, 1_640_995_200)
    alerts = section(page, "alerts")
    expect(alerts.locator("tbody tr", has_text="SOS_EVENT of device").first).to_be_visible()
    button = alerts.get_by_role("button", name="Acknowledge").first
    button.click()
    expect(page.locator("#ask-reason")).to_be_focused()
    page.keyboard.type("called the family")
    expect(page.locator("#ask .curl code")).to_contain_text("/acknowledge")
    page.keyboard.press("Enter")
    expect(alerts).to_contain_text("local: called the family")
    expect(page.locator("#acknowledge")).to_be_hidden()
    (alert,) = system.get("alerts?state=acknowledged")["alerts"]
    assert (alert["rule"], alert["note"]) == ("device_alert", "called the family")


def test_an_alert_is_acknowledged_without_a_script(look: Look, system: System) -> None:
    sos(system, 1_640_995_260)
    until(lambda: 'form="acknowledge"' in system.get("status?live=true")["sections"]["alerts"])
    page = look(live=False, java_script_enabled=False)
    page.fill("#note", "by a plain form")
    section(page, "alerts").get_by_role("button", name="Acknowledge").first.click()
    expect(page.locator(".messages")).to_contain_text("Acknowledged: device_alert:SOS_EVENT")
    assert "by a plain form" in {each["note"] for each in system.get("alerts?state=acknowledged")["alerts"]}


def test_a_plan_that_is_approved_in_the_admin_is_led_to_its_end(look: Look, system: System) -> None:
    system.busy()
    system.share(0)
    steps = [{"percentage": share, "observe_minutes": 0} for share in (50, 100)]
    made = system.post("create_switch_plan", {"name": "spring", "steps": steps, "kinds": ["health"]})
    number = made["plan"]["id"]
    system.post(f"plans/{number}/submit", {"reason": "please read it"})
    page = look()
    plan = section(page, "plan")
    expect(plan.locator("#deed-start")).to_be_disabled()
    page.goto(f"{system.url}/admin/rollout/plan/{number}/change/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", system.password)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Approve").click()
    page.get_by_label("Reason").fill("read it")
    page.locator("input[name=confirmed]").click()
    expect(page.locator(".ljwx-status-approved")).to_be_visible()
    page.goto(system.page)
    state(page, "live")
    with system.uploading(rate=40):
        do(page, "start", "the devices are awake")
        expect(plan.locator(".rung").first).to_contain_text("observing", timeout=LONG_MS)
        do(page, "advance", "it looks well")
        expect(section(page, "sentence")).to_contain_text("soaking", timeout=LONG_MS)
    expect(section(page, "traffic").locator("tr", has_text="health")).to_contain_text("100 %")
    do(page, "complete", "all of them are there")
    expect(section(page, "sentence")).to_contain_text("no plan is active")
    found = system.get(f"plans/{number}")["plan"]
    assert (found["status"], [step["status"] for step in found["steps"]]) == ("completed", ["passed", "passed"])
    assert all(step["verdict"] == "pass" for step in found["steps"])


def do(page: Page, action: str, reason: str) -> None:
    """Press the button of `action` as soon as it can be pressed, and give the reason."""
    page.locator(f"#deed-{action}").click()
    page.fill("#ask-reason", reason)
    page.locator("#ask-do").click()
    expect(page.locator("#ask")).to_be_hidden()


def test_a_plan_is_paused_with_a_reason_and_says_what_can_be_done(look: Look, system: System) -> None:
    number = system.plan()
    page = look()
    plan = section(page, "plan")
    expect(plan.locator(".rung")).to_have_count(3)
    expect(plan.locator("#deed-resume")).to_be_disabled()
    expect(plan.locator("#why-resume")).to_have_text("Not while the plan is running.")
    page.locator("#deed-pause").click()
    expect(page.locator("#ask-reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#ask")).to_be_hidden()
    page.locator("#deed-pause").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("lunch")
    expect(page.locator("#ask .curl code")).to_contain_text(f"plans/{number}/pause")
    page.keyboard.press("Enter")
    expect(plan).to_contain_text("operator: lunch (local")
    expect(section(page, "sentence")).to_contain_text("paused")
    expect(page.locator("#switch-plan")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "title", "schemes", "size"),
    [("zh-CN", "流量与流", ("light", "dark"), PHONE), ("en-US", "Traffic and streams", ("dark", "light"), WIDE)],
)
def test_it_fits_and_can_be_read_by_everybody(
    look: Look, system: System, locale: str, title: str, schemes: tuple[Any, Any], size: Any
) -> None:
    system.plan()
    first, second = schemes
    page = look(locale=locale, color_scheme=first, viewport=size, reduced_motion="reduce")
    expect(section(page, "gates").locator("tbody tr").first).to_be_visible()
    expect(page.locator("h1")).to_have_text(title)
    assert fits(page)
    if size is WIDE:
        assert cut(page) == []
    page.locator("#emergency > summary").click()
    page.locator('[data-chart="uploads"] summary').click()
    assert fits(page)
    assert page.evaluate("getComputedStyle(document.querySelector('.plot')).transitionDuration") == "0s"
    page.evaluate(AXE)
    assert (lightness(page), serious(page, "")) == (first, [])
    page.emulate_media(color_scheme=second, reduced_motion="reduce")
    assert (lightness(page), serious(page, "{runOnly: ['color-contrast']}")) == (second, [])
    page.set_viewport_size({"width": 3840, "height": 2160})
    assert fits(page)


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways, and the way back is in view."""
    expect(page.locator("#emergency > summary")).to_be_in_viewport()
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def cut(page: Page) -> list[str]:
    """The tables that do not show all of their columns."""
    wide = "[...document.querySelectorAll('main .scroll')].filter(each => each.scrollWidth > each.clientWidth)"
    return list(page.evaluate(f"{wide}.map(each => each.dataset.section)"))


def lightness(page: Page) -> str:
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    return "light" if red + green + blue > 3 * 128 else "dark"


def serious(page: Page, options: str) -> list[tuple[str, str]]:
    """What axe finds that keeps somebody from using the page."""
    found = page.evaluate(f"axe.run({options})")["violations"]
    return [
        (each["id"], node["html"])
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def test_the_way_back_needs_a_keyboard_only(look: Look, system: System) -> None:
    number = system.plan()
    until(lambda: system.get("status")["traffic"]["health"]["percentage"] == 10)
    page = look(viewport=PHONE)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#why")).to_be_focused()
    expect(section(page, "wayback")).to_contain_text("10 % → 0 %")
    page.keyboard.type("errors are rising")
    expect(page.locator("#rollback .curl code")).to_contain_text("errors are rising")
    page.keyboard.press("Enter")
    expect(page.locator("#rollback .answer")).to_contain_text("Done.")
    expect(section(page, "sentence")).to_contain_text("0 % of devices on the stream")
    expect(section(page, "taken")).to_contain_text(re.compile(r"effective\s*after"))
    row = system.get("rollbacks")["rollbacks"][0]
    assert (row["plan"], row["reason"], row["before"]["health"]) == (number, "errors are rising", "10.00")


def test_without_a_script_it_tells_the_numbers_and_takes_the_way_back(look: Look, system: System) -> None:
    page = look(live=False, java_script_enabled=False)
    expect(section(page, "sentence")).to_contain_text("0 % of devices on the stream")
    expect(section(page, "streams")).to_contain_text("health_data_stream")
    expect(page.locator("#switch")).to_be_hidden()
    page.locator("#emergency > summary").click()
    page.fill("#why", "by a plain form")
    page.get_by_role("button", name="Roll back now").click()
    expect(page.locator(".messages")).to_contain_text("Rollback asked for")
    # What it is drawn from is a second old at most, and nothing renews it without a script.
    until(lambda: page.reload() and "Rolling back" in section(page, "taken").inner_text())
    assert system.get("status")["rollback"]["active"]
