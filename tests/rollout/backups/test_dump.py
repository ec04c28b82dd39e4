"""The whole database in a backup."""

import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from rollout import backups
from rollout.backups import dump, options
from rollout.backups.errors import Damaged
from rollout.models import Backup
from streaming.models import DeadLetter

SQLITE, MYSQL = "sqlite", "mysql"

# Stands in for mysqldump: it says how it was called and what its option file holds.
PROGRAM = """#!/bin/sh
printf '%s\\n' "$@" > "$PROBE/argv"
for word in "$@"; do case $word in --defaults-extra-file=*) cat "${word#*=}" > "$PROBE/options";
stat -c %a "${word#*=}" > "$PROBE/mode";; esac; done
env > "$PROBE/environment"
"""


def take() -> Backup:
    return backups.create(event="one", actor="ann", reason="test", dump=True)


@pytest.fixture
def mysqldump(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A database of MySQL's, and a program called mysqldump that ends as the test says; where it leaves what it saw."""
    probe = tmp_path / "probe"
    probe.mkdir()
    program = probe / "mysqldump"
    program.write_text(PROGRAM + request.param)
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{probe}:{os.environ['PATH']}")
    monkeypatch.setenv("PROBE", str(probe))
    settings = {**connection.settings_dict, "USER": "u", "PASSWORD": 'se"cr\\et', "HOST": "db.example", "PORT": "3307"}
    monkeypatch.setattr(dump, "connection", Mysql(settings))
    return probe


class Mysql:
    """As much of a connection to MySQL as a dump looks at."""

    vendor = MYSQL

    def __init__(self, settings_dict: dict[str, Any]) -> None:
        self.settings_dict = settings_dict


@pytest.mark.skipif(connection.vendor != SQLITE, reason="SQLite's own backup")
def test_sqlite_is_copied_whole_and_stands_alone() -> None:
    DeadLetter.objects.create(
        kind="health", reason="r", category="c", form="json", payload=b"x", digest="d", received_at="2026-09-15T00:00Z"
    )
    found = take()
    assert found.status == "verified", found.error
    path = Path(found.path) / dump.SQLITE
    with sqlite3.connect(path) as copy:
        assert copy.execute("SELECT kind, digest FROM ljwx_dead_letter").fetchall() == [("health", "d")]
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    copy.close()
    assert found.counts[dump.SQLITE] > 3
    assert backups.verify(found.pk).status == "verified"


@pytest.mark.skipif(connection.vendor != SQLITE, reason="SQLite's own backup")
def test_a_copy_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / dump.SQLITE).write_bytes(b"SQLite format 3\0 and then nothing of the kind" * 99)
    with pytest.raises(Damaged):
        dump.check(tmp_path / dump.SQLITE)


COMPLETE = "echo 'INSERT INTO t VALUES (1);'; echo '-- Dump completed on 2026-09-15'; echo"


@pytest.mark.parametrize("mysqldump", [COMPLETE], indirect=True)
def test_the_password_is_in_a_private_file_that_goes_and_nowhere_else(mysqldump: Path) -> None:
    found = take()
    assert (found.status, found.counts[dump.SQL]) == ("verified", 3), found.error
    argv = (mysqldump / "argv").read_text().splitlines()
    assert argv[0].startswith("--defaults-extra-file=")
    assert "--single-transaction" in argv
    assert "cr" not in (mysqldump / "argv").read_text().replace("script", "").replace("--default-character", "")
    assert 'se"cr' not in (mysqldump / "environment").read_text()
    assert (mysqldump / "options").read_text().splitlines() == [
        "[client]", 'user="u"', 'password="se\\"cr\\\\et"', 'host="db.example"', 'port="3307"',
        *(line for line in (mysqldump / "options").read_text().splitlines() if line.startswith("socket=")),
    ]  # fmt: skip
    assert (mysqldump / "mode").read_text().strip() == "600"
    assert not Path(argv[0].partition("=")[2]).exists()
    assert stat.S_IMODE((Path(found.path) / dump.SQL).stat().st_mode) == 0o600


@pytest.mark.parametrize("mysqldump", ["echo 'Got error: 1045' >&2; exit 2"], indirect=True)
def test_a_dump_that_fails_makes_the_backup_bad_with_what_it_said(mysqldump: Path, root: Path) -> None:
    found = take()
    assert (found.status, found.error) == ("bad", "mysqldump: Got error: 1045")
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("mysqldump", ["echo 'INSERT INTO t VALUES (1);'"], indirect=True)
def test_a_dump_that_is_cut_short_is_not_verified(mysqldump: Path) -> None:
    found = take()
    assert (found.status, found.error) == ("bad", "database.sql.gz: not complete")


@pytest.mark.parametrize("mysqldump", [COMPLETE], indirect=True)
def test_without_the_program_the_backup_is_bad(mysqldump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "PROGRAMS", ("nothing-of-this-name",))
    found = take()
    assert (found.status, "installed" in found.error) == ("bad", True)


def test_the_server_is_met_where_django_meets_it(tmp_path: Path) -> None:
    database = {
        "USER": "u", "PASSWORD": "", "HOST": "", "PORT": "",
        "OPTIONS": {"unix_socket": "/run/db.sock", "ssl": {"ca": "/ca.pem"}},
    }  # fmt: skip
    (tmp_path / "a").mkdir()
    text = options.write(tmp_path, database).read_text()
    assert text == '[client]\nuser="u"\nsocket="/run/db.sock"\nssl-ca="/ca.pem"\n'
    text = options.write(tmp_path / "a", {"HOST": "/run/other.sock"}).read_text()
    assert text == '[client]\nsocket="/run/other.sock"\n'


@pytest.fixture
def other() -> Iterator[str]:
    """An empty database of the same server."""
    name = f"{connection.settings_dict['NAME']}_put_back"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.skipif(connection.vendor != MYSQL, reason="MariaDB's own program")
def test_mariadb_is_dumped_by_its_own_program_and_can_be_put_back(transactional_db: None, other: str) -> None:
    # Larger than what the programs send at once by default.
    payload = bytes(range(256)) * 4_000
    DeadLetter.objects.create(
        kind="health", reason="r", category="c", form="entry", payload=payload, digest="d",
        received_at="2026-09-15T00:00Z",
    )  # fmt: skip
    found = take()
    assert found.status == "verified", found.error
    client = ["mariadb", f"--socket={connection.settings_dict['OPTIONS']['unix_socket']}", "--user=root", other]
    with dump.lines.reading(Path(found.path) / dump.SQL) as file:
        subprocess.run(client, input=file.read(), check=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT payload FROM {other}.ljwx_dead_letter")
        assert cursor.fetchall() == ((payload,),)
        cursor.execute(f"SELECT COUNT(*) FROM {other}.django_migrations")
        assert cursor.fetchone()[0] > 30
