"""How busy this machine is: the share of the processor and of the memory that there is for this process.

In a container that is what its control group (cgroup v2) may have, anywhere else the whole machine. What can not be
read is None, never 0. A limit by cgroup v1 is not seen: the share is the machine's then.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# user, nice, system, irq, softirq, steal: all but idle and iowait. Guests are in user already (proc_stat(5)).
_BUSY, _ALL = (0, 1, 2, 5, 6, 7), range(8)


@dataclass(frozen=True, slots=True)
class Used:
    """Processor seconds `used` since some time in the past, by `at` (seconds of a monotonic clock), of `cores` that
    there are. `source`: who counts; two readings of different ones have nothing in common."""

    at: float
    used: float
    cores: float
    source: str


def share(before: Used | None, after: Used | None) -> float | None:
    """The average share of the processor between two readings, from 0 to about 1. None when either is not known, no
    time is between them, or what counted is another or has begun anew."""
    if before is None or after is None or before.source != after.source:
        return None
    seconds, used = after.at - before.at, after.used - before.used
    if seconds <= 0 or used < 0 or after.cores <= 0:
        return None
    return used / (seconds * after.cores)


def read(*, root: Path = Path("/"), clock: Callable[[], float] = time.monotonic) -> Used | None:
    """The processor seconds that were used by now: of the innermost control group with a limit, else of all."""
    for folder in _groups(root):
        cores = _cores(folder, outer=cpus(_text(root / "sys/devices/system/cpu/online")))
        used = usage(_text(folder / "cpu.stat"))
        if cores is not None and used is not None:
            return Used(clock(), used, cores, str(folder))
    found = stat(_text(root / "proc/stat"))
    return None if found is None else Used(clock(), found[0], found[1], "/proc/stat")


def memory(*, root: Path = Path("/")) -> float | None:
    """The share of the memory that is used and can not be had back by dropping caches, from 0 to 1."""
    for folder in _groups(root):
        limit, current = number(_text(folder / "memory.max")), number(_text(folder / "memory.current"))
        if limit and current is not None:
            caches = fields(_text(folder / "memory.stat"), "inactive_file")
            return max(0, current - (caches or 0)) / limit
    text = _text(root / "proc/meminfo")
    total, available = fields(text, "MemTotal:"), fields(text, "MemAvailable:")
    return None if not total or available is None else 1 - available / total


def usage(text: str) -> float | None:
    """Processor seconds in the text of `cpu.stat`."""
    found = fields(text, "usage_usec")
    return None if found is None else found / 1e6


def quota(text: str) -> float | None:
    """Cores in the text of `cpu.max`, `quota period` in microseconds; None for "max", no limit."""
    words = text.split()
    if len(words) != 2 or not all(word.isdecimal() for word in words) or not int(words[1]):
        return None
    return int(words[0]) / int(words[1])


def cpus(text: str) -> int | None:
    """How many processors a list such as `0-3,8` names; None for none."""
    count = 0
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            return None
        count += int(last or first) - int(first) + 1
    return count or None


def stat(text: str) -> tuple[float, int] | None:
    """Busy processor seconds and the number of processors in the text of `/proc/stat`."""
    lines = [line.split() for line in text.splitlines() if line.startswith("cpu")]
    total = next((words[1:] for words in lines if words[0] == "cpu"), [])
    cores = sum(words[0] != "cpu" for words in lines)
    if len(total) < len(_ALL) or not cores or not all(word.isdecimal() for word in total):
        return None
    return sum(int(total[index]) for index in _BUSY) / os.sysconf("SC_CLK_TCK"), cores


def fields(text: str, name: str) -> int | None:
    """The number after `name` at the beginning of a line."""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == name:
            return number(words[1])
    return None


def number(text: str) -> int | None:
    """A whole number, None for anything else, "max" too."""
    return int(text) if text.strip().isdecimal() else None


def _groups(root: Path) -> Iterator[Path]:
    """The folders of the process' control group and of those around it, innermost first."""
    top = root / "sys/fs/cgroup"
    path = next((line[3:] for line in _text(root / "proc/self/cgroup").splitlines() if line.startswith("0::")), None)
    if path is None or ".." in path:
        return
    folder = top / path.strip("/")
    yield folder
    while folder != top:
        folder = folder.parent
        yield folder


def _cores(folder: Path, *, outer: int | None) -> float | None:
    """What the control group limits itself to; None when it does not."""
    limited, processors = quota(_text(folder / "cpu.max")), cpus(_text(folder / "cpuset.cpus.effective"))
    if processors is not None and outer is not None and processors >= outer:
        processors = None
    return min((each for each in (limited, processors) if each is not None), default=None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
