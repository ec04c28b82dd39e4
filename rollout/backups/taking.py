"""Taking a backup: one for an event, however many processes ask for it at once."""

import logging
import secrets
import shutil
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from django.db import Error, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from ljwx import failpoints
from rollout.backups import beating, contents, folder, manifest, retention
from rollout.backups.errors import BackupError
from rollout.backups.reading import verify
from rollout.models import Backup
from rollout.plans.moving import atomic

log = logging.getLogger(__name__)

S = Backup.Status
POLL_S = 0.1
_pause = Event()


def unique_event(what: str) -> str:
    """An event that nobody else asks for: `what`, and the second of now (UTC)."""
    return f"{what}-{timezone.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def create(*, event: str, actor: str, reason: str, dump: bool = False) -> Backup:
    """`take`, and then what is beyond LJWX_BACKUP_KEEP goes."""
    row = take(event=event, actor=actor, reason=reason, dump=dump)
    retention.prune()
    return row


def take(*, event: str, actor: str, reason: str, dump: bool = False, beat: beating.Beat = beating.silent) -> Backup:
    """The backup of `event`: taken and read back here, or by whoever asked first, which is waited for.

    Its status says what became of it: *verified*; *taken* when Redis did not answer; *bad* with the error when it could
    not be written. One that is not verified is taken again by the next that asks. Call it outside a transaction: the
    others must see the row. `beat` is called while it lasts. Raises django.db.Error when the database is away, and
    nothing else.
    """
    asked_at = timezone.now()
    while True:
        row, mine = _claim(event, actor=actor, reason=reason, asked_at=asked_at)
        if mine:
            _fill(row, dump=dump, beat=beat)
        elif row.status == S.VERIFIED and not manifest.is_there(Path(row.path), sha256=row.sha256):
            # Somebody has removed it: it is bad then, and taken again.
            verify(row.pk)
        elif _settled(row):
            return row
        else:
            _pause.wait(POLL_S)


def _settled(row: Backup) -> bool:
    return row.status in (S.VERIFIED, S.BAD) or (row.status == S.TAKEN and bool(row.error))


def _claim(event: str, *, actor: str, reason: str, asked_at: datetime) -> tuple[Backup, bool]:
    """The row of `event`, and whether it is this process that takes the backup."""
    now = timezone.now()
    path = str(folder.fresh(now))
    values: dict[str, Any] = {"status": S.TAKING, "path": path, "actor": actor[:150], "reason": reason[:255]}
    values["beat_at"] = now
    row = Backup.objects.filter(event=event).first() or _insert(event, values)
    if row.path != path:
        failed = Q(status=S.BAD) | (Q(status=S.TAKEN) & ~Q(error=""))
        died = Q(status=S.TAKING) | Q(status=S.TAKEN, error="")
        again = Q(failed, created_at__lt=asked_at) | Q(died, beat_at__lt=now - beating.SILENT)
        nothing = {"sha256": "", "size": 0, "counts": {}, "error": "", "verified_at": None}
        Backup.objects.filter(again, pk=row.pk).update(**values, **nothing, created_at=now)
        # Gone: somebody has removed it meanwhile, and the next look makes it anew.
        row = Backup.objects.filter(pk=row.pk).first() or row
    return row, row.path == path


@atomic
def _insert(event: str, values: dict[str, Any]) -> Backup:
    try:
        # A savepoint: MySQL and SQLite both leave the transaction usable after a refused row.
        with transaction.atomic():
            return Backup.objects.create(event=event, **values)
    except IntegrityError:
        return Backup.objects.get(event=event)


def _fill(row: Backup, *, dump: bool, beat: beating.Beat) -> None:
    """Fill the folder and say so in the row. The first that is done counts, if two were at it."""
    path, ours = Path(row.path), Backup.objects.filter(pk=row.pk, status=S.TAKING)
    why = {"event": row.event, "actor": row.actor, "reason": row.reason}
    own = beating.of(row.pk)

    def both() -> None:
        own()
        beat()

    try:
        with folder.building(path) as work:
            made, sha256 = contents.write(work, **why, now=row.created_at, dumped=dump, beat=both)
    except (OSError, BackupError, Error) as error:
        log.warning("the backup of %s failed: %s", row.event, error)
        ours.filter(path=row.path).update(status=S.BAD, error=str(error)[:255])
        return
    failpoints.reach("backup.renamed")
    facts = {"path": row.path, "sha256": sha256, "size": made.size, "counts": made.counts}
    if ours.update(status=S.TAKEN, beat_at=timezone.now(), error=made.missing[:255], **facts) != 1:
        shutil.rmtree(path, ignore_errors=True)
        return
    verify(row.pk)
