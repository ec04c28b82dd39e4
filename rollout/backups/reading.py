"""Reading a backup back, completely: what makes it *verified*."""

import hashlib
import zlib
from pathlib import Path

import msgspec
from django.core.serializers.base import DeserializationError
from django.utils import timezone

from rollout.backups import beating, control, dump, entries, lines, manifest, marks, positions
from rollout.backups.errors import Damaged
from rollout.backups.manifest import Facts, Manifest
from rollout.models import Backup

S = Backup.Status
LINES: dict[str, type[msgspec.Struct]] = {marks.NAME: marks.Mark, positions.NAME: positions.Position}


def verify(backup_id: int) -> Backup:
    """Read a backup back. It is *verified* when every file, hash, count and line is as it was written and nothing was
    missing, *bad* when something differs, and stays *taken* when it was taken without Redis.

    One that is being taken is left alone. Raises Backup.DoesNotExist.
    """
    row = Backup.objects.get(pk=backup_id)
    if not row.sha256:
        return row
    found = Backup.objects.filter(pk=row.pk, sha256=row.sha256).exclude(status=S.TAKING)
    try:
        whole = check(Path(row.path), sha256=row.sha256, beat=beating.of(row.pk))
    except Damaged as error:
        found.update(status=S.BAD, error=str(error)[:255])
    else:
        if whole.missing:
            found.update(status=S.TAKEN, error=whole.missing[:255])
        else:
            found.update(status=S.VERIFIED, error="", verified_at=timezone.now())
    row.refresh_from_db()
    return row


def check(path: Path, *, sha256: str, beat: beating.Beat = beating.silent) -> Manifest:
    """The manifest of the backup in `path`, after all of it was read back. Raises Damaged, naming the first file that
    is not as it was written."""
    whole = manifest.read(path, sha256=sha256)
    try:
        there = {each.name for each in path.iterdir()}
        if there != {manifest.NAME, *whole.files}:
            raise Damaged(f"{', '.join(sorted(there ^ {manifest.NAME, *whole.files}))}: missing or not of it")
        for name, facts in whole.files.items():
            beat()
            _same(path / name, facts)
            if (rows := _parse(path / name, beat=beat)) != facts.rows:
                raise Damaged(f"{name}: {rows} lines instead of {facts.rows}")
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(f"{path.name}: {error}") from error
    return whole


def _same(path: Path, facts: Facts) -> None:
    if path.stat().st_size != facts.size:
        raise Damaged(f"{path.name}: another size")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != facts.sha256:
            raise Damaged(f"{path.name}: another SHA-256")


def _parse(path: Path, *, beat: beating.Beat) -> int:
    if path.name in (dump.SQL, dump.SQLITE):
        return dump.check(path)
    count = 0
    try:
        with lines.reading(path) as file:
            if path.name == control.NAME:
                return sum(1 for _row in control.read(file))
            decoder = msgspec.json.Decoder(LINES.get(path.name, entries.Line))
            for count, line in enumerate(file, start=1):
                decoder.decode(line)
                if count % entries.PAGE == 0:
                    beat()
    except (DeserializationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"{path.name}: line {count}: {error}") from error
    return count
