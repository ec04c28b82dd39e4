"""How far the record tables had come."""

import msgspec

from rollout.backups.lines import Sink
from streaming import registry

NAME = "marks.jsonl.gz"


class Mark(msgspec.Struct, frozen=True):
    """The highest id of one table, 0 when it was empty."""

    table: str
    highest: int


def write(sink: Sink) -> None:
    """The mark of every table of every kind. Raises django.db.Error, OSError."""
    for kind in registry.kinds():
        for table, highest in sorted((kind.marks() if kind.marks else {}).items()):
            sink.line(msgspec.json.encode(Mark(table, highest)))
