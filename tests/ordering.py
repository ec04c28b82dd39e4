"""In which order the processes of a run take the tests: the long ones first, so that none is left alone in the end."""

from collections.abc import Sequence

import pytest

# Seconds of a file, about, on two processors. The tests of one stay together: many share a system that runs.
LONG = {
    "browser/test_dashboard.py": 250, "processes/test_up.py": 200, "processes/test_faults.py": 160,
    "processes/test_demo.py": 120, "processes/test_api.py": 100, "project/test_bench_quick.py": 60,
    "processes/test_drill.py": 60, "processes/test_simulate.py": 60, "processes/test_scaling.py": 60,
    "processes/test_consumers.py": 60, "processes/test_rollback.py": 60, "processes/test_backups.py": 40,
    "processes/test_metrics.py": 30, "processes/test_evidence.py": 30, "ingest/test_description.py": 30,
    "processes/test_mirror.py": 20, "processes/test_viewers.py": 20, "processes/test_controller.py": 20,
    "processes/test_consistency.py": 20, "processes/test_alerts.py": 20, "project/test_quality.py": 20,
}  # fmt: skip
# Half a minute each, and each for itself.
NEXT = "simulation/test_seeds.py"


def ordered(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """`items` for `processes` that take equal parts of the list from its beginning, and then the ends of others'
    parts (pytest-xdist's worksteal)."""
    parts: list[list[pytest.Item]] = [[] for _ in range(processes)]
    seconds = [0.0] * processes
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault("/".join(item.path.parts[-2:]), []).append(item)
    for name in sorted(files.keys() & LONG.keys(), key=lambda name: (-LONG[name], name)):
        least = seconds.index(min(seconds))
        parts[least] += files.pop(name)
        seconds[least] += LONG[name]
    for number, item in enumerate(files.pop(NEXT, [])):
        parts[number % processes].append(item)
    rest = [item for own in files.values() for item in own]
    size = -(-len(items) // processes)
    for part in parts:
        missing = max(0, size - len(part))
        part += rest[:missing]
        del rest[:missing]
    return [item for part in parts for item in part] + rest
