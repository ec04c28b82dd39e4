"""Which processes live, and what each goes by: the epochs it routes by, the share it is forced to."""

import math
import os
import socket
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from django.conf import settings

from ljwx.databaseclock import DatabaseTime, now
from monitoring.models import ProcessReport

Role = ProcessReport.Role
Facts = Mapping[str, Any]

# Of a process that was not seen for so long nothing is known.
LIVE_S = 5.0
KEPT_S = 15 * 60

_role = ""
_name = ""
_descriptions: dict[str, Callable[[], Any]] = {}


@dataclass(frozen=True, slots=True)
class Report:
    """What a process said of itself. `started`, `seen_at`: seconds since 1970, by the database's clock; `facts`: what
    it goes by, each under the name that `describe` gave it."""

    name: str
    role: str
    started: float
    seen_at: float
    facts: Facts

    def number(self, fact: str) -> float | None:
        """What it told as `fact`; None when it told none, or nothing finite."""
        told = self.facts.get(fact)
        return told if isinstance(told, float | int) and math.isfinite(told) else None


def begin(role: str) -> None:
    """This process is a `role` from now on, and its flushes report it. Others report nothing."""
    global _role
    _role = role


def name() -> str:
    """What tells this process from every other, of all hosts and times: `host:pid:start`."""
    global _name
    if not _name:
        _name = f"{socket.gethostname()[:64]}:{os.getpid()}:{time.time_ns() // 1_000_000}"
    return _name


def describe(fact: str, value: Callable[[], Any]) -> None:
    """Report `value()`, which must be fit for JSON and wait for nothing, as `fact` with every report."""
    _descriptions[fact] = value


def facts() -> Facts | None:
    """What this process would report now; None when it has no role."""
    if not _role:
        return None
    return {"version": version(), **{fact: value() for fact, value in _descriptions.items()}}


def write(found: Facts) -> None:
    """Report `found` in the caller's transaction. Raises django.db.Error."""
    data = msgspec.json.encode(found).decode()
    if not ProcessReport.objects.filter(name=name()).update(seen_at=DatabaseTime(), role=_role, data=data):
        ProcessReport.objects.create(name=name(), role=_role, started=DatabaseTime(), seen_at=DatabaseTime(), data=data)


def withdraw() -> None:
    """This process ends: it reports no more, and nobody waits for it. Raises django.db.Error."""
    if _role:
        begin("")
        ProcessReport.objects.filter(name=name()).delete()


def live(*, within: float = LIVE_S, role: str = "", moment: float | None = None) -> list[Report]:
    """The processes seen in the `within` seconds before `moment`, now by the database's clock unless given, oldest
    first; of `role` if one is given. Raises django.db.Error: who lives is not known then."""
    rows = ProcessReport.objects.filter(seen_at__gte=(now() if moment is None else moment) - within)
    if role:
        rows = rows.filter(role=role)
    return [
        Report(row.name, row.role, row.started, row.seen_at, msgspec.json.decode(row.data))
        for row in rows.order_by("started", "name")
    ]


def prune(*, moment: float | None = None) -> int:
    """Delete reports older than 15 minutes; how many. Raises django.db.Error."""
    return ProcessReport.objects.filter(seen_at__lt=(now() if moment is None else moment) - KEPT_S).delete()[0]


@cache
def version() -> str:
    """The version of the project that runs here."""
    text = (settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def _forget() -> None:
    # A child is a process of its own, and says what it is itself.
    global _name, _role
    _name = _role = ""


os.register_at_fork(after_in_child=_forget)
