"""The project's own consumers, as its command starts them."""

import contextlib
import sys
from collections.abc import Iterator

from bench.ground import Ground
from bench.tree import Tree
from ljwx.redis import CONSUMER_KEY, client

START_S = 60.0


@contextlib.contextmanager
def running(ground: Ground, *, workers: int = 3) -> Iterator[Tree]:
    """`manage.py run_consumers`, each of whose workers has reported that it lives: one for events alone, the others,
    as many as there are cores, for everything."""
    argv = [sys.executable, "manage.py", "run_consumers", "--workers", str(workers)]
    tree = Tree("run_consumers", argv, log=ground.folder / "consumers.log")

    def alive() -> bool:
        return sum(1 for _ in client("control").scan_iter(CONSUMER_KEY.format("*"))) >= workers

    try:
        ground.until(alive, tree.check, within=START_S)
        yield tree
    finally:
        tree.end()
