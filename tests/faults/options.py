"""What was asked for on the command line."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults import rows
from tests.faults.row import PROOF, ROWS, Row

__all__ = ["Options", "parse", "rows"]

AREAS = sorted({row.area for row in ROWS.values()})


@dataclass(frozen=True, slots=True)
class Options:
    """`kills`: consumers killed at named places, besides the rows."""

    rows: tuple[Row, ...]
    repeats: int
    kills: int
    together: bool
    seed: int
    markdown: Path | None
    words: str


def parse(words: Sequence[str]) -> Options:
    """The options in `words`; argparse ends the process when they are none."""
    parser = argparse.ArgumentParser(
        prog="bench/faults",
        description="Hurts the whole system under load and proves that nothing accepted is lost. Exit 1 when it is.",
    )
    parser.add_argument("--rows", nargs="*", metavar="ROW", help=f"rows, or {', '.join(AREAS)}; all but proofs")
    parser.add_argument("--no-rollback", action="store_true", help="leave out the rows with a rollback meanwhile")
    parser.add_argument("--together", action="store_true", help="all rows under one load: quick, not told apart")
    parser.add_argument("--list", action="store_true", help="name the rows, and end")
    parser.add_argument("--repeats", type=positive, default=1, help="trials of every row, each with its own seed (1)")
    parser.add_argument("--kills", type=int, default=0, help="consumers killed at named places under one load (0)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--hold", type=float, help="seconds that each fault lasts, instead of the row's own")
    parser.add_argument("--rate", type=float, help="uploads a second")
    parser.add_argument("--devices", type=positive, help="serials that send")
    parser.add_argument("--size", type=positive, help="records of the row `poison`")
    parser.add_argument("--markdown", type=Path, help="write the table to this file too")
    found = parser.parse_args(words)
    if found.list:
        for row in ROWS.values():
            sys.stdout.write(f"{row.name:36} {row.area:9} {row.percentage:3} %  {row.says}\n")
        parser.exit()
    asked = found.rows
    if unknown := [name for name in asked or () if name not in ROWS and name not in AREAS]:
        parser.error(f"no row {', '.join(unknown)}; --list names them")
    wanted = [
        row
        for row in ROWS.values()
        if (row.area != PROOF if asked is None else row.name in asked or row.area in asked)
        and not (found.no_rollback and row.rollback)
    ]
    given = {name: getattr(found, name) for name in ("hold", "rate", "devices", "size")}
    changed = {name: value for name, value in given.items() if value is not None}
    return Options(
        rows=tuple(replace(row, **changed) for row in wanted),
        repeats=found.repeats,
        kills=found.kills,
        together=found.together,
        seed=found.seed,
        markdown=found.markdown,
        words=" ".join(words),
    )


def positive(text: str) -> int:
    """A whole number above zero."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
