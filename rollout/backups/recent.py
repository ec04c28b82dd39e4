"""Whether there is a backup that one could go back to, and making one when there is none."""

from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.backups import manifest
from rollout.backups.taking import create
from rollout.models import Backup, Plan

RECENT = timedelta(hours=24)  # the pre-flight demands a verified backup younger than this


def latest_verified() -> Backup | None:
    """The newest verified backup whose manifest can be read on this host and is the one that was written.

    A row alone proves nothing: somebody may have removed the folder. `created_at` is its age.
    """
    for row in Backup.objects.filter(status=Backup.Status.VERIFIED).order_by("-created_at", "-pk"):
        if manifest.is_there(Path(row.path), sha256=row.sha256):
            return row
    return None


def ensure_recent(*, event: str, actor: str, now: datetime | None = None) -> Backup:
    """The newest verified backup when it is younger than 24 hours, else that of `event`, taken now. It is not verified
    when that failed: its `error` says why."""
    found = latest_verified()
    if found is not None and found.created_at > (now or timezone.now()) - RECENT:
        return found
    return create(event=event, actor=actor, reason=_("No backup of the last 24 hours was there."))


def before_start(plan: Plan, *, actor: str) -> Backup:
    """The backup that is taken before `plan` starts: one for this version of it, however often its start is asked for.
    It is not verified when that failed: its `error` says why, and the pre-flight then refuses the start."""
    return create(
        event=f"plan-{plan.pk}-v{plan.version}",
        actor=actor,
        reason=_("Before the start of the plan %s.") % plan.name,
    )
