"""Where an upload's processor time goes inside a web process: each layer of the lane alone, without a server."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import uvloop
from django.conf import settings

from bench import quiet
from bench.ground import Ground
from bench.options import Options
from bench.report import say, table
from bench.spread import shown, spread
from ingest import upload
from ingest.accept import ROUTED, commit_of
from ingest.lane import Lane
from ingest.readers import typed
from ljwx import background
from rollout import routes
from streaming import safety
from streaming.producer import Entry

TOGETHER = 32
BODY = (
    b'{"data":{"deviceSn":"BENCH000000001","customerId":"1900000000000000001","orgId":"1900000000000000011",'
    b'"userId":"1900000000000000021","heart_rate":61,"blood_oxygen":96,"body_temperature":"36.9","step":600,'
    b'"distance":"0.7","calorie":"25.0","latitude":"31.230416","longitude":"121.473701","altitude":"4.0","stress":52,'
    b'"upload_method":"wifi","blood_pressure_systolic":128,"blood_pressure_diastolic":85,"sleepData":"null",'
    b'"exerciseDailyData":"null","exerciseWeekData":"null","scientificSleepData":"null","workoutData":"null",'
    b'"timestamp":"2026-01-02 10:00:00"}}'
)
SCOPE = {
    "type": "http", "method": "POST", "path": "/upload_health_data", "query_string": b"", "http_version": "1.1",
    "headers": [
        (b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY)),
    ],
}  # fmt: skip


class AtOnce:
    """What stands in for the group commit when the rest is measured: every append is done already."""

    async def append(self, entries: Sequence[Entry]) -> list[str]:
        """One id each."""
        return ["0-1"] * len(entries)

    async def aclose(self) -> None:
        """Nothing to finish."""


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Processor microseconds of an upload, layer by layer, in interleaved rounds; the least of a round's parts."""
    ground.reset(share=100)
    routes.current.refresh()
    safety.current.refresh()
    uploads = options.either(2_000, 100)
    rounds: dict[str, list[float]] = {name: [] for name in LAYERS}
    for number in range(options.rounds_or(5)):
        quiet.settle(tries=options.either(20, 1))
        with background.holding():
            for name in reversed(LAYERS) if number % 2 else LAYERS:
                rounds[name].append(LAYERS[name](uploads))
    found = {name: spread(each) for name, each in rounds.items()}
    say("\nProcessor time of an upload inside the web process, µs\n")
    table(("layer", "µs"), [(name, shown(each, 1)) for name, each in found.items()])
    return {"layers": found}


def _plainly(work: Callable[[], object]) -> Callable[[int], float]:
    def measure(uploads: int) -> float:
        best = float("inf")
        for _ in range(5):
            started = time.process_time()
            for _ in range(uploads):
                work()
            best = min(best, time.process_time() - started)
        return best / uploads * 1e6

    return measure


def _on_a_loop(group: Callable[[], Any]) -> Callable[[int], float]:
    async def measured(uploads: int) -> float:
        lane, best = Lane(), float("inf")
        if (stand_in := group()) is not None:
            lane._group = stand_in
        await _together(lane, uploads)
        for _ in range(5):
            started = time.process_time()
            await _together(lane, uploads)
            best = min(best, time.process_time() - started)
        await lane.aclose()
        return best / uploads * 1e6

    return lambda uploads: uvloop.run(measured(uploads))


async def _together(lane: Lane, uploads: int) -> None:
    async def device() -> None:
        for _ in range(uploads // TOGETHER):
            await lane(SCOPE, _receive, _send)

    await asyncio.gather(*(device() for _ in range(TOGETHER)))


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": BODY, "more_body": False}


async def _send(message: Any) -> None:
    return None


def _read() -> upload.Upload:
    return upload.read(BODY, kind=upload.HEALTH, depth=settings.UPLOAD_MAX_DEPTH, most=settings.UPLOAD_MAX_RECORDS)


def _read_generally() -> upload.Upload:
    known, typed.readings = typed.readings, lambda raw, *, now: None
    try:
        return _read()
    finally:
        typed.readings = known


LAYERS: dict[str, Callable[[int], float]] = {
    "reading the body: any dialect": _plainly(_read_generally),
    "reading the body: a known dialect, typed": _plainly(_read),
    "… and choosing its path, encoding its entry": _plainly(lambda: commit_of(_read(), lane=ROUTED).entries()),
    "the lane: Django, DRF, all of that and the answer": _on_a_loop(AtOnce),
    f"the lane with group commit, {TOGETHER} at once": _on_a_loop(lambda: None),
}


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """Nothing of it is in the last line."""
    return {}
