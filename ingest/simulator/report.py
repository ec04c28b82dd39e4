"""What a run comes to."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.simulator.comparison import Findings
from ingest.simulator.drain import Drained
from ingest.simulator.fleet import Fleet
from ingest.simulator.tally import Tally


@dataclass(frozen=True, slots=True)
class Report:
    """`seconds`: how long it sent."""

    fleet: Fleet
    tally: Tally
    drained: Drained
    findings: Findings
    seconds: float

    def counts(self) -> dict[str, int | float]:
        """The result in nine numbers. Without findings accepted = stored + duplicates + dead.

        All but the last count records: readings, states and events; a reading inside an event counts beside it.
        sent: in every upload sent, retries included. accepted: in uploads that the client took for accepted.
        stored: accepted records, each once, that were found as rows of `t_user_health_data`, `t_device_info_history`
        and `t_common_event`. duplicates: accepted deliveries beyond the first of each record. dead: accepted records
        found as the dead letters they had to become, impossible ones and conflicts. missing, doubled, different: as
        in Findings, rows that follow from records (day, week, newest state, alert) included. seconds: of sending.
        """
        findings = self.findings
        return {
            "sent": self.tally.sent.total(),
            "accepted": self.tally.accepted.total(),
            "stored": findings.stored.total(),
            "duplicates": self.duplicates().total(),
            "dead": findings.dead.total(),
            "missing": findings.missing,
            "doubled": findings.doubled,
            "different": findings.different,
            "seconds": round(self.seconds, 3),
        }

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings, 3 nothing was accepted and nothing is proven, 4 the streams were not empty in time."""
        if not self.findings.clean:
            return 1
        if not self.tally.accepted:
            return 3
        return 0 if self.drained.complete else 4

    def duplicates(self) -> Counter[str]:
        """Accepted deliveries beyond the first of each record, by kind."""
        distinct: Counter[str] = Counter()
        for wearer in self.fleet.wearers:
            for track in (wearer.readings, wearer.states, wearer.events):
                distinct[track.kind] += track.accepted_count()
            for number, fault in enumerate(wearer.known_faults):
                distinct[fault.kind] += wearer.faults.was_accepted(number)
        return self.tally.accepted - distinct

    def details(self) -> Iterator[str]:
        """Lines for a person."""
        tally, findings = self.tally, self.findings
        rate = tally.uploads / self.seconds if self.seconds else 0.0
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items()))
        yield f"uploads    {tally.uploads} in {self.seconds:.1f} s, {rate:.0f}/s ({statuses or 'none'})"
        yield f"answers    p50 {tally.quantile(0.5) * 1000:.0f} ms, p99 {tally.quantile(0.99) * 1000:.0f} ms"
        duplicates = self.duplicates()
        for kind in sorted(tally.sent):
            yield (
                f"{kind:10} sent {tally.sent[kind]}, accepted {tally.accepted[kind]}, stored {findings.stored[kind]},"
                f" duplicates {duplicates[kind]}, dead {findings.dead[kind]}"
            )
        yield f"also       {findings.unasked} found without an answer, {findings.overtaken} rivals overtaken"
        rest = "" if self.drained.complete else f", NOT EMPTY ({self.drained.rest})"
        yield f"drained    {self.drained.seconds:.1f} s{rest}"
        yield from self.found()

    def found(self) -> Iterator[str]:
        """The first few findings of each sort."""
        counts = self.counts()
        for sort, texts in self.findings.texts.items():
            yield f"{sort}: {counts[sort]}"
            yield from (f"  {text}" for text in texts)
            if (more := int(counts[sort]) - len(texts)) > 0:
                yield f"  and {more} more"
