"""The system as `up` runs it: which programs, in which order."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from ljwx.up import banner, data, environment, ready, server, web
from ljwx.up.address import Address, resolve
from ljwx.up.lock import Lock
from ljwx.up.program import Program
from ljwx.up.refusal import CONFLICT, ENVIRONMENT, USAGE, Refused
from ljwx.up.signals import Signals
from ljwx.up.supervisor import Stopped, Supervisor

ENDING_WITHIN_S = 30.0
# A demonstration has no minute for each step: records are compared when they are so many seconds old.
DEMO_GRACE_S = "10"


class System:
    """Everything that belongs to one data folder. Two of them can not run on the same folder."""

    def __init__(
        self, *, host: str, port: int, workers: int, web_workers: int, demo: bool, say: Callable[[str], None]
    ) -> None:
        self.host = host
        self.port = port
        self.workers = workers
        self.web_workers = web_workers
        self.demo = demo
        self.say = say
        self.var_dir = Path(settings.VAR_DIR).resolve()
        self.saved = self.var_dir / "up.env"
        self.given = environment.given()
        self._own = Lock(self.var_dir / "up.lock")
        self._children = Lock(self.var_dir / "children.lock")

    def claim(self) -> None:
        """Make the data folder ours. Raises Refused while another run has it."""
        if not self._own.take():
            facts = {"pid": self._own.holder(), "folder": self.var_dir}
            raise Refused(_("It is running already (process %(pid)s) with the data in %(folder)s.") % facts, CONFLICT)

    def reset(self) -> None:
        """Delete the data in the folder. A database or Redis named by a URL is not touched."""
        with Signals() as signals:
            self._await_end_of_others(signals)
        data.delete(self.var_dir)

    def run(self) -> None:
        """Start everything, say so, and keep it running until a signal asks to stop. Raises Refused."""
        with Signals() as signals:
            supervisor = Supervisor(signals=signals, lock=self._children, logs=self.var_dir / "log", say=self.say)
            try:
                self._await_end_of_others(signals)
                self._start(supervisor)
                supervisor.watch()
            except Stopped:
                self.say(_("Stopping: web, controller, consumers, Redis."))
            finally:
                supervisor.stop()
                self.saved.unlink(missing_ok=True)
        self.say(_("Everything is stopped."))

    def _await_end_of_others(self, signals: Signals) -> None:
        # A killed run leaves children that are just ending; their data is ours only afterwards.
        tries = int(ENDING_WITHIN_S / 0.1)
        while not self._children.take():
            tries -= 1
            if signals.stops or not tries:
                raise Refused(_("Processes of an earlier run are still ending: try again in a moment."), CONFLICT)
            signals.wait(0.1)

    def _start(self, supervisor: Supervisor) -> None:
        self.saved.unlink(missing_ok=True)
        data.check_room(self.var_dir)
        address = resolve(self.host, self.port)
        if self.demo and address.public:
            raise Refused(_("--demo is for an address that other machines do not reach."), USAGE)
        redis_url = self._redis(supervisor)
        env = environment.for_children(
            self.given, var_dir=self.var_dir, redis_url=redis_url, web_url=address.url, public=address.public
        )
        if self.demo:
            env.setdefault("LJWX_CHECK_GRACE_S", DEMO_GRACE_S)
        environment.save(env, self.saved)
        supervisor.run("migrate", manage("migrate", "--noinput"), env)
        for program in programs(address, self.workers, self.web_workers, env.get("LJWX_ALLOWED_HOSTS", "")):
            supervisor.start(program, env)
        password, backup = self._bootstrap(supervisor, env)
        supervisor.until_ready()
        for line in banner.lines(
            address=address, workers=self.workers, var_dir=self.var_dir, password=password, backup=backup
        ):
            self.say(line)
        if address.public:
            self.say(_("Warning: other machines reach this address; put HTTPS in front of it."))

        if self.demo:
            supervisor.start(Program("demo", manage("demo"), ready=lambda: True, patience=30, ends=True), env)

    def _redis(self, supervisor: Supervisor) -> str:
        # The settings were read before the server was chosen; this process asks it through them.
        if given := self.given.get("LJWX_REDIS_URL"):
            settings.REDIS_URL = given
            if not ready.answers_ping():
                raise Refused(_("The Redis that LJWX_REDIS_URL names does not answer."), ENVIRONMENT)
            return given
        own = server.prepare(self.var_dir / "redis")
        settings.REDIS_URL = own.url
        # A server refuses to start under a locale that the machine does not have.
        env = {**self.given, "LC_ALL": "C"}
        supervisor.start(Program("redis", own.argv, ready.answers_ping, patience=60), env)
        supervisor.until_ready()
        return own.url

    def _bootstrap(self, supervisor: Supervisor, env: environment.Environment) -> tuple[str | None, dict[str, Any]]:
        """The password of the first admin when it was made just now, and what is told of the backup."""
        kept = self.var_dir / "admin_password"
        before = kept.stat().st_mtime_ns if kept.exists() else None
        supervisor.run("bootstrap", manage("bootstrap"), env)
        # What it warns of may come after its last line.
        lines = supervisor.log("bootstrap").read_text(encoding="utf-8").splitlines()
        backup = json.loads(next(line for line in reversed(lines) if line.startswith("{")))
        made = kept.exists() and kept.stat().st_mtime_ns != before
        return (kept.read_text(encoding="ascii").strip() if made else None), backup


def manage(*words: str) -> list[str]:
    """The command line of a manage.py command, run by this Python."""
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]


def programs(address: Address, workers: int, web_workers: int, allowed_hosts: str) -> list[Program]:
    """The children beside Redis, in the order in which they start; they stop in the reverse order."""
    now = time.time()
    # A number that is set while this runs outlives a restart of the program.
    consumers = manage("run_consumers", "--workers", str(workers), "--started", f"{now:.3f}")
    return [
        Program(
            "consumers",
            consumers,
            ready=lambda: ready.has_groups() and ready.consumers_beat(workers, since=now),
            patience=60,
        ),
        Program("controller", manage("run_controller"), ready=ready.controller_leads, patience=20),
        Program(
            "web",
            web.command(address, web_workers),
            ready=lambda: ready.is_healthy(address, allowed_hosts),
            patience=20,
            vital=True,
        ),
    ]
