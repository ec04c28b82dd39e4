"""What the figures were measured on."""

import os
import platform
import re
import statistics
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from django.db import connection

from ljwx.redis import client

PACKAGES = (
    "django", "djangorestframework", "redis", "hiredis", "msgspec", "mysqlclient", "daphne", "granian", "uvicorn",
    "uvloop", "fastapi", "starlette", "flask",
)  # fmt: skip


def describe(folder: Path) -> dict[str, Any]:
    """Versions, processor and disk; no name of the host."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        database = cursor.fetchone()[0]
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "redis_server": client("control").info("server")["redis_version"],
        "database_server": database,
        "wrk": subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split("[")[0].strip(),
        **{name: version(name) for name in PACKAGES},
        "fdatasync_p50_us": fdatasync_us(folder),
    }


def processor() -> str:
    """The model as the kernel names it."""
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else platform.machine()


def tag(machine: dict[str, Any]) -> str:
    """The machine in a file name: cores and processor."""
    slug = re.sub(r"[^a-z0-9]+", "-", str(machine["processor"]).lower()).strip("-")
    return f"{machine['cores']}x-{slug[:40]}"


def fdatasync_us(folder: Path, *, times: int = 200) -> int:
    """Median microseconds of an fdatasync after 4 KiB in `folder`: what a durable commit can not go below."""
    path = folder / "fdatasync"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    took = []
    try:
        for number in range(times):
            os.pwrite(descriptor, b"x" * 4096, number * 4096)
            started = time.perf_counter()
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - started)
    finally:
        os.close(descriptor)
        path.unlink()
    return round(statistics.median(took) * 1e6)
