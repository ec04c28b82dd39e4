"""Which backups are kept. The last verified one always is."""

import logging
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from rollout.backups import beating, folder
from rollout.models import Backup

log = logging.getLogger(__name__)

S = Backup.Status
FAILED_KEPT = timedelta(days=1)  # long enough to be looked at
ORPHAN_AFTER = timedelta(hours=1)  # no attempt is silent for so long


def prune(*, now: datetime | None = None) -> list[str]:
    """Remove what LJWX_BACKUP_KEEP does not keep; returns the names of the folders that went.

    Verified backups beyond the newest so many; others after a day; folders that no row knows, which killed processes
    left, after an hour. Never the newest verified, nor one that somebody works with. A folder that can not be removed
    is told and tried again the next time. Raises django.db.Error.
    """
    now = now or timezone.now()
    verified = Backup.objects.filter(status=S.VERIFIED).order_by("-created_at", "-pk").values_list("pk", flat=True)
    beyond = list(verified[settings.BACKUP_KEEP :])
    failed = ~Q(status=S.VERIFIED) & Q(created_at__lt=now - FAILED_KEPT)
    idle = Q(beat_at__isnull=True) | Q(beat_at__lt=now - beating.SILENT)
    removed = []
    for row in Backup.objects.filter(idle).filter(Q(pk__in=beyond) | failed).order_by("pk"):
        # The row first: without it the folder counts for nothing, and goes with the orphans if we die here.
        if Backup.objects.filter(idle, pk=row.pk, status=row.status).delete()[0]:
            removed += _remove(Path(row.path))
    return removed + _orphans(now)


def _orphans(now: datetime) -> list[str]:
    root = Path(settings.BACKUP_DIR)
    known = {Path(path).name for path in Backup.objects.values_list("path", flat=True)}
    removed = []
    for path in sorted(root.glob(f"{folder.READY}*")) + sorted(root.glob(f"{folder.WORK}*")):
        try:
            old = path.stat().st_mtime < (now - ORPHAN_AFTER).timestamp()
        except FileNotFoundError:
            continue
        if old and path.name not in known:
            removed += _remove(path)
    return removed


def _remove(path: Path) -> list[str]:
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        log.warning("%s can not be removed: %s", path, error)
        return []
    return [path.name]
