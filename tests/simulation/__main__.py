"""`python -m tests.simulation`, or bench/simulation: long runs, and one seed again with its trace. Needs no server."""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.simulation.portion import portion, ready

PORTION = 500
TOLD_EVERY_S = 10.0


def main(words: Sequence[str]) -> int:
    """The exit code: 0 when every invariant held, 1 when not."""
    parser = argparse.ArgumentParser(prog="bench/simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000, help="how many (default 20,000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    parser.add_argument("--replay", type=int, metavar="SEED", help="run this seed alone, with its trace")
    parser.add_argument("--shrink", action="store_true", help="with --replay: leave out the faults it does not need")
    options = parser.parse_args(words)
    if options.replay is not None:
        return replay(options.replay, shrink=options.shrink)
    return many(first=options.first, seeds=options.seeds, jobs=options.jobs)


def replay(seed: int, *, shrink: bool) -> int:
    """Print the trace of `seed` and what it breaks."""
    with ready() as ports:
        from tests.simulation import sweep
        from tests.simulation.system import run

        result = sweep.shrunk(ports, seed) if shrink else run(ports, seed, traced=True)
        sys.stdout.write(sweep.text(result))
    return int(bool(result.violations))


def many(*, first: int, seeds: int, jobs: int) -> int:
    """Run `seeds` seeds from `first` on; progress and traces to stderr, the last line of stdout is one JSON object."""
    started = told = time.monotonic()
    counts: Counter[str] = Counter()
    done, failed = 0, 0
    portions = [range(start, min(start + PORTION, first + seeds)) for start in range(first, first + seeds, PORTION)]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(portion, each) for each in portions]):
            found, broken = future.result()
            counts.update(found)
            done, failed = done + found["seeds"], failed + broken
            if time.monotonic() - told > TOLD_EVERY_S:
                told = time.monotonic()
                rate = done / (told - started)
                sys.stderr.write(f"{done:,} of {seeds:,} seeds, {rate:,.0f}/s, {failed} failed\n")
    figures = {
        "seeds": done,
        "violations": failed,
        **{name: counts[name] for name in ("steps", "kills", "faults")},
        "seconds": round(time.monotonic() - started, 1),
    }
    sys.stderr.write(f"{json.dumps(dict(sorted(counts.items())))}\n")
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
