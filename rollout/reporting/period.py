"""The time that a report is about."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from rollout.models import Change, Plan


class NothingToReport(Exception):
    """Raised when no plan has started and no share was ever changed, or the plan that was asked for has not started."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to `until`. `plan`: the one that it is about, None: whatever happened in that time."""

    since: datetime
    until: datetime
    plan: Plan | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """For a range condition."""
        return self.since, self.until

    @property
    def since_s(self) -> float:
        return self.since.timestamp()

    @property
    def until_s(self) -> float:
        return self.until.timestamp()


def period(*, number: int | None = None, since: datetime | None = None, until: datetime | None = None) -> Period:
    """That of the plan with this number; else from `since` to `until`; without any of them that of the plan that has
    started last, or since the first change of a share. What is left open ends now. Raises NothingToReport,
    Plan.DoesNotExist, django.db.Error."""
    now = timezone.now()
    plan = Plan.objects.get(pk=number) if number is not None else None
    if plan is None and since is None:
        plan = Plan.objects.filter(started_at__isnull=False).order_by("-started_at").first()
    if plan is not None:
        begin, end = since or plan.started_at, until or plan.ended_at or now
    else:
        begin, end = since or _first_change(), until or now
    if begin is None or begin >= end:
        raise NothingToReport
    return Period(begin, end, plan)


def _first_change() -> datetime | None:
    return Change.objects.order_by("id").values_list("created_at", flat=True).first()
