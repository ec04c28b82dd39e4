"""A system of its own, and chromium that looks at it and complains of whatever a person would not see."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from ljwx.up.address import free_port
from tests.managed import ROOT, Managed
from tests.polling import until

READY_WITHIN = 90.0
WITHIN_MS = 20_000
expect.set_options(timeout=WITHIN_MS)
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


class System:
    """`manage.py up` on a loopback port: whoever calls from here is the local operator."""

    def __init__(self, process: Managed, port: int, env: dict[str, str]) -> None:
        self.process = process
        self.env = env
        self.url = f"http://localhost:{port}"
        self.page = f"{self.url}/stream_monitor/"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.page}api/{path}", timeout=30) as answer:  # noqa: S310 - our own server
            return json.loads(answer.read())

    def post(self, path: str, body: Any, *, api: str = "stream_monitor/api/") -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/{api}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def share(self, percentage: int) -> None:
        """The share of every kind, while no plan runs. Returns when a page that opens now shows it."""
        changes = self.post("switch_traffic", {"percentage": percentage, "reason": "a test"})["changes"]
        epochs = {each["kind"]: each["epoch"] for each in changes}

        def shown() -> bool:
            routes = self.get("status?live=true")["routes"]
            return all(routes[kind][1] >= epoch for kind, epoch in epochs.items())

        until(shown)

    def plan(self) -> int:
        """A plan of 10, 50 and 100 % that runs, perhaps since an earlier test; its number."""
        if (active := self.get("status")["plan"]) is not None:
            return int(active["id"])
        self.share(0)
        steps = [{"percentage": share, "observe_minutes": 60} for share in (10, 50, 100)]
        number = int(self.post("create_switch_plan", {"name": "autumn", "steps": steps})["plan"]["id"])
        for action in ("submit", "approve", "start"):
            self.post(f"plans/{number}/{action}", {"reason": "a test"})
        return number

    def busy(self) -> None:
        """From now on the guardrails do not mind how busy the machine is: tests share it."""
        limits = {"cpu": {"hold": 2.0, "act": 2.0, "spacing_s": 1.0, "samples": 1}}
        code = f"from rollout import policies; policies.save({limits}, actor='test', reason='a shared machine')"
        argv = [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", code]
        subprocess.run(argv, env=self.env, check=True)

    @property
    def password(self) -> str:
        """Of the user `admin`."""
        return (Path(self.env["LJWX_VAR_DIR"]) / "admin_password").read_text(encoding="utf-8").strip()

    @contextlib.contextmanager
    def uploading(self, *, rate: int) -> Iterator[None]:
        """Simulated devices upload meanwhile, `rate` times a second."""
        argv = ["simulate", "--base-url", self.url, "--rate", str(rate), "--seconds", "600"]
        with tempfile.TemporaryDirectory() as folder:
            devices = Managed(*argv, log=Path(folder) / "simulate.log", env=self.env)
            try:
                yield
                assert devices.poll() is None, devices.output()
            finally:
                devices.kill()
                devices.wait()

    def web(self) -> int:
        """The process id of the web server."""
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid and b"daphne" in (folder / "cmdline").read_bytes():
                    return int(folder.name)
        raise AssertionError("there is no web server")


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process stands still inside."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def running(log: Path, *options: str, **more: str) -> Iterator[System]:
    """A system with data of its own, from when it is ready until it has stopped in order."""
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LJWX_")}
    with tempfile.TemporaryDirectory(prefix="ljwx-web-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        env = {**clean, "DJANGO_SETTINGS_MODULE": "ljwx.settings", "LJWX_VAR_DIR": folder, **more}
        process = Managed("up", "--port", str(port), *options, log=log, env=env)
        try:
            until(lambda: process.poll() is not None or "Ctrl-C" in process.output(), within=READY_WITHIN)
            assert process.poll() is None, process.output()
            yield System(process, port, env)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One for the tests of a module, in their order: by hand, then with a plan, then the way back, which takes minutes
    until it is over."""
    with running(tmp_path_factory.mktemp("browser") / "up.log", "--workers", "1", LJWX_CHECK_GRACE_S="3") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. Not for the whole session: while it is open this thread counts as an event loop."""
    with sync_playwright() as playwright:
        opened = launched(playwright)
        yield opened
        opened.close()


def launched(playwright: Playwright) -> Browser:
    found = shutil.which("chromium")
    if not found:
        pytest.fail("chromium is not installed: start the tests with bin/test")
    return playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])


class Look:
    """Opens the dashboard, and remembers whatever went wrong behind it."""

    def __init__(self, browser: Browser, system: System) -> None:
        self.faults: list[str] = []
        self._browser, self._system = browser, system
        self._contexts: list[BrowserContext] = []

    def __call__(
        self, *, locale: str = "en-US", before: Callable[[Page], None] | None = None, live: bool = True, **options: Any
    ) -> Page:
        """The page, once it is live. `before`: what is to be done with it before it is opened."""
        context = self._browser.new_context(**{"viewport": WIDE, "locale": locale, **options})
        self._contexts.append(context)
        context.set_default_timeout(WITHIN_MS)
        page = context.new_page()
        page.on("console", lambda told: self._fault(told.type in {"error", "warning"}, f"console: {told.text}"))
        page.on("pageerror", lambda error: self._fault(True, f"error: {error}"))
        page.on("request", lambda asked: self._fault(not asked.url.startswith(self._system.url), f"asks {asked.url}"))
        page.on("response", lambda got: self._fault(got.status >= 400, f"{got.status} of {got.url}"))
        if before is not None:
            before(page)
        page.goto(self._system.page)
        if live:
            page.wait_for_selector('#connection[data-connection="live"]')
        return page

    def _fault(self, is_one: bool, text: str) -> None:
        if is_one:
            self.faults.append(text)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def look(browser: Browser, system: System) -> Iterator[Look]:
    """Fails when the browser has complained, or has asked any other host."""
    found = Look(browser, system)
    yield found
    found.close()
    assert found.faults == []
