"""Runs pytest on SQLite and on MariaDB: `python -m tests.run [WORD | PATH]...`, or `bin/test`, which installs first."""

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
# What meets a database; the rest says the same on either.
ON_BOTH = ("tests/ingest", "tests/streaming", "tests/rollout", "tests/monitoring", "tests/processes")
NOTHING_SELECTED = 5
# One more than there are processors: tests of real processes wait for a quarter of their time.
PROCESSES = (os.cpu_count() or 2) + 1

say = functools.partial(print, flush=True)


def main(words: Sequence[str]) -> int:
    """The exit code: 0 when every run passed, 1 when one failed, 3 when a server is missing, 5 when no test matches."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    started = time.monotonic()
    try:
        if servers.OLDEST_IS_BUILT:
            servers.redis_62()
        else:
            say("== Nobody builds a Redis 6.2 for this machine: the tests with one are left out")
        with temporary() as folder, servers.redis(folder / "redis") as redis, servers.mariadb(folder / "db") as mariadb:
            say(f"== Redis and MariaDB run ({time.monotonic() - started:.1f} s)")
            results = [
                run("SQLite", selection(words, ("tests",)), folder / "sqlite", {"LJWX_TEST_REDIS": redis}),
                run(
                    "MariaDB",
                    selection(words, ON_BOTH),
                    folder / "mariadb",
                    {"LJWX_TEST_REDIS": redis, "LJWX_TEST_DATABASE_URL": mariadb},
                ),
            ]
    except servers.Missing as error:
        say(error, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130
    say(f"== All in {time.monotonic() - started:.1f} s")
    for name, code, seconds in results:
        say(f"{name:<8} {verdict(code):<22} {seconds:6.1f} s")
    codes = {code for _name, code, _seconds in results}
    if codes == {NOTHING_SELECTED}:
        return NOTHING_SELECTED
    return int(bool(codes - {0, NOTHING_SELECTED}))


def verdict(code: int) -> str:
    """pytest's exit code in words."""
    return {0: "passed", NOTHING_SELECTED: "no test selected"}.get(code, f"FAILED (code {code})")


def selection(words: Sequence[str], folders: Sequence[str]) -> list[str] | None:
    """pytest's arguments for what is asked: paths as far as they lie in `folders`, other words as a name.

    None when that is nothing at all.
    """
    paths = [word for word in words if (ROOT / word.partition("::")[0]).exists()]
    names = [word for word in words if word not in paths]
    wanted = [path for path in paths if any(Path(path).is_relative_to(folder) for folder in folders)]
    wanted += [each for each in folders if (ROOT / each).is_dir() and (not paths or is_above(paths, each))]
    return [*dict.fromkeys(wanted), *(["-k", " and ".join(names)] if names else [])] if wanted else None


def is_above(paths: Sequence[str], folder: str) -> bool:
    """Whether one of `paths` contains `folder`."""
    return any(Path(folder).is_relative_to(Path(path)) for path in paths)


def run(name: str, arguments: list[str] | None, folder: Path, servers_of_it: dict[str, str]) -> tuple[str, int, float]:
    """One run of pytest: its name, exit code and seconds."""
    say(f"== {name}")
    started = time.monotonic()
    if arguments is None:
        return name, NOTHING_SELECTED, 0.0
    folder.mkdir()
    pytest = [sys.executable, "-m", "pytest", "--ds=tests.settings", "-q", "-n", str(PROCESSES), "--dist", "worksteal"]
    pytest += ["--import-mode=importlib", f"--basetemp={folder / 'tmp'}"]
    env = {**os.environ, **servers_of_it, "LJWX_TEST_DIR": str(folder)}
    # Hundreds of processes are started: without bytecode each compiles the project anew, half a second of a processor.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen([*pytest, "--durations=5", *arguments], cwd=ROOT, env=env)
    try:
        code = process.wait()
    finally:
        process.terminate()
        process.wait()
    return name, code, time.monotonic() - started


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A folder with a path short enough for sockets, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ljwx-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
