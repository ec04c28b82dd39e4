"""What the page of a check shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from rollout.consistency import repairing, report, verified_through
from rollout.consistency.figures import Figure
from rollout.consistency.outcomes import Outcome
from rollout.consistency.report import masked, moment
from rollout.models import Check, CheckFinding
from streaming import registry

# In the order in which people look.
CLASSES = {
    Outcome.MATCH: _("match"),
    Outcome.LATE: _("late"),
    Outcome.DEAD: _("dead"),
    Outcome.MISSING: _("missing"),
    Outcome.DIFFERENT: _("different"),
    Outcome.DUPLICATE: _("duplicate"),
    Outcome.EXTRA: _("extra"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table of classes."""

    names: tuple[str, ...]
    records: int
    counts: list[int]
    rate: str


@dataclass(frozen=True, slots=True)
class Reached:
    """Up to when a kind is verified, and what it stops at."""

    kind: str
    through: datetime | None
    stop: CheckFinding | None


def context(check: Check, *, shown: bool) -> dict[str, Any]:
    """All of it; `shown`: with values of records and whole serials. Raises django.db.Error."""
    found = report.of(check)
    still_missing = repairing.missing(check)
    return {
        "check": check,
        "since": moment(check.since_ms),
        "until": moment(check.until_ms),
        "report": found,
        "rate": percent(found.rate),
        "classes": [str(name) for name in CLASSES.values()],
        "kinds": [
            Line((each.kind,), each.checked, [each.counts[name.value] for name in CLASSES], percent(rate(each.counts)))
            for each in found.kinds
        ],
        "reached": [
            Reached(each.kind, moment(each.verified.through_ms), each.verified.stopped_by) for each in found.kinds
        ],
        "figures": [_line(each) for each in found.figures],
        "holes": [(hole, moment(hole.entry_ms), moment(hole.until_ms)) for hole in found.holes],
        "samples": [sample(each, shown=shown) for each in found.samples],
        "still_missing": still_missing.exists(),
    }


def verified() -> list[Reached]:
    """Of every kind, by all checks together. Raises django.db.Error."""
    found = ((kind.name, verified_through(kind.name)) for kind in registry.kinds() if kind.rows is not None)
    return [
        Reached(kind, moment(each.through_ms), each.stopped_by) if each else Reached(kind, None, None)
        for kind, each in found
    ]


def sample(finding: CheckFinding, *, shown: bool) -> dict[str, Any]:
    """A finding for people; `shown`: with values of records and whole serials."""
    fields = [
        f"{column}: {wanted} → {held}" if shown else column for column, wanted, held in finding.differences
    ]  # fmt: skip
    return {
        "finding": finding,
        "device": finding.device_sn if shown else masked(finding.device_sn),
        "received": moment(finding.received_ms),
        "entry": report.entry(finding),
        "fields": fields,
    }


def percent(share: float | None) -> str:
    """A share with as many digits as one in a million needs."""
    return "–" if share is None else f"{share:.4%}"


def rate(counts: dict[str, int]) -> float | None:
    """What agrees of what was compared of one kind."""
    bad = sum(counts[name] for name in ("missing", "different", "duplicate", "extra"))
    compared = bad + counts["match"] + counts["late"]
    return (compared - bad) / compared if compared else None


def _line(each: Figure) -> Line:
    names = (each.path or "–", each.firmware or "–")
    return Line(names, each.records, [each.counts[name] for name in CLASSES], percent(each.rate))
