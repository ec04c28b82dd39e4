"""The pictures in docs/screenshots: `.venv/bin/python -m tests.browser.shots [demo] [afterwards]`.

The first are taken while the demonstration runs, the others of a system that has all devices on the stream. Each state
twice on a wide screen (light in English, dark in Chinese), some also on a phone. About six minutes.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import PHONE, WIDE, System, launched, running, stopped
from tests.managed import ROOT
from tests.polling import until

FOLDER = ROOT / "docs" / "screenshots"
QUALITY = 50
TALL = 2_150  # pixels, down to the last chart
CHAPTER_S = 300.0
# Until a chart has a line, and until values are told to be old.
SETTLED_MS, OLD_MS = 3_000, 9_000
# Uploads a second when the demonstration is over, and how long they run before a picture.
RATE, FILLED_S = 60, 45.0
LOOKS = {
    "light-en": {"viewport": WIDE, "color_scheme": "light", "locale": "en-US"},
    "dark-zh": {"viewport": WIDE, "color_scheme": "dark", "locale": "zh-CN"},
    "phone-light-zh": {"viewport": PHONE, "color_scheme": "light", "locale": "zh-CN", "device_scale_factor": 2},
    "phone-dark-en": {"viewport": PHONE, "color_scheme": "dark", "locale": "en-US", "device_scale_factor": 2},
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launched(playwright)
        log = Path(folder) / "up.log"
        for part in sys.argv[1:] or PARTS:
            tell, options = PARTS[part]
            with running(log, *options) as system:
                tell(system, Camera(browser, system.page))
        browser.close()


@dataclass(frozen=True, slots=True)
class Camera:
    """Opens the page only for a picture: four that draw all the time would take what the devices need."""

    browser: Browser
    url: str

    @contextmanager
    def opened(self, look: str) -> Iterator[Page]:
        """The page, live."""
        context = self.browser.new_context(**LOOKS[look])
        page = context.new_page()
        page.goto(self.url)
        page.wait_for_selector('#connection[data-connection="live"]')
        yield page
        context.close()

    def shoot(self, page: Page, name: str, look: str, *, whole: bool = False) -> None:
        part: Any = {"x": 0, "y": 0, "width": WIDE["width"], "height": TALL} if whole else None
        page.screenshot(path=FOLDER / f"{name}-{look}.jpg", type="jpeg", quality=QUALITY, full_page=whole, clip=part)

    def take(
        self,
        name: str,
        *,
        phone: bool = False,
        whole: bool = False,
        before: Callable[[Page], None] = lambda _page: None,
    ) -> None:
        """A picture of each look, of phones only when asked for; `before`: what is done with the page; `whole`: down
        to the charts."""
        for look in [look for look in LOOKS if phone or "phone" not in look]:
            with self.opened(look) as page:
                before(page)
                page.wait_for_timeout(SETTLED_MS)
                self.shoot(page, name, look, whole=whole and "phone" not in look)

    def take_without(self, name: str, pid: int) -> None:
        """Pictures of what is seen when a process has stood still for a while."""

        for look in LOOKS:
            with self.opened(look) as page, stopped(pid):
                page.wait_for_timeout(OLD_MS)
                self.shoot(page, name, look)


def story(system: System, camera: Camera) -> None:
    """The chapters of the demonstration, up to its second plan."""
    camera.take("empty")
    when(system, lambda at: (at["plan"] or {}).get("status") == "running" and share(at) >= 40)
    camera.take("running", phone=True, whole=True)
    # It says so itself: a step that has just begun is held for a moment, too, for it has no data.
    when(system, lambda _at: "p99" in system.process.output())
    camera.take("held")
    when(system, lambda at: (at["plan"] or {}).get("status") in ("rolling_back", "draining"))
    camera.take("rolling-back", phone=True)
    when(system, lambda at: (at["plan"] or {}).get("status") == "running")
    number = system.get("status")["plan"]["id"]
    system.post(f"plans/{number}/pause", {"reason": "a look at the backlog"})
    when(system, lambda at: at["plan"]["status"] == "paused")
    camera.take("paused")


def afterwards(system: System, camera: Camera) -> None:
    """All devices on the stream, and what goes wrong on the way to the page."""
    system.share(100)
    with system.uploading(rate=RATE):
        time.sleep(FILLED_S)
        camera.take("all-on-the-stream", whole=True)
        camera.take("emergency", phone=True, before=lambda page: page.locator("#emergency > summary").click())
        camera.take_without("redis-away", server(system, "valkey-server", "redis-server"))
        camera.take_without("stale", system.web())


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


def server(system: System, *names: str) -> int:
    """The process id of the program of one of these names that `up` has started."""
    return next(each.pid for each in psutil.Process(system.process.pid).children() if each.name() in names)


PARTS: dict[str, tuple[Callable[[System, Camera], None], tuple[str, ...]]] = {
    "demo": (story, ("--demo",)),
    "afterwards": (afterwards, ()),
}


if __name__ == "__main__":
    main()
