"""Shares of processor and memory, read from the texts that the kernel writes; unknown is None."""

from pathlib import Path

import pytest

from monitoring import machine
from monitoring.machine import Used, share

CPU_STAT = """usage_usec 45876330
user_usec 38012021
system_usec 7864309
nr_periods 512
nr_throttled 3
throttled_usec 120034
"""
PROC_STAT = """cpu  1582476 73224 263960 807005 7727 0 17468 3656 0 0
cpu0 776317 36686 126334 429135 2340 0 6149 1724 0 0
cpu1 806159 36538 137626 377870 5387 0 11319 1932 0 0
intr 143518245 0 9
ctxt 318214087
"""
MEMINFO = """MemTotal:       24684096 kB
MemFree:        22329468 kB
MemAvailable:   18513072 kB
Buffers:           18120 kB
"""
MEMORY_STAT = "anon 104857600\nfile 524288000\ninactive_file 400000000\nactive_file 100000000\n"


def tree(folder: Path, files: dict[str, str]) -> Path:
    """A file system with these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "cores"),
    [("200000 100000\n", 2.0), ("50000 100000\n", 0.5), ("max 100000\n", None), ("", None), ("1 0", None)],
)
def test_a_quota_is_read_in_cores(text: str, cores: float | None) -> None:
    assert machine.quota(text) == cores


@pytest.mark.parametrize(
    ("text", "count"), [("0-3\n", 4), ("0", 1), ("0-1,4,6-7\n", 5), ("\n", None), ("", None), ("a-b", None)]
)
def test_a_list_of_processors_is_counted(text: str, count: int | None) -> None:
    assert machine.cpus(text) == count


def test_usage_is_read_in_seconds() -> None:
    assert machine.usage(CPU_STAT) == pytest.approx(45.87633)
    assert machine.usage("") is None


def test_busy_time_of_the_machine_is_all_but_idle_and_waiting() -> None:
    found = machine.stat(PROC_STAT)
    assert found is not None
    ticks = machine.os.sysconf("SC_CLK_TCK")
    assert found == (pytest.approx((1582476 + 73224 + 263960 + 17468 + 3656) / ticks), 2)


@pytest.mark.parametrize("text", ["", "cpu  1 2 3\n", "cpu  a b c d e f g h\ncpu0 1\n", "intr 3\n"])
def test_a_text_that_is_none_of_the_kernels_is_unknown(text: str) -> None:
    assert machine.stat(text) is None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Used(10, 100, 2, "a"), Used(30, 130, 2, "a"), 0.75),
        (Used(10, 100, 2, "a"), Used(30, 100, 2, "a"), 0.0),
        (Used(10, 100, 2, "a"), Used(10, 130, 2, "a"), None),
        (Used(10, 100, 2, "a"), Used(30, 90, 2, "a"), None),
        (Used(10, 100, 2, "a"), Used(30, 130, 2, "b"), None),
        (None, Used(30, 130, 2, "a"), None),
        (Used(10, 100, 2, "a"), None, None),
    ],
)
def test_the_share_is_the_average_between_two_readings(
    before: Used | None, after: Used | None, expected: float | None
) -> None:
    assert share(before, after) == expected


def test_in_a_container_the_quota_counts_and_not_the_machine(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "proc/stat": PROC_STAT,
            "sys/fs/cgroup/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/cpu.stat": CPU_STAT,
        },
    )
    found = machine.read(root=root, clock=lambda: 5.0)
    assert found == Used(5.0, 45.87633, 1.5, str(root / "sys/fs/cgroup"))


def test_a_limit_around_the_group_and_a_smaller_set_of_processors_count_too(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "12:cpuset:/x\n0::/slice/service\n",
            "sys/devices/system/cpu/online": "0-7\n",
            "sys/fs/cgroup/slice/service/cpu.max": "max 100000\n",
            "sys/fs/cgroup/slice/service/cpuset.cpus.effective": "0-7\n",
            "sys/fs/cgroup/slice/service/cpu.stat": "usage_usec 1\n",
            "sys/fs/cgroup/slice/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/slice/cpuset.cpus.effective": "0-1\n",
            "sys/fs/cgroup/slice/cpu.stat": CPU_STAT,
        },
    )
    found = machine.read(root=root, clock=lambda: 5.0)
    assert found == Used(5.0, 45.87633, 2, str(root / "sys/fs/cgroup/slice"))


def test_without_a_limit_it_is_the_machine(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "proc/stat": PROC_STAT,
            "proc/meminfo": MEMINFO,
            "sys/fs/cgroup/cpu.stat": CPU_STAT,
            "sys/fs/cgroup/memory.max": "max\n",
            "sys/fs/cgroup/memory.current": "1000\n",
        },
    )
    found = machine.read(root=root)
    assert found is not None
    assert (found.source, found.cores) == ("/proc/stat", 2)
    assert machine.memory(root=root) == pytest.approx(0.25, abs=0.001)


def test_caches_of_a_container_are_no_used_memory(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "proc/meminfo": MEMINFO,
            "sys/fs/cgroup/memory.max": "1000000000\n",
            "sys/fs/cgroup/memory.current": "700000000\n",
            "sys/fs/cgroup/memory.stat": MEMORY_STAT,
        },
    )
    assert machine.memory(root=root) == 0.3


def test_where_nothing_can_be_read_nothing_is_known(tmp_path: Path) -> None:
    assert machine.read(root=tmp_path) is None
    assert machine.memory(root=tmp_path) is None


def test_this_machine_is_known() -> None:
    before, used = machine.read(), machine.memory()
    assert before is not None
    assert before.cores > 0
    assert before.used > 0
    assert used is not None
    assert 0 < used < 1
