"""What a check has found, for people and machines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from rollout.consistency import verified
from rollout.consistency.outcomes import AGREE, MISMATCH, Outcome
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
    """A check that has ended. `samples`: some findings of each class."""

    check: Check
    kinds: tuple[OfKind, ...]
    holes: tuple[CheckFinding, ...]
    samples: tuple[CheckFinding, ...]

    @property
    def checked(self) -> int:
        return sum(each.checked for each in self.kinds)

    def count(self, outcome: Outcome) -> int:
        """Records of a class, of all kinds."""
        return sum(each.counts[outcome.value] for each in self.kinds)

    @property
    def mismatched(self) -> int:
        return sum(self.count(outcome) for outcome in MISMATCH)

    @property
    def rate(self) -> float | None:
        """What agrees, of all that was compared; None when nothing was. Dead letters are no comparison."""
        matched = sum(self.count(outcome) for outcome in AGREE)
        compared = matched + self.mismatched
        return matched / compared if compared else None

    @property
    def verified_through(self) -> datetime | None:
        """Up to when all kinds are verified without a gap."""
        return moment(min((each.verified.through_ms for each in self.kinds), default=None))

    @property
    def is_clean(self) -> bool:
        """Whether it has found nothing: no mismatch, and no stretch that it could not judge."""
        return not self.mismatched and not self.holes

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it; without a single value of a record."""
        return {
            "check": self.check.pk,
            "since": _text(self.check.since_ms),
            "until": _text(self.check.until_ms),
            "checked": self.checked,
            **{outcome.value: self.count(outcome) for outcome in Outcome},
            "rate": self.rate,
            "verified_through": _text(min((each.verified.through_ms for each in self.kinds), default=None)),
            "kinds": {
                each.kind: {
                    "checked": each.checked,
                    **each.counts,
                    "verified_through": _text(each.verified.through_ms),
                    "stopped_by": _stop(each.verified.stopped_by),
                }
                for each in self.kinds
            },
            "holes": [_stop(hole) for hole in self.holes],
            "samples": [_sample(each) for each in self.samples],
        }


def of(check: Check) -> Report:
    """The report of `check`, as the database has it. Raises django.db.Error."""
    rows = CheckProgress.objects.filter(check_run=check).order_by("kind")
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
    return Report(check, kinds, holes, tuple(samples))


def moment(milliseconds: int | None) -> datetime | None:
    """Epoch milliseconds as a time of the site."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, timezone.get_current_timezone())


def _text(milliseconds: int | None) -> str | None:
    found = moment(milliseconds)
    return found.isoformat(timespec="milliseconds") if found else None


def _stop(finding: CheckFinding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    said = {"finding": finding.pk, "class": finding.outcome, "entry": entry(finding), "reason": finding.reason}
    return said | ({"until": _text(finding.until_ms)} if finding.until_ms else {})


def _sample(finding: CheckFinding) -> dict[str, Any]:
    return {
        "finding": finding.pk,
        "class": finding.outcome,
        "kind": finding.of_kind,
        "device": masked(finding.device_sn),
        "entry": entry(finding),
        "received": _text(finding.received_ms),
        "path": finding.path,
        "epoch": finding.epoch,
        "fields": [column for column, _wanted, _held in finding.differences],
    }


def entry(finding: CheckFinding) -> str:
    """The id of the entry, as Redis writes it."""
    return f"{finding.entry_ms}-{finding.entry_seq}"


def masked(serial: str) -> str:
    """A serial that can be told from others but not used: its ends."""
    return f"{serial[:2]}…{serial[-3:]}" if len(serial) > 6 else f"{serial[:1]}…"
