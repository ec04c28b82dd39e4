"""The benchmark runs, with servers of its own, and loses nothing. What it measures here is not looked at."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASURED = {"stored_per_s", "ratio_legacy", "lost"}
LEFT_OUT = {
    "ratio_fastapi", "p99_ms_10000_connections", "storm_records_per_s", "stored_p99_ms", "accept_us", "sos_seconds",
}  # fmt: skip


def test_a_quick_run_end_to_end_stores_every_accepted_upload() -> None:
    argv = [sys.executable, "-m", "bench", "e2e", "--quick"]
    run = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    figures = json.loads(run.stdout.splitlines()[-1])
    assert set(figures) == MEASURED | LEFT_OUT
    assert figures["lost"] == 0
    assert all(figures[name] > 0 for name in MEASURED - {"lost"})
    assert all(figures[name] is None for name in LEFT_OUT)
