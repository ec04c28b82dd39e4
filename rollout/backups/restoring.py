"""Putting a backup back: the control state in one transaction, then the entries that are missing."""

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rollout.backups import beating, entries, manifest, republishing, retention, returning
from rollout.backups.errors import Damaged, RestoreRefused
from rollout.backups.manifest import Manifest
from rollout.backups.reading import check
from rollout.backups.taking import take
from rollout.models import Backup, Plan, Rollback
from rollout.plans.moving import atomic
from rollout.traffic import RouteConflict
from streaming import registry
from streaming.registry import Kind

log = logging.getLogger(__name__)


def restore(backup_id: int, *, actor: str, reason: str, approved_by: str = "") -> dict[str, Any]:
    """Put a backup back; returns what was done, in counts.

    It is read back completely first, and a backup of the present state is taken. Then, in one transaction: the shares,
    never above the present ones unless `approved_by` agrees (somebody else where two people must), with epochs that
    only grow; the thresholds as a new version; the number of consumers; pins and history that are missing. Rows that
    are there stay. At last the entries that are not in their streams are appended again, byte for byte: natural keys
    make it harmless that some were stored since. Doing it again does no more.

    Raises RestoreRefused, then nothing was changed; Backup.DoesNotExist; django.db.Error. A Redis that goes away
    during the last part is in the answer (`error`): do it again.
    """
    row = Backup.objects.get(pk=backup_id)
    approved = _approved(actor, approved_by)
    beat = beating.of(row.pk)
    whole = _readable(row, beat=beat)
    _quiet()
    event = f"restore-{row.pk}-{timezone.now():%Y%m%dT%H%M%S.%f}"
    before = take(event=event, actor=actor, reason=reason, beat=beat)
    if before.status != Backup.Status.VERIFIED:
        raise RestoreRefused(_("No backup of the present state could be taken: %s") % before.error)
    path, kinds = Path(row.path), _kinds(whole)
    try:
        # Nobody has removed it while the other was taken.
        manifest.read(path, sha256=row.sha256)
        done = _state(path, actor=actor, reason=reason, approved=approved)
    except (RouteConflict, Damaged) as error:
        raise RestoreRefused(str(error)) from error
    done |= {"backup": row.pk, "before": before.pk, "approved_by": approved_by}
    done |= republishing.republish(path, kinds, beat=beat)
    Backup.objects.filter(pk=before.pk).update(counts={**before.counts, "restored": done})
    retention.prune()
    log.warning("backup %s was put back by %s: %s", row.event, actor, reason)
    return done


def _approved(actor: str, approved_by: str) -> bool:
    if approved_by and approved_by == actor and settings.PLAN_PEOPLE > 1:
        raise RestoreRefused(_("Somebody else must approve higher shares than the present ones."))
    return bool(approved_by)


def _readable(row: Backup, *, beat: beating.Beat) -> Manifest:
    if not row.sha256:
        raise RestoreRefused(_("There is no complete backup of %s.") % row.event)
    try:
        whole = check(Path(row.path), sha256=row.sha256, beat=beat)
    except Damaged as error:
        raise RestoreRefused(_("The backup is damaged: %s") % error) from error
    if whole.missing:
        raise RestoreRefused(whole.missing)
    known = {entries.name(kind.name) for kind in registry.kinds()}
    if strangers := [name for name in whole.files if name.startswith(entries.PREFIX) and name not in known]:
        raise RestoreRefused(_("It holds entries of kinds that are not known here: %s.") % ", ".join(strangers))
    return whole


def _quiet() -> None:
    # Two that write shares at once is what a plan is there to prevent. Rolling back always works.
    if Plan.objects.filter(active=True).exists() or Rollback.objects.filter(active=True).exists():
        raise RestoreRefused(_("A plan or a rollback is active: roll back first, and wait for its end."))


@atomic
def _state(path: Path, *, actor: str, reason: str, approved: bool) -> dict[str, Any]:
    _quiet()
    with transaction.atomic():
        return returning.put_back(path, actor=actor, reason=reason, approved=approved)


def _kinds(whole: Manifest) -> list[Kind]:
    return [kind for kind in registry.kinds() if entries.name(kind.name) in whole.files]
