"""The ladder: how many uploads each server accepts when nothing else runs, and what one costs."""

from typing import Any

from bench import candidates, limits, quiet, server
from bench.candidates import Candidate
from bench.ground import Ground
from bench.options import Options
from bench.report import say, table
from bench.spread import shown, spread

Round = dict[str, float]


def run(ground: Ground, options: Options) -> dict[str, Any]:
    """Every candidate at 64 and at 1,000 connections, in interleaved rounds of which every second runs backwards."""
    ladder, missing = (list(candidates.QUICK), []) if options.quick else _ladder(ground)
    for line in missing:
        say(line)
    found: dict[str, Any] = {"missing": missing, "seconds": options.seconds_or(10, 1), "connections": {}}
    for connections in options.connections or options.either((64, 1000), (64,)):
        rounds: dict[str, list[Round]] = {candidate.name: [] for candidate in ladder}
        for number in range(options.rounds_or(5)):
            for candidate in reversed(ladder) if number % 2 else ladder:
                measured = _round(ground, candidate, connections, options)
                rounds[candidate.name].append(measured)
                say(f"  c={connections} round {number + 1} {candidate.name}: {_line(measured)}")
        found["connections"][str(connections)] = {candidate.name: _summary(rounds, candidate) for candidate in ladder}
        _print(connections, ladder, found["connections"][str(connections)])
    return found


def _ladder(ground: Ground) -> tuple[list[Candidate], list[str]]:
    more, missing = limits.found(ground.folder)
    return [*candidates.LADDER, *more], missing


def _round(ground: Ground, candidate: Candidate, connections: int, options: Options) -> Round:
    ground.reset(share=candidate.share)
    outside = quiet.settle(tries=options.either(20, 1))
    with server.running(candidate, ground) as web:
        web.load(connections=connections, seconds=options.either(2, 1))
        ground.still(web.tree.check)
        load, cpu = web.load(connections=connections, seconds=options.seconds_or(10, 1))
        return {
            "per_s": load.rate, "p50_ms": load.p50_ms, "p99_ms": load.p99_ms, "faults": load.faults,
            "outside_cores": outside, **cpu,
        }  # fmt: skip


def _summary(rounds: dict[str, list[Round]], candidate: Candidate) -> dict[str, Any]:
    own = rounds[candidate.name]
    summary: dict[str, Any] = {name: spread(each[name] for each in own) for name in own[0]}
    legacy = rounds[candidates.LEGACY.name]
    summary["ratio_legacy"] = spread(each["per_s"] / base["per_s"] for each, base in zip(own, legacy, strict=True))
    summary["does"] = candidate.does
    summary["noisy_rounds"] = sum(each["outside_cores"] > quiet.MOST_CORES for each in own)
    return summary


def _line(measured: Round) -> str:
    noisy = f", outside {measured['outside_cores']:.2f} cores" * (measured["outside_cores"] > quiet.MOST_CORES)
    faults = f", {measured['faults']:.0f} FAULTS" * bool(measured["faults"])
    return (
        f"{measured['per_s']:,.0f}/s, {measured['server_us']:,.0f} µs, p99 {measured['p99_ms']:,.0f} ms{faults}{noisy}"
    )


def _print(connections: int, ladder: list[Candidate], summaries: dict[str, Any]) -> None:
    say(f"\nAccept only, {connections:,} connections: median (least to most)\n")
    table(
        ("server", "does", "uploads/s", "× legacy", "server µs", "Redis µs", "p99 ms", "faults"),
        [
            (
                candidate.name, candidate.does, shown(found["per_s"]), shown(found["ratio_legacy"], 2),
                shown(found["server_us"]), shown(found["redis_us"]), shown(found["p99_ms"]),
                f"{found['faults']['max']:.0f}",
            )
            for candidate in ladder
            for found in (summaries[candidate.name],)
        ],
    )  # fmt: skip


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """What the last line tells of it, at the most connections that were measured."""
    rounds = found["connections"][max(found["connections"], key=int)]
    ours = rounds[candidates.LANE_2.name]
    theirs = [rounds[peer.name] for peer in (candidates.FASTAPI, candidates.FASTAPI_GRANIAN) if peer.name in rounds]
    ratios = [
        own / max(each)
        for own, *each in zip(ours["per_s"]["rounds"], *(peer["per_s"]["rounds"] for peer in theirs), strict=True)
    ]
    return {"ratio_fastapi": spread(ratios)["median"], "accept_us": ours["server_us"]["median"]}
