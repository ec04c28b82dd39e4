"""A row of the matrix: one fault, how it is done, and what may be answered meanwhile."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.simulator.dice import Dice

if TYPE_CHECKING:
    from tests.faults.load import Report
    from tests.faults.scene import Scene

# Does the fault on entering and heals it on leaving; fails when the fault did not happen.
Fault = Callable[["Scene", Dice], AbstractContextManager[None]]
# What is wrong with a report beyond what must hold for every row.
Proof = Callable[["Scene", "Report"], str]

PROCESS, REDIS, DATABASE, PROOF = "process", "redis", "database", "proof"


def _content(scene: "Scene", report: "Report") -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Row:
    """`area`: what is hurt, or a proof of its own. `percentage`: the share on the stream before the fault. `hold`:
    seconds that it lasts. `rate`: uploads a second. `loses_answers`: what answers is hurt itself, so that an upload may
    get none. `rollback`: the share goes to 0 while the fault lasts. `writers`: LJWX_LEGACY_WRITERS of the web
    processes, 0 for the default. `size`: records that the row is about. `proof`: what it must show besides."""

    name: str
    area: str
    says: str
    fault: Fault
    percentage: int = 50
    hold: float = 1.5
    rate: float = 60.0
    devices: int = 60
    loses_answers: bool = False
    rollback: bool = False
    writers: int = 0
    size: int = 0
    proof: Proof = _content


ROWS: dict[str, Row] = {}


def row(name: str, area: str, **values: object) -> Callable[[Fault], Fault]:
    """Declare a row; the first line of the function's docstring says what is done. A rollback meanwhile is a row too,
    but for proofs."""

    def declare(fault: Fault) -> Fault:
        says = (fault.__doc__ or "").partition("\n")[0].rstrip(".")
        plain = ROWS[name] = Row(name, area, says, fault, **values)  # type: ignore[arg-type]
        if area != PROOF:
            rolled = replace(plain, name=f"{name}+rollback", says=f"{says}; rollback meanwhile", percentage=100)
            ROWS[rolled.name] = replace(rolled, rollback=True)
        return fault

    return declare
