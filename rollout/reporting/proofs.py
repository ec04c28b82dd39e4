"""Whether both paths agree: what was compared, how far it is verified, what was found and mended."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollout.consistency import report as checked
from rollout.consistency import tallies, verified_through
from rollout.models import Check, CheckTally, Repair, Route
from rollout.reporting import words
from rollout.reporting.period import Period

MOST = 50


@dataclass(frozen=True, slots=True)
class OfKind:
    """What the rolling check has compared of records that were received in the time, and how far the kind is verified.
    `stopped_by`: what it goes no further for."""

    kind: str
    matched: int
    mismatched: int
    since: str
    through: str
    stopped_by: str

    @property
    def counts(self) -> tuple[str, str, str]:
        """Those that agree, those that do not, and the rate."""
        compared = self.matched + self.mismatched
        rate = words.share(self.matched / compared if compared else None)
        return words.number(self.matched), words.number(self.mismatched), rate


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that somebody asked for."""

    check: Check
    at: str
    window: str
    records: str
    mismatched: str
    holes: int
    rate: str


@dataclass(frozen=True, slots=True)
class Proofs:
    """All of it, of the kinds that the report is about."""

    kinds: Sequence[OfKind]
    checks: Sequence[Checked]
    repairs: Sequence[Repair]

    @property
    def compared(self) -> int:
        return sum(each.matched + each.mismatched for each in self.kinds)

    @property
    def rate(self) -> str:
        """What agrees, of all that was compared."""
        matched = sum(each.matched for each in self.kinds)
        return words.share(matched / self.compared if self.compared else None)


def proofs(period: Period) -> Proofs:
    """Raises django.db.Error."""
    routes = Route.objects.order_by("kind")
    if period.plan is not None:
        routes = routes.filter(kind__in=period.plan.kinds)
    checks = Check.objects.filter(rolling__isnull=True, status=Check.Status.DONE, started_at__range=period.span)
    repairs = Repair.objects.filter(started_at__range=period.span)
    return Proofs(
        kinds=[_kind(route.kind, period) for route in routes],
        checks=[_checked(check) for check in checks.order_by("-id")[:MOST]],
        repairs=list(repairs.order_by("-id")[:MOST]),
    )


def _kind(kind: str, period: Period) -> OfKind:
    rows = CheckTally.objects.filter(kind=kind, begin__range=(int(period.since_s), int(period.until_s)))
    matched, mismatched = tallies.counted(rows)
    known = verified_through(kind)
    stop = known.stopped_by if known else None
    return OfKind(
        kind=kind,
        matched=matched,
        mismatched=mismatched,
        since=words.moment(known.since_ms / 1000) if known else words.NONE,
        through=words.moment(known.through_ms / 1000) if known else words.NONE,
        stopped_by=f"{stop.get_outcome_display()} {checked.entry(stop)} {stop.reason}".strip() if stop else "",
    )


def _checked(check: Check) -> Checked:
    found = checked.of(check)
    until = check.until_ms if check.until_ms is not None else check.since_ms
    return Checked(
        check=check,
        at=words.moment(check.started_at),
        window=f"{words.moment(check.since_ms / 1000)} – {words.moment(until / 1000)}",
        records=words.number(found.checked),
        mismatched=words.number(found.mismatched),
        holes=len(found.holes),
        rate=words.share(found.rate),
    )
