"""The pictures in docs/screenshots, taken while the demonstration runs: `.venv/bin/python -m tests.browser.shots`.

Each state twice on a wide screen (light in English, dark in Chinese), some also on a phone. About six minutes.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from ljwx.up.address import free_port
from tests.browser.conftest import PHONE, READY_WITHIN, WIDE, System, launched, stopped
from tests.managed import ROOT, Managed
from tests.polling import until

FOLDER = ROOT / "docs" / "screenshots"
QUALITY = 50
CHAPTER_S = 300.0
# Until a chart has a line, and until values are told to be old.
SETTLED_MS, OLD_MS = 3_000, 9_000
LOOKS = {
    "light-en": {"viewport": WIDE, "color_scheme": "light", "locale": "en-US"},
    "dark-zh": {"viewport": WIDE, "color_scheme": "dark", "locale": "zh-CN"},
    "phone-light-zh": {"viewport": PHONE, "color_scheme": "light", "locale": "zh-CN", "device_scale_factor": 2},
    "phone-dark-en": {"viewport": PHONE, "color_scheme": "dark", "locale": "en-US", "device_scale_factor": 2},
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ljwx-shots-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LJWX_")}
        env = {**clean, "DJANGO_SETTINGS_MODULE": "ljwx.settings", "LJWX_VAR_DIR": folder}
        port = free_port()
        process = Managed("up", "--port", str(port), "--demo", log=Path(folder) / "up.log", env=env)
        try:
            until(lambda: process.poll() is not None or "Ctrl-C" in process.output(), within=READY_WITHIN)
            assert process.poll() is None, process.output()
            with sync_playwright() as playwright:
                browser = launched(playwright)
                story(System(process, port, env), pages(browser, f"http://localhost:{port}/stream_monitor/"))
                browser.close()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def pages(browser: Browser, url: str) -> dict[str, Page]:
    """The dashboard as each look has it."""
    found = {}
    for name, options in LOOKS.items():
        found[name] = browser.new_context(**options).new_page()
        found[name].goto(url)
        found[name].wait_for_selector('#connection[data-connection="live"]')
    return found


def story(system: System, shown: dict[str, Page]) -> None:
    """The chapters of the demonstration, then what goes wrong on the way to the page."""
    take(shown, "empty")
    when(system, lambda at: (at["plan"] or {}).get("status") == "running" and share(at) > 0)
    take(shown, "running", phone=True, whole=True)
    when(system, lambda at: any(step["status"] == "held" for step in steps(at)))
    take(shown, "held")
    when(system, lambda at: (at["plan"] or {}).get("status") in ("rolling_back", "draining"))
    take(shown, "rolling-back", phone=True)
    when(system, lambda at: (at["plan"] or {}).get("status") == "running")
    number = system.get("status")["plan"]["id"]
    system.post(f"plans/{number}/pause", {"reason": "a look at the backlog"})
    when(system, lambda at: at["plan"]["status"] == "paused")
    take(shown, "paused")
    system.post(f"plans/{number}/resume", {"reason": "it is small"})
    when(system, lambda at: share(at) == 100)
    take(shown, "all-on-the-stream")
    for page in shown.values():
        page.locator("#emergency > summary").click()
    take(shown, "emergency", phone=True)
    for page in shown.values():
        page.locator("#emergency > summary").click()
    with stopped(server(system, "valkey-server", "redis-server")):
        take(shown, "redis-away", after_ms=OLD_MS)
    for page in shown.values():
        page.wait_for_selector('#connection[data-connection="live"]')
    with stopped(system.web()):
        take(shown, "stale", phone=True, after_ms=OLD_MS)


def take(
    shown: dict[str, Page], name: str, *, phone: bool = False, whole: bool = False, after_ms: int = SETTLED_MS
) -> None:
    """A picture of each look, `whole` or what is in view; of phones only when asked for."""
    next(iter(shown.values())).wait_for_timeout(after_ms)
    for look, page in shown.items():
        if phone or "phone" not in look:
            page.screenshot(
                path=FOLDER / f"{name}-{look}.jpg",
                type="jpeg",
                quality=QUALITY,
                full_page=whole and "phone" not in look,
            )
    sys.stdout.write(f"{name}\n")


def when(system: System, state: Callable[[Any], bool]) -> None:
    """Wait until the status is so."""

    def there() -> bool:
        assert system.process.poll() is None, system.process.output()
        return state(system.get("status"))

    try:
        until(there, within=CHAPTER_S)
    except AssertionError:
        sys.stderr.write(system.process.output())
        raise


def share(status: Any) -> float:
    return float(status["traffic"]["health"]["percentage"])


def steps(status: Any) -> list[Any]:
    return (status["plan"] or {}).get("steps", [])


def server(system: System, *names: str) -> int:
    """The process id of the program of one of these names that `up` has started."""
    return next(each.pid for each in psutil.Process(system.process.pid).children() if each.name() in names)


if __name__ == "__main__":
    main()
