"""An SOS behind 200,000 readings that wait: the time until its alert is a row."""

from typing import Any

from bench import candidates, consumers, quiet, server
from bench.ground import Ground
from bench.options import Options
from bench.probe import Probe
from bench.records import readings
from bench.report import say, table
from bench.spread import shown, spread
from streaming import registry
from streaming.envelope import VERSION, Envelope, encode
from streaming.producer import Entry, append

TRIES = 5
CHUNK = 1_000


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """With two workers, of which one serves events alone, and with a single one for everything."""
    waiting = options.either(200_000, 5_000)
    found: dict[str, Any] = {"waiting": waiting}
    choices = options.either((2, 1), (2,))
    for workers in choices:
        rounds = []
        for number in range(options.rounds_or(3)):
            measured = _round(ground, workers, waiting, options)
            rounds.append(measured)
            say(
                f"  {workers} workers, round {number + 1}: worst {measured['worst_s']:.3f} s of "
                f"{[round(each, 3) for each in measured['stored_s']]}, {measured['behind']:,} entries left, "
                f"{measured['lost']} lost, outside {measured['outside_cores']:.2f} cores"
            )
        found[str(workers)] = {"worst_s": spread(each["worst_s"] for each in rounds), "rounds": rounds}
    say(f"\nSOS behind {waiting:,} readings: seconds from the answer to the alert, the slowest of {TRIES}\n")
    table(("workers", "seconds"), [(str(workers), shown(found[str(workers)]["worst_s"], 3)) for workers in choices])
    return found


def _round(ground: Ground, workers: int, waiting: int, options: Options) -> dict[str, Any]:
    ground.reset(share=100)
    outside = quiet.settle(tries=options.either(20, 1))
    fill(waiting)
    with server.running(candidates.LANE_2, ground) as web, consumers.running(ground, workers=workers) as storing:
        probe = Probe(web.port)
        stored = [probe.sos().stored_s for _ in range(TRIES)]
        probe.close()
        behind = ground.backlog()
        ground.drained(storing.check)
        rows = ground.rows()
    return {
        "worst_s": max(stored), "stored_s": stored, "behind": behind, "outside_cores": outside,
        "lost": max(waiting + web.accepted, ground.added()) - rows,
    }  # fmt: skip


def fill(count: int) -> None:
    """Append `count` readings, each an entry of its own as single uploads are."""
    stream = registry.get("health").stream
    for start in range(0, count, CHUNK):
        append(
            [
                Entry(
                    stream,
                    encode(
                        Envelope(
                            v=VERSION, kind="health", received_ms=record.timestamp * 1000, path="stream", epoch=1,
                            records=[record],
                        )
                    ),
                )
                for record in readings(start, min(CHUNK, count - start))
            ]
        )  # fmt: skip


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it: the default of two workers."""
    rounds = [each for workers in ("2", "1") if workers in found for each in found[workers]["rounds"]]
    return {"sos_seconds": found["2"]["worst_s"]["median"], "lost": sum(each["lost"] for each in rounds)}
