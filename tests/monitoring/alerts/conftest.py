"""Seconds that the test lets go by, rules that see what it says, and channels whose services are on the loopback."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from monitoring import notifiers
from monitoring.alerts import evaluating, registry
from monitoring.alerts.rule import Rule, Sighting
from monitoring.alerts.sending import Sender
from monitoring.models import Alert, Channel, Delivery, Severity
from tests.monitoring.notifiers.stub import Stub, serving

BEGIN = 1_790_000_000.0
SECRET = "a-secret-of-enough-letters"


def rule(name: str = "broken", *, fact: str = "parts", **more: Any) -> Rule:
    """Sees each name in its fact."""
    fields: dict[str, Any] = {"group": "consumers", "severity": Severity.CRITICAL, "keep_s": 20.0, **more}
    return Rule(
        name, needs=(fact,), sees=lambda facts: [Sighting(each, {"part": each}) for each in facts[fact]],
        text=lambda values: f"{values['part']} is broken", **fields,
    )  # fmt: skip


@dataclass
class Site:
    """`look` has the rules look at `parts`; `send` lets every channel send as much as it may now."""

    now: float = BEGIN
    rules: list[Rule] = field(default_factory=lambda: [rule()])
    sender: Sender = field(default_factory=Sender)

    def look(self, *parts: str, after: float = 0.0, **facts: Iterable[str]) -> None:
        self.now += after
        evaluating.evaluate({"parts": parts, **facts}, self.rules, now=self.now, fence=lambda: None)

    def blind(self, *, after: float = 0.0) -> None:
        """Look when nothing is known."""
        self.now += after
        evaluating.evaluate({}, self.rules, now=self.now, fence=lambda: None)

    def send(self, *, after: float = 0.0) -> int:
        self.now += after
        return sum(self.sender.work(pk) for pk in self.sender.due())

    def states(self) -> dict[str, str]:
        return {alert.name: alert.state for alert in Alert.objects.order_by("pk")}


@pytest.fixture
def site(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site without channels."""
    settings.ALERT_GROUP_WAIT_S, settings.ALERT_REPEAT_MINUTES = 10, 60
    found = Site()
    known = {**registry._rules}
    monkeypatch.setattr(registry, "find", lambda name: {**known, **{each.name: each for each in found.rules}}.get(name))
    found.sender.clock = lambda: found.now  # type: ignore[method-assign]
    return found


@pytest.fixture
def stub(site: Site) -> Iterator[Stub]:
    with serving() as found:
        found.clock = lambda: site.now
        yield found


def channel(stub: Stub, kind: str = "webhook", **more: Any) -> Channel:
    fields: dict[str, Any] = {"name": kind, "severity": Severity.INFO, **more}
    return Channel.objects.create(kind=kind, address=f"{stub.url}/{fields['name']}", secret=SECRET, **fields)


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`unlimited("webhook")`: that service takes messages as fast as they come."""

    def lift(kind: str) -> None:
        monkeypatch.setitem(notifiers.NOTIFIERS, kind, replace(notifiers.of(kind), per_minute=10**9))

    return lift


def outcomes() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("outcome", flat=True))
