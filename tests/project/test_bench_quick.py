"""The benchmark runs, with servers of its own, and loses nothing. What it measures here is not looked at."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ("e2e",)
FIGURES = {"stored_per_s", "ratio_legacy"}
LEFT_OUT = {
    "ratio_fastapi", "storm_records_per_s",
    "p99_ms_10000_connections", "stored_p99_ms", "accept_us", "sos_seconds", "rollback_last_entry_s",
    "rollback_drained_s",
}  # fmt: skip


def test_a_quick_run_stores_every_accepted_upload() -> None:
    argv = [sys.executable, "-m", "bench", *SCENARIOS, "--quick", "--seconds", "1"]
    run = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    figures = json.loads(run.stdout.splitlines()[-1])
    assert figures.pop("lost") == 0
    assert set(figures) == FIGURES | LEFT_OUT
    assert all(figures[name] > 0 for name in FIGURES)
    assert all(figures[name] is None for name in LEFT_OUT)
