"""What a check has found, for people and machines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from rollout.consistency import figures, verified
from rollout.consistency.figures import Figure
from rollout.consistency.outcomes import MISMATCH, Outcome
from rollout.consistency.totals import Totals, totals
from rollout.consistency.verified import Verified
from rollout.models import Check, CheckFinding, CheckProgress
from streaming import registry

SAMPLES = 5


@dataclass(frozen=True, slots=True)
class OfKind:
    """The records of one stream: how many in each class, and how far it is verified. The shadow of a kind is there when
    there was anything in it."""

    kind: str
    checked: int
    counts: dict[str, int]
    verified: Verified


@dataclass(frozen=True, slots=True)
class Report:
    """A check, as far as it has come. `figures`: the classes by path and firmware; `samples`: some findings of each
    class; `acknowledged`: the mismatches that somebody has answered for."""

    check: Check
    totals: Totals
    kinds: tuple[OfKind, ...]
    holes: tuple[CheckFinding, ...]
    samples: tuple[CheckFinding, ...]
    figures: tuple[Figure, ...]
    acknowledged: int

    @property
    def checked(self) -> int:
        return self.totals.checked

    def count(self, outcome: Outcome) -> int:
        """Records of a class, of all kinds."""
        return self.totals.counts[outcome]

    @property
    def mismatched(self) -> int:
        return self.totals.mismatched

    @property
    def rate(self) -> float | None:
        """See Totals.rate."""
        return self.totals.rate

    @property
    def verified_through(self) -> datetime | None:
        """Up to when all kinds are verified without a gap."""
        return moment(min((each.verified.through_ms for each in self.kinds), default=None))

    @property
    def is_clean(self) -> bool:
        """Whether it has found nothing that nobody has acknowledged: no mismatch, and no stretch that nobody could
        judge."""
        return self.mismatched <= self.acknowledged and all(hole.resolved_at for hole in self.holes)

    def as_dict(self, *, shown: bool = False) -> dict[str, Any]:
        """As JSON holds it; values of records and whole serials only when they may be `shown`."""
        return {
            "check": self.check.pk,
            "status": self.check.status,
            "since": _text(self.check.since_ms),
            "until": _text(self.check.until_ms),
            **self.totals.as_dict(),
            "verified_through": _text(min((each.verified.through_ms for each in self.kinds), default=None)),
            "kinds": {
                each.kind: {
                    "checked": each.checked,
                    **each.counts,
                    "verified_through": _text(each.verified.through_ms),
                    "stopped_by": stop(each.verified.stopped_by),
                }
                for each in self.kinds
            },
            "figures": [_figure(each) for each in self.figures],
            "holes": [stop(hole) for hole in self.holes],
            "samples": [_sample(each, shown=shown) for each in self.samples],
        }


def of(check: Check) -> Report:
    """The report of `check`, as the database has it. Raises django.db.Error."""
    rows = list(CheckProgress.objects.filter(check_run=check).order_by("kind"))
    known = CheckFinding.objects.filter(check_run=check)
    kinds = tuple(
        OfKind(
            row.kind, row.checked, {each.value: getattr(row, each.value) for each in Outcome},
            verified.of(row, known.filter(kind=row.kind, resolved_at__isnull=True)),
        )
        for row in rows
        if row.entries or not registry.get(row.kind).shadow_of
    )  # fmt: skip
    holes = tuple(known.filter(outcome=CheckFinding.Outcome.HOLE).order_by("entry_ms"))
    samples = [
        each
        for outcome in sorted(MISMATCH)
        for each in known.filter(outcome=outcome.value).order_by("entry_ms", "ordinal")[:SAMPLES]
    ]
    acknowledged = known.filter(acknowledgement__isnull=False).exclude(outcome=CheckFinding.Outcome.HOLE).count()
    counted = tuple(figures.together(row.figures for row in rows))
    return Report(check, totals(rows), kinds, holes, tuple(samples), counted, acknowledged)


def moment(milliseconds: int | None) -> datetime | None:
    """Epoch milliseconds as a time of the site."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, timezone.get_current_timezone())


def _text(milliseconds: int | None) -> str | None:
    found = moment(milliseconds)
    return found.isoformat(timespec="milliseconds") if found else None


def stop(finding: CheckFinding | None) -> dict[str, Any] | None:
    """A finding that stops what is verified, and where it is."""
    if finding is None:
        return None
    said = {"finding": finding.pk, "class": finding.outcome, "entry": entry(finding), "reason": finding.reason}
    return said | ({"until": _text(finding.until_ms)} if finding.until_ms else {})


def _figure(each: Figure) -> dict[str, Any]:
    counts = {outcome.value: each.counts[outcome] for outcome in Outcome}
    return {"path": each.path, "firmware": each.firmware, "records": each.records, **counts, "rate": each.rate}


def _sample(finding: CheckFinding, *, shown: bool) -> dict[str, Any]:
    differences = [{"field": field, "sent": sent, "held": held} for field, sent, held in finding.differences]
    return {
        "finding": finding.pk,
        "class": finding.outcome,
        "kind": finding.of_kind,
        "device": finding.device_sn if shown else masked(finding.device_sn),
        "entry": entry(finding),
        "received": _text(finding.received_ms),
        "path": finding.path,
        "epoch": finding.epoch,
        "fields": [each["field"] for each in differences],
        **({"differences": differences} if shown else {}),
    }


def entry(finding: CheckFinding) -> str:
    """The id of the entry, as Redis writes it."""
    return f"{finding.entry_ms}-{finding.entry_seq}"


def masked(serial: str) -> str:
    """A serial that can be told from others but not used: its ends."""
    return f"{serial[:2]}…{serial[-3:]}" if len(serial) > 6 else f"{serial[:1]}…"
