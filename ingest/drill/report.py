"""What a drill comes to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ingest.drill.fault import Fault
from ingest.simulator.comparison import Findings
from ingest.simulator.tally import Tally


@dataclass(frozen=True, slots=True)
class Report:
    """Times in seconds from the fault's beginning; None: it did not happen in time. `detect_s`: an evaluation names the
    fault; `decide_s`: the guardrail acts; `effect_s`: what it did is in force in every process; `drained_s`: everything
    that was on its way is stored. `missing`: what a check still misses after the repair, where rows were deleted;
    `others`: what other guardrails did meanwhile; `unsettled`: what could not be put back, or is not over."""

    fault: Fault
    action: str | None
    detect_s: float | None
    decide_s: float | None
    effect_s: float | None
    drained_s: float | None
    tally: Tally
    findings: Findings
    deleted: int = 0
    missing: int = 0
    outcome: str = ""
    others: Sequence[str] = ()
    unsettled: Sequence[str] = ()

    @property
    def lost(self) -> int:
        """Accepted records that are neither stored nor dead. A refused upload was not accepted."""
        return self.findings.missing

    def counts(self) -> dict[str, str | float | int | None]:
        """The result in six values."""
        return {
            "fault": self.fault.value,
            "action": self.action,
            "detect_s": _rounded(self.detect_s),
            "effect_s": _rounded(self.effect_s),
            "drained_s": _rounded(self.drained_s),
            "lost": self.lost,
        }

    @property
    def exit_code(self) -> int:
        """0 the guardrail acted, all was stored and put back; 1 something is lost or different, or not put back; 10 the
        guardrail did not act, or not in force, in time."""
        if not self.findings.clean or self.missing or self.unsettled or self.drained_s is None:
            return 1
        return 10 if self.effect_s is None else 0

    def details(self) -> Iterator[str]:
        """Lines for a person."""
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.tally.statuses.items()))
        yield _("uploads %(uploads)d (%(statuses)s)") % {"uploads": self.tally.uploads, "statuses": statuses}
        for name, seconds in (
            (_("detected"), self.detect_s),
            (_("decided"), self.decide_s),
            (_("effective"), self.effect_s),
            (_("drained"), self.drained_s),
        ):
            yield f"{name} {'–' if seconds is None else f'{seconds:.1f} s'}"
        if self.deleted:
            facts = {"deleted": self.deleted, "missing": self.missing}
            yield _("readings deleted %(deleted)d, missing after the repair %(missing)d") % facts
        if self.outcome:
            yield _("verified: %s") % self.outcome
        yield _("lost %d") % self.lost

    def found(self) -> Iterator[str]:
        """What was not as it should be."""
        yield from (_("another guardrail: %s") % text for text in self.others)
        yield from self.unsettled
        for sort, texts in self.findings.texts.items():
            yield from (f"{sort}: {text}" for text in texts)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
