"""What is told while it runs, and what is kept of it."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import machine

say = functools.partial(print, flush=True)

RESULTS = Path(__file__).parent / "results"
# The order of the last line. None is what a run left out.
FIGURES = (
    "stored_per_s", "ratio_legacy", "ratio_fastapi", "p99_ms_10000_connections", "storm_records_per_s",
    "stored_p99_ms", "accept_us", "sos_seconds", "rollback_last_entry_s", "rollback_drained_s", "lost",
)  # fmt: skip


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a markdown table: words to the left, figures to the right."""
    lines = [heads, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    left = [any(cell[:1].isalpha() for cell in column) for column in zip(*rows, strict=True)]
    say(_row(heads, widths, left))
    say("|" + "|".join(":" + "-" * (width + 1) if is_left else "-" * (width + 1) + ":"
                       for width, is_left in zip(widths, left, strict=True)) + "|")  # fmt: skip
    for row in rows:
        say(_row(row, widths, left))
    say()


def _row(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    aligned = [
        cell.ljust(width) if is_left else cell.rjust(width)
        for cell, width, is_left in zip(cells, widths, left, strict=True)
    ]
    return f"| {' | '.join(aligned)} |"


def save(results: dict[str, Any]) -> Path:
    """Write `results` to a file named by the start of the run and the machine; the run may write it again."""
    RESULTS.mkdir(exist_ok=True)
    started = results["started"][:16].replace("T", "-").replace(":", "")
    path = RESULTS / f"{started}-{machine.tag(results['machine'])}.json"
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def figures(found: dict[str, Any]) -> str:
    """The last line: one JSON object."""
    return json.dumps({name: found.get(name) for name in FIGURES})
