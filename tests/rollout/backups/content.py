"""Looking into backups, and spoiling them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from rollout.backups import lines
from rollout.models import Backup


def rows(backup: Backup, name: str) -> list[dict[str, Any]]:
    """The lines of one of its files."""
    with lines.reading(Path(backup.path) / name) as file:
        return [msgspec.json.decode(line) for line in file]


def spoiled(path: Path) -> Iterator[str]:
    """Changes one byte of `path`: the first, one in the middle, the last; the file is whole again after each."""
    whole = path.read_bytes()
    for place in sorted({0, len(whole) // 2, len(whole) - 1}):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        yield f"{path.name}, byte {place}"
    path.write_bytes(whole)
