"""A healthy system under load at 0 % with everything mirrored, at 50 % and at 100 %: what a check finds."""

import itertools
import json
import subprocess
import sys
import time
from typing import Any

from django.db import connection

from bench import candidates, consumers, server
from bench.ground import Ground
from bench.options import Options
from bench.report import say, table
from bench.server import Server
from bench.tree import Failed
from rollout.consistency import DatabaseConsistencyChecker
from rollout.models import Check

# Share of devices on the stream, and of the others mirrored.
SHARES = ((0, 100), (50, 0), (100, 0))
CONNECTIONS = 64
SLICE_S = 10
# Beside the readings: uploads of every kind a second, by devices that repeat, batch, and send what can not be stored.
MIXED_PER_S = 40
GRACE_S = 60.0
CLASSES = ("missing", "extra", "different", "duplicate", "late")


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """At each share at least 200,000 records that both the streams and the tables must hold, written under load."""
    count = options.either(200_000, 1_000)
    found = {
        f"{share} %, {mirrored} % mirrored": _measured(ground, share, mirrored, count) for share, mirrored in SHARES
    }
    say()
    heads = ("share / mirrored", "uploads/s", "checked", "match", "dead", *CLASSES, "s of the check")
    names = ("per_s", "checked", "match", "dead", *CLASSES, "check_s")
    table(heads, [(share, *(f"{row[name]:,.0f}" for name in names)) for share, row in found.items()])
    wrong = {share: row for share, row in found.items() if any(row[name] for name in CLASSES) or row["simulated_wrong"]}
    if wrong:
        raise Failed(f"a healthy system does not agree with itself: {json.dumps(wrong)}")
    return found


def _measured(ground: Ground, share: int, mirrored: int, count: int) -> dict[str, Any]:
    ground.reset(share=share, mirrored=mirrored)
    Check.objects.all().delete()
    with consumers.running(ground) as workers, server.running(candidates.LANE_2, ground) as web:
        began = time.perf_counter()
        wrong = _loaded(ground, web, count)
        per_s = web.accepted / (time.perf_counter() - began)
        ground.settled(workers.check)
        ground.until(lambda: ground.mirrored_backlog() == 0, workers.check, within=300.0)
    began = time.perf_counter()
    checker = DatabaseConsistencyChecker(rest=False)
    # All of it is older than the grace then.
    checker.clock = lambda: time.time() + GRACE_S + 1.0
    report = checker.run_comprehensive_check(60).as_dict()
    if report["checked"] < count:
        raise Failed(f"{report['checked']} of {count} records were checked")
    say(f"  {share} %, {mirrored} % mirrored: {report['checked']:,} records, rate {report['rate']}")
    connection.close()
    return {**report, "per_s": per_s, "check_s": time.perf_counter() - began, "simulated_wrong": wrong}


def _loaded(ground: Ground, web: Server, count: int) -> list[str]:
    """Load until the streams were given at least `count` records; what simulated devices beside it found wrong."""
    wrong = []
    argv = [sys.executable, "manage.py", "simulate", "--base-url", f"http://127.0.0.1:{web.port}", "--format", "json"]
    argv += ["--rate", str(MIXED_PER_S), "--seconds", str(SLICE_S), "--bad", "0.01"]
    for number in itertools.count(1):
        if ground.added() + ground.mirrored() >= count:
            return wrong
        mixed = subprocess.Popen([*argv, "--seed", str(number)], stdout=subprocess.PIPE, text=True)
        try:
            web.load(connections=CONNECTIONS, seconds=SLICE_S)
            output = mixed.communicate()[0]
        finally:
            mixed.kill()
            mixed.wait()
        if mixed.returncode:
            wrong.append(output)
    raise AssertionError


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it."""
    return {"lost": sum(row["missing"] for row in found.values())}
