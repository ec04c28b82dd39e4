"""Files of JSON lines, gzipped: written line by line with their hash and their count."""

import contextlib
import gzip
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rollout.backups import folder
from rollout.backups.manifest import Facts

FASTEST = 1


class Hashing:
    """A file that is being written, and the hash of what is in it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


class Sink:
    """Takes the lines of one file. `facts` once it is closed."""

    facts: Facts

    def __init__(self, target: gzip.GzipFile) -> None:
        self._target = target
        self.rows = 0

    def line(self, text: bytes) -> None:
        """One line, without its end. Raises OSError."""
        self._target.write(text + b"\n")
        self.rows += 1

    def raw(self, data: bytes) -> None:
        """A piece of text that brings its own ends of lines. Raises OSError."""
        self._target.write(data)
        self.rows += data.count(b"\n")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Sink]:
    """A new file; on the disk for good when the body ends. Raises OSError."""
    with os.fdopen(folder.create(path), "wb") as file:
        hashing = Hashing(file)
        with gzip.GzipFile(filename="", mode="wb", compresslevel=FASTEST, fileobj=hashing, mtime=0) as target:
            sink = Sink(target)
            yield sink
        file.flush()
        os.fsync(file.fileno())
    sink.facts = Facts(sha256=hashing.sha256.hexdigest(), size=hashing.size, rows=sink.rows)


def reading(path: Path) -> gzip.GzipFile:
    """The lines of a file that `writing` made. Raises OSError, EOFError and zlib.error while it is read."""
    return gzip.open(path, "rb")
