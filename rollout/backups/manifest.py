"""The list of what is in a backup. Its own hash is kept in the database, so that it can not be changed either."""

import hashlib
import os
from pathlib import Path

import msgspec

from rollout.backups import folder
from rollout.backups.errors import Damaged

NAME = "manifest.json"
VERSION = 1


class Facts(msgspec.Struct, frozen=True):
    """What a file must be when it is read back: SHA-256 in hexadecimal, bytes, lines or rows."""

    sha256: str
    size: int
    rows: int


class Manifest(msgspec.Struct, frozen=True):
    """What was taken, when (ISO 8601, UTC) and why; `missing` says what could not be had, empty when nothing."""

    v: int
    event: str
    taken_at: str
    actor: str
    reason: str
    database: str
    missing: str
    files: dict[str, Facts]

    @property
    def size(self) -> int:
        """Bytes of all files but the manifest."""
        return sum(facts.size for facts in self.files.values())

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each file."""
        return {name: facts.rows for name, facts in sorted(self.files.items())}


def write(work: Path, manifest: Manifest) -> str:
    """Put `manifest` into its folder; returns its SHA-256. Raises OSError."""
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    with os.fdopen(folder.create(work / NAME), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def read(path: Path, *, sha256: str) -> Manifest:
    """The manifest of the backup in `path`. Raises Damaged when it is not the one with this hash."""
    try:
        data = (path / NAME).read_bytes()
    except OSError as error:
        raise Damaged(f"{NAME}: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Damaged(f"{NAME}: another SHA-256")
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise Damaged(f"{NAME}: {error}") from error
    if manifest.v != VERSION:
        raise Damaged(f"{NAME}: version {manifest.v}, this code knows {VERSION}")
    return manifest


def is_there(path: Path, *, sha256: str) -> bool:
    """Whether the backup in `path` can be found from here."""
    try:
        read(path, sha256=sha256)
    except Damaged:
        return False
    return True
