"""A controller whose seconds are the test's, and processes that tell what the test says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from monitoring.bucket import Bucket
from monitoring.histogram import Histogram
from monitoring.models import Tally
from monitoring.tallies import encode
from rollout.controller.controller import Controller
from rollout.models import Plan, Route, Step
from rollout.plans import drafting, transitions
from rollout.plans.templates import StepDraft

BEGIN = 1_790_000_000.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What all processes tell in a second of each path: records, the errors among them, and how long accepts took.
    None: nothing is told."""

    records: int = 200
    stream_errors: int = 0
    legacy_errors: int = 0
    accept_s: float = 0.05


@dataclass
class Rig:
    """`tick` lets a second go by: what was told in it is in the database, then the controller makes its round."""

    controller: Controller
    now: float = BEGIN
    traffic: Traffic | None = field(default_factory=Traffic)
    kinds: Sequence[str] = ("health",)
    _devices: int = 0

    def tick(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.tell()
            self.now += 1
            self.controller.step()

    def until(self, state: Callable[[], object], *, within: int = 600) -> None:
        """Tick until `state`. Fails after `within` seconds."""
        for _ in range(within):
            if state():
                return
            self.tick()
        raise AssertionError(f"not so after {within} s: {self.told()}")

    def tell(self) -> None:
        """Two processes of the same second, so that adding up is part of every test."""
        if self.traffic is None:
            return
        half = replace(self.traffic, records=self.traffic.records // 2)
        for process, traffic in (("web:1", half), ("web:2", replace(half, stream_errors=0, legacy_errors=0))):
            Tally.objects.create(
                process=process, number=int(self.now), written=self.now, data=encode(self._buckets(traffic))
            )

    def _buckets(self, traffic: Traffic) -> list[Bucket]:
        found = []
        for route in Route.objects.filter(kind__in=self.kinds):
            for path, errors in (("stream", traffic.stream_errors), ("legacy", traffic.legacy_errors)):
                if path == "stream" and not route.percentage:
                    continue
                bucket = Bucket(path, route.kind, route.epoch, uploads=traffic.records, good=traffic.records)
                bucket.latency = Histogram()
                for _ in range(traffic.records):
                    bucket.latency.add(traffic.accept_s)
                for _ in range(errors):
                    self._devices += 1
                    bucket.fail("dead" if path == "stream" else "refused", 1, f"device-{self._devices}")
                found.append(bucket)
        return found

    def plan(self, *shares: int, observe_s: int = 20, auto_execute: bool = True) -> Plan:
        """A started plan."""
        steps = [StepDraft(Decimal(share), observe_s) for share in shares]
        plan = drafting.create(name="autumn", steps=steps, actor="ann", kinds=self.kinds, auto_execute=auto_execute)
        transitions.submit(plan.pk, actor="ann")
        transitions.approve(plan.pk, actor="bob", reason="read")
        return transitions.start(plan.pk, actor="ann", preflight=lambda plan: [])

    def share(self, kind: str = "health") -> Decimal:
        return Route.objects.get(kind=kind).percentage

    def step(self, position: int) -> Step:
        return Step.objects.get(position=position)

    def status(self) -> str:
        return Plan.objects.get().status

    def told(self) -> list[str]:
        """Where the plan stands, for a failure."""
        steps = [f"{step.position} {step.status} {step.blocked_by}" for step in Step.objects.order_by("position")]
        return [self.status(), *steps]

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, tz=UTC)
