"""Seeds run outside of pytest: what a process of a long run does."""

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from tests.simulation.ports import Ports

_made: "list[Ports]" = []


@contextlib.contextmanager
def ready() -> "Iterator[Ports]":
    """The ports of this process, held. Sets Django up, so nothing that needs it is imported before."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.simulation.ports import Ports

    if not _made:
        _made.append(Ports())
    with _made[0].hold() as ports:
        yield ports


def portion(seeds: range) -> tuple[Counter[str], int]:
    """Run `seeds`: what happened, and how many failed. Each of these is kept and shown on stderr."""
    with ready() as ports:
        from tests.simulation import sweep

        result = sweep.sweep(ports, seeds)
        for seed, broken in result.failed.items():
            path = sweep.keep(ports, seed, broken)
            sys.stderr.write(f"{path.read_text(encoding='utf-8')}\nseed {seed} fails: {path}\n")
    return result.counts + Counter(seeds=result.seeds), len(result.failed)
