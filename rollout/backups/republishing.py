"""The entries of a backup that are not in their streams any more, appended again."""

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import redis
from django.utils import timezone

from ljwx.redis import client
from rollout.backups import beating, entries, folder, lines
from rollout.backups.entries import Line
from streaming.registry import Kind

NOTES = "restored_{}.jsonl"


def republish(path: Path, kinds: Sequence[Kind], *, beat: beating.Beat) -> dict[str, Any]:
    """Append what is missing; per kind how many were `present` and how many `republished`, and `ids`: the file with
    the id that each had and the one that it has now.

    An entry that is in its stream with the same content is left alone: it is acknowledged, or will be. `error`: Redis
    or the disk went away; what comes after is not appended.
    """
    notes = path.parent / NOTES.format(f"{timezone.now():%Y%m%dT%H%M%S%f}")
    counts: dict[str, dict[str, int]] = {kind.name: {"present": 0, "republished": 0} for kind in kinds}
    error = ""
    try:
        with os.fdopen(folder.create(notes), "wb") as file:
            for kind in kinds:
                for page in _pages(path / entries.name(kind.name)):
                    beat()
                    moved = _append(kind, page)
                    counts[kind.name]["present"] += len(page) - len(moved)
                    counts[kind.name]["republished"] += len(moved)
                    file.writelines(
                        msgspec.json.encode({"kind": kind.name, "was": was, "is": now}) + b"\n" for was, now in moved
                    )
    except (redis.RedisError, OSError) as failure:
        error = f"{type(failure).__name__}: {failure}"
    return {"entries": counts, "ids": str(notes), "error": error}


def _pages(path: Path) -> Iterator[list[Line]]:
    decoder = msgspec.json.Decoder(Line)
    with lines.reading(path) as file:
        while page := [decoder.decode(line) for line in islice(file, entries.PAGE)]:
            yield page


def _append(kind: Kind, page: Sequence[Line]) -> list[tuple[str, str]]:
    connection = client("control")
    there = entries.contents(connection, kind.stream, [line.id for line in page])
    missing = [line for line, fields in zip(page, there, strict=True) if fields != dict(line.fields)]
    pipeline = connection.pipeline(transaction=False)
    for line in missing:
        # No MAXLEN, ever; a new id, for a stream takes none below its last.
        pipeline.xadd(kind.stream, dict(line.fields))
    return [(line.id, new.decode()) for line, new in zip(missing, pipeline.execute(), strict=True)]
