"""A program the supervisor keeps running, and the process that runs it now."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
ROOT = Path(__file__).resolve().parents[2]
LOG_KEPT_BYTES = 16 * 1024 * 1024
_libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Program:
    """One child: its name, command, when it counts as ready, and the seconds it may take to stop.

    One that `ends` is not started again when it is over, and speaks to the operator itself. Without a `vital` one there
    is no service; the others are started again for ever once all have been ready.
    """

    name: str
    argv: Sequence[str | Path]
    ready: Callable[[], bool]
    patience: float
    ends: bool = False
    vital: bool = False


def spawn(
    argv: Sequence[str | Path], *, log: Path | None, env: Mapping[str, str], lock: int
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, its output appended to `log`; None: it has that of this process.

    A terminal's Ctrl-C does not reach it; it gets SIGTERM when this process is gone for any reason; it holds `lock`.
    """
    parent = os.getpid()

    def before_exec() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    with _output(log) as output:
        return subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=dict(env),
            start_new_session=True,
            pass_fds=(lock,),
            preexec_fn=before_exec,
        )


@contextlib.contextmanager
def _output(log: Path | None) -> Iterator[IO[bytes] | None]:
    if log is None:
        yield None
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        yield output


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal `process` and what it started and did not move elsewhere; nobody left to hear it is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
