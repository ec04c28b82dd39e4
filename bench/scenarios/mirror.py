"""What the mirror costs a device: the legacy path with nothing mirrored, and with every upload mirrored; as fast as
answers come, and at a load that leaves the machine time."""

from typing import Any

from bench import candidates, consumers, quiet, server
from bench.ground import Ground
from bench.options import Options
from bench.report import say, table
from bench.spread import shown, spread

CONNECTIONS = 64
# Uploads a second by think time: about a third of what the legacy path carries alone.
PACED = 300
OFF, ON = "0 %", "100 %"
SHARES = {OFF: 0, ON: 100}
NAMES = ("stored_per_s", "p99_ms", "paced_p50_ms", "paced_p99_ms", "server_us", "consumers_us", "db_us", "redis_us")


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Interleaved rounds; consumers run in all. A second row for each upload costs processor time, and here all share
    one machine: as fast as answers come, the ratio is the worst case."""
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in SHARES}
    for number in range(options.rounds_or(5)):
        for name in reversed(SHARES) if number % 2 else SHARES:
            measured = _round(ground, SHARES[name], options)
            rounds[name].append(measured)
            say(f"  round {number + 1} mirror {name}: {_line(measured)}")
    pairs = list(zip(rounds[ON], rounds[OFF], strict=True))
    found = {
        "seconds": options.seconds_or(15, 1),
        "connections": CONNECTIONS,
        "rounds": rounds,
        "shares": {share: {name: spread(each[name] for each in rounds[share]) for name in NAMES} for share in rounds},
        "ratio_per_s": spread(on["stored_per_s"] / off["stored_per_s"] for on, off in pairs),
        "ratio_p99": spread(on["p99_ms"] / off["p99_ms"] for on, off in pairs),
        "ratio_paced_p99": spread(on["paced_p99_ms"] / off["paced_p99_ms"] for on, off in pairs),
        "lost": sum(each["lost"] for same in rounds.values() for each in same),
    }
    _print(found)
    return found


def _round(ground: Ground, mirrored: int, options: Options) -> dict[str, Any]:
    ground.reset(share=0, mirrored=mirrored)
    outside = quiet.settle(tries=options.either(20, 1))
    with consumers.running(ground) as workers, server.running(candidates.LANE_LEGACY, ground) as web:
        web.load(connections=CONNECTIONS, seconds=options.either(3, 1))
        ground.still(workers.check)
        consuming = workers.cpu_s()
        load, cpu = web.load(connections=CONNECTIONS, seconds=options.seconds_or(15, 1))
        paced, _cpu = web.load(
            connections=CONNECTIONS, seconds=options.seconds_or(15, 1), think_ms=1000 * CONNECTIONS // PACED
        )
        cpu["consumers_us"] = (workers.cpu_s() - consuming) * 1e6 / max(1, load.accepted + paced.accepted)
        ground.still(workers.check)
        ground.until(lambda: ground.mirrored_backlog() == 0, workers.check, within=300.0)
        rows, copies, shadows = ground.rows(), ground.mirrored(), ground.shadow_rows()
    return {
        "stored_per_s": load.rate, "p99_ms": load.p99_ms, "paced_per_s": paced.rate, "paced_p50_ms": paced.p50_ms,
        "paced_p99_ms": paced.p99_ms, "faults": load.faults + paced.faults,
        "accepted": web.accepted, "rows": rows, "copies": copies, "shadow_rows": shadows,
        "lost": max(0, web.accepted - rows) + copies - shadows, "outside_cores": outside, **cpu,
    }  # fmt: skip


def _line(measured: dict[str, Any]) -> str:
    return (
        f"stored {measured['stored_per_s']:,.0f}/s, p99 {measured['p99_ms']:,.0f} ms; at "
        f"{measured['paced_per_s']:,.0f}/s p99 {measured['paced_p99_ms']:,.0f} ms; rows {measured['rows']:,}, "
        f"copies {measured['copies']:,}, shadow rows {measured['shadow_rows']:,}, lost {measured['lost']}, "
        f"faults {measured['faults']}, outside {measured['outside_cores']:.2f} cores"
    )


def _print(found: dict[str, Any]) -> None:
    say(
        f"\nThe legacy path, {found['seconds']} s, {CONNECTIONS} connections; mirrored against not: uploads/s "
        f"{shown(found['ratio_per_s'], 2)}, p99 {shown(found['ratio_p99'], 2)}, at {PACED}/s p99 "
        f"{shown(found['ratio_paced_p99'], 2)}\n"
    )
    table(
        (
            "mirror", "stored/s", "p99 ms", f"p50 ms at {PACED}/s", f"p99 ms at {PACED}/s", "server µs", "consumers µs",
            "database µs", "Redis µs",
        ),
        [(share, *(shown(found["shares"][share][name]) for name in NAMES)) for share in SHARES],
    )  # fmt: skip


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it."""
    return {"lost": found["lost"]}
