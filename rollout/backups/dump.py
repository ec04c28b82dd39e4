"""The whole database beside the control state, when it is asked for."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from rollout.backups import folder, lines, options
from rollout.backups.errors import Damaged, DumpFailed
from rollout.backups.manifest import Facts

SQL = "database.sql.gz"
SQLITE = "database.sqlite3"
PROGRAMS = ("mysqldump", "mariadb-dump")
COMPLETED = b"-- Dump completed"
PIECE = 1 << 20


def write(work: Path, *, beat: Callable[[], None]) -> dict[str, Facts]:
    """Dump the database into `work`; `beat` is called while that lasts. Raises DumpFailed, OSError."""
    if connection.vendor == "sqlite":
        return {SQLITE: _copy(work / SQLITE)}
    return {SQL: _mysqldump(work, beat=beat)}


def check(path: Path) -> int:
    """Read a dump back; its rows (SQLite) or lines (SQL). Raises Damaged; what reading a file raises."""
    if path.name == SQLITE:
        return _rows(path)
    count, last = 0, b""
    with lines.reading(path) as file:
        for line in file:
            count += 1
            last = line if line.strip() else last
    if not last.startswith(COMPLETED):
        raise Damaged(f"{path.name}: not complete")
    return count


def _copy(path: Path) -> Facts:
    """SQLite's own backup: one moment of the database, while others go on writing."""
    os.close(folder.create(path))
    name = str(connection.settings_dict["NAME"])
    try:
        with contextlib.closing(sqlite3.connect(name)) as source, contextlib.closing(sqlite3.connect(path)) as target:
            source.backup(target)
            # The copy is one file, whatever the original keeps beside itself.
            target.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise DumpFailed(str(error)) from error
    with path.open("rb") as file:
        os.fsync(file.fileno())
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Facts(sha256=sha256, size=path.stat().st_size, rows=_rows(path))


def _rows(path: Path) -> int:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as copy:
            if (answer := copy.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise Damaged(f"{path.name}: {answer}")
            tables = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return sum(_count(copy, table) for (table,) in tables)
    except sqlite3.Error as error:
        raise Damaged(f"{path.name}: {error}") from error


def _count(copy: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    return int(copy.execute(f'SELECT COUNT(*) FROM "{quoted}"').fetchone()[0])  # noqa: S608


def _mysqldump(work: Path, *, beat: Callable[[], None]) -> Facts:
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise DumpFailed(_("Neither mysqldump nor mariadb-dump is installed."))
    # Outside the folder of the backup, which is kept: the password goes when the dump is done.
    with tempfile.TemporaryDirectory(prefix="ljwx-") as private, tempfile.TemporaryFile() as errors:
        secret = options.write(Path(private), connection.settings_dict)
        argv = [program, f"--defaults-extra-file={secret}", "--single-transaction", "--quick", "--hex-blob"]
        argv += ["--no-tablespaces", "--default-character-set=utf8mb4", str(connection.settings_dict["NAME"])]
        with (
            lines.writing(work / SQL) as sink,
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as process,
        ):
            _pump(process, sink, beat=beat)
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines() or [str(process.returncode)]
            raise DumpFailed(f"{Path(program).name}: {said[-1]}")
    return sink.facts


def _pump(process: "subprocess.Popen[bytes]", sink: lines.Sink, *, beat: Callable[[], None]) -> None:
    output: Any = process.stdout
    try:
        while piece := output.read(PIECE):
            sink.raw(piece)
            beat()
    except BaseException:
        # Nobody reads any more: it would wait for ever.
        process.kill()
        raise
