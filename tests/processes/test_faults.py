"""A small run of the fault matrix: real servers of its own behind fault proxies, real processes, real signals.

`bench/faults` plays the same rows one by one, longer and with many seeds.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What is hurt in the run on SQLite, and in the one on MariaDB; the scene is the same, with a MariaDB of its own.
RUNS = {
    False: {
        "redis": ["--rows", "redis", "--no-rollback", "--together", "--hold", "0.8"],
        "processes": ["--rows", "process", "--no-rollback", "--together", "--hold", "0.8"],
    },
    True: {
        "database": ["--rows", "database", "--no-rollback", "--together", "--hold", "1"],
        "rollback and kills": ["--rows", "redis-frozen+rollback", "database-stop+rollback", "--kills", "30"],
    },
}[bool(os.environ.get("LJWX_TEST_DATABASE_URL"))]


@pytest.mark.parametrize("arguments", RUNS.values(), ids=RUNS.keys())
def test_nothing_is_lost_doubled_wrong_or_wrongly_dead_whatever_is_hurt(arguments: list[str]) -> None:
    argv = [sys.executable, "-m", "tests.faults", *arguments]
    run = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert found.pop("trials") > 0
    assert found.pop("accepted") > 0
    assert found == {"lost": 0, "doubled": 0, "wrong": 0, "dead_wrongly": 0}
