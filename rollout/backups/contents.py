"""Everything that goes into a backup, file by file."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import redis
from django.db import connection
from django.utils.translation import gettext as _

from ljwx import failpoints
from ljwx.redis import client
from rollout.backups import control, dump, entries, lines, manifest, marks, positions
from rollout.backups.manifest import Facts, Manifest
from streaming import registry


def write(
    work: Path, *, event: str, actor: str, reason: str, now: datetime, dumped: bool, beat: Callable[[], None]
) -> tuple[Manifest, str]:
    """Fill `work`; returns the manifest and its hash. `beat` is called while that lasts.

    Without Redis the entries and the positions are left out, which the manifest says. Raises OSError, DumpFailed,
    django.db.Error.
    """
    files: dict[str, Facts] = {}
    missing = ""
    try:
        files |= _streams(work, beat=beat)
    except redis.RedisError as error:
        missing = _("Redis does not answer (%s): the entries on their way are not in it.") % type(error).__name__
        for path in work.iterdir():
            path.unlink()
    failpoints.reach("backup.entries")
    with control.snapshot():
        with lines.writing(work / control.NAME) as sink:
            control.write(sink)
        files[control.NAME] = sink.facts
        with lines.writing(work / marks.NAME) as sink:
            marks.write(sink)
        files[marks.NAME] = sink.facts
    beat()
    if dumped:
        files |= dump.write(work, beat=beat)
    values: dict[str, Any] = {"event": event, "actor": actor, "reason": reason, "missing": missing, "files": files}
    made = Manifest(v=manifest.VERSION, taken_at=now.isoformat(), database=connection.vendor, **values)
    return made, manifest.write(work, made)


def _streams(work: Path, *, beat: Callable[[], None]) -> dict[str, Facts]:
    connection, files = client("control"), {}
    found = [positions.read(connection, kind) for kind in registry.kinds()]
    for position in found:
        with lines.writing(work / entries.name(position.kind)) as sink:
            for page in entries.unacknowledged(connection, position):
                for line in page:
                    sink.line(msgspec.json.encode(line))
                beat()
        files[entries.name(position.kind)] = sink.facts
    with lines.writing(work / positions.NAME) as sink:
        for position in found:
            sink.line(msgspec.json.encode(position))
    return files | {positions.NAME: sink.facts}
