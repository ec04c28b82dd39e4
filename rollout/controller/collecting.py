"""Everything that a round is judged by, gathered by the leader."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitoring import evidence as told
from monitoring import hosts, machine
from monitoring.tallies import KEPT_S
from rollout import consistency
from rollout.controller.memory import Memory, OfKind, recent
from rollout.controller.redislook import Look, look
from rollout.controller.tallies import Recent, of_epoch, seconds
from rollout.guardrails.evidence import Accept, AutomaticChange, Evidence, KindEvidence, Sample
from rollout.guardrails.policy import Policy
from rollout.guardrails.sequential import Detector, feed
from rollout.models import Route
from rollout.routes import LEGACY, STREAM


@dataclass(frozen=True, slots=True)
class Found:
    """What a round has found: the evidence, and what Redis has said besides."""

    evidence: Evidence
    look: Look


class Collector:
    """Gathers evidence; what must outlast a round is in the memory that it is given."""

    def __init__(self) -> None:
        self._recent = Recent(keep_s=KEPT_S)
        self._used = machine.read()
        self._shares: dict[str, float] = {}
        self._looked_at: float | None = None
        self._begun = False

    def collect(
        self,
        *,
        memory: Memory,
        policy: Policy,
        kinds: Sequence[str],
        unconfirmed: Sequence[str],
        changes: tuple[AutomaticChange, ...],
        now: float,
    ) -> Found:
        """The evidence at `now`, by the database's clock. `memory` is brought up to date. Raises django.db.Error."""
        gap = policy.heartbeat.round_s * policy.heartbeat.missed
        if memory.collected_since is None or memory.round_at is None or now - memory.round_at > gap:
            memory.collected_since = now
        self._routes(memory, policy, kinds, unconfirmed, now)
        self._read(memory, int(now) - told.SETTLED_S)
        found = look(now=now)
        self._sample(memory, policy, found, now)
        evidence = Evidence(
            now=now,
            collected_since=memory.collected_since,
            kinds=tuple(self._of_kind(kind, memory.kinds[kind], policy, found, now) for kind in memory.kinds),
            accept=tuple(each for path in (STREAM, LEGACY) if (each := self._accept(path, memory, policy)) is not None),
            cpu=tuple(memory.cpu),
            memory=tuple(memory.memory),
            evicts=found.evicts,
            consumers=found.consumers,
            heartbeat_age_s=now - memory.round_at if memory.round_at is not None else None,
            changes=changes,
            streaks=memory.streaks,
        )
        return Found(evidence, found)

    def _routes(
        self, memory: Memory, policy: Policy, kinds: Sequence[str], unconfirmed: Sequence[str], now: float
    ) -> None:
        """A kind whose route has another epoch begins anew; one that all processes have confirmed is observed."""
        self._shares.clear()
        rows = Route.objects.filter(kind__in=kinds).order_by("kind")
        before, memory.kinds = memory.kinds, {}
        for kind, epoch, percentage in rows.values_list("kind", "epoch", "percentage"):
            self._shares[kind] = float(percentage)
            held = before.get(kind)
            if held is None or held.epoch != epoch or held.detector.test != policy.errors.test:
                held = OfKind(epoch=epoch, began_at=now, detector=Detector(test=policy.errors.test))
            if held.confirmed_at is None and not unconfirmed:
                held.confirmed_at = now
            memory.kinds[kind] = held

    def _read(self, memory: Memory, until: int) -> None:
        """Take the seconds before `until` that are not read yet."""
        # After a longer gap what happened meanwhile is not known.
        oldest = until - KEPT_S
        since = oldest if not self._begun else max(memory.read_until or oldest, oldest)
        buckets = told.read(since, until)
        self._recent.add(buckets, until=until)
        self._begun = True
        fresh = [each for each in buckets if memory.read_until is None or each.second >= memory.read_until]
        for kind, held in memory.kinds.items():
            fed = held.detector.fed
            new = [pair for pair in seconds(of_epoch(fresh, kind, held.epoch)) if fed is None or pair[0] > fed]
            held.detector = feed(held.detector, seconds=new)
        memory.read_until = until

    def _sample(self, memory: Memory, policy: Policy, found: Look, now: float) -> None:
        memory.cpu = recent(memory.cpu, now=now)
        if self._looked_at is None or now - self._looked_at >= policy.cpu.spacing_s:
            used = machine.read()
            if self._looked_at is not None:
                memory.cpu.append(Sample(now, _busiest(machine.share(self._used, used), hosts.busiest(now))))
            self._used, self._looked_at = used, now
        memory.memory = [*recent(memory.memory, now=now), Sample(now, found.memory)]
        for kind, held in memory.kinds.items():
            measured = found.backlog.get(kind)
            held.backlog = [*recent(held.backlog, now=now), Sample(now, float(measured.total) if measured else None)]
            age = (measured.oldest_s or 0.0) if measured else None
            held.age = [*recent(held.age, now=now), Sample(now, age)]
            if held.lost_before is None and found.lost is not None:
                held.lost_before = found.lost.get(kind, 0)

    def _of_kind(self, kind: str, held: OfKind, policy: Policy, found: Look, now: float) -> KindEvidence:
        # Both paths over the same time: older good records of one alone would hide that both have gone bad.
        test, since = policy.errors.test, int(max(held.began_at, now - policy.errors.shared_window_s))
        lost = None if found.lost is None else max(0, found.lost.get(kind, 0) - (held.lost_before or 0))
        return KindEvidence(
            kind=kind,
            epoch=held.epoch,
            percentage=self._shares[kind],
            began_at=held.began_at,
            confirmed_at=held.confirmed_at,
            errors=held.detector.tally,
            errors_window=self._recent.window(STREAM, kind, since=since, test=test),
            legacy_window=self._recent.window(LEGACY, kind, since=since, test=test),
            backlog=tuple(held.backlog),
            age=tuple(held.age),
            lost=Sample(now, None if lost is None else float(lost)),
            consistency=consistency.evidence(kind, held.confirmed_at or held.began_at),
        )

    def _accept(self, path: str, memory: Memory, policy: Policy) -> Accept | None:
        since = max((held.confirmed_at or held.began_at for held in memory.kinds.values()), default=0.0)
        return self._recent.accept(path, least=policy.accept.requests_min, since=since)


def _busiest(here: float | None, elsewhere: float | None) -> float | None:
    """The larger share; what is not known of this host is not known, whatever the others say."""
    return here if here is None or elsewhere is None else max(here, elsewhere)
