"""The benchmark runs, with servers of its own, and loses nothing. What it measures here is not looked at."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIGURES = {
    "stored_per_s", "ratio_legacy", "ratio_fastapi", "storm_records_per_s", "stored_p99_ms", "accept_us", "sos_seconds",
}  # fmt: skip


def test_a_quick_run_of_every_scenario_stores_every_accepted_upload() -> None:
    argv = [sys.executable, "-m", "bench", "--quick"]
    run = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    figures = json.loads(run.stdout.splitlines()[-1])
    assert figures.pop("lost") == 0
    # Only the full run holds 10,000 connections.
    assert figures.pop("p99_ms_10000_connections") is None
    assert set(figures) == FIGURES
    assert all(value > 0 for value in figures.values())
