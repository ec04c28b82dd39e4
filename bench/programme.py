"""The scenarios that were chosen, one after the other, and what is told of them in the end."""

import importlib
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import machine, report
from bench.ground import Ground
from bench.options import Options
from bench.report import say


def play(options: Options, folder: Path) -> int:
    """Run what `options` asks for; 0 when nothing was lost. Each scenario's results are kept, but of quick runs."""
    results: dict[str, Any] = {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": machine.describe(folder),
        "scenarios": {},
        "figures": {},
    }
    say(", ".join(f"{name} {value}" for name, value in results["machine"].items()))
    ground = Ground(folder)
    path = None
    for name in options.scenarios:
        say(f"\n== {name}")
        started = time.monotonic()
        scenario = importlib.import_module(f"bench.scenarios.{name}")
        found = scenario.run(ground, options)
        results["scenarios"][name] = found
        merge(results["figures"], scenario.figures(found))
        say(f"== {name} took {time.monotonic() - started:.0f} s")
        if not options.quick:
            path = report.save(results)
    if path:
        say(f"\nKept in {path}")
    say(report.figures(results["figures"]))
    return int(bool(results["figures"].get("lost")))


def merge(figures: dict[str, Any], more: dict[str, Any]) -> None:
    """Add a scenario's figures; what is lost adds up."""
    lost = [each["lost"] for each in (figures, more) if each.get("lost") is not None]
    figures.update(more)
    if lost:
        figures["lost"] = sum(lost)
