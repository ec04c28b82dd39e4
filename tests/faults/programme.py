"""The trials that were chosen, one after the other, and what is told of them in the end."""

import functools
import json
import time

from tests.faults import kills, trial
from tests.faults.options import Options
from tests.faults.scene import Scene
from tests.faults.table import markdown, versions
from tests.faults.trial import Outcome

say = functools.partial(print, flush=True)


def run(scene: Scene, options: Options) -> int:
    """Play every trial; 0 when all are clean. The last line printed is one JSON object."""
    say(versions(scene))
    outcomes: list[Outcome] = []
    number = 0
    if options.together:
        started = time.monotonic()
        outcomes.append(trial.together(scene, options.rows, seed=options.seed, number=0))
        tell(outcomes[-1], time.monotonic() - started)
    for repeat in range(0 if options.together else options.repeats):
        for row in options.rows:
            number += 1
            started = time.monotonic()
            outcomes.append(trial.play(scene, row, seed=options.seed + repeat, number=number))
            tell(outcomes[-1], time.monotonic() - started)
    if options.kills:
        started = time.monotonic()
        outcomes += kills.play(scene, seed=options.seed, number=number + 1, count=options.kills)
        for outcome in outcomes[-len(kills.PLACES) - 1 :]:
            tell(outcome, time.monotonic() - started)
    table = f"{versions(scene)}\n`bench/faults {options.words}`\n\n{markdown(outcomes)}"
    say(f"\n{table}")
    if options.markdown:
        options.markdown.write_text(table, encoding="utf-8")
    say(json.dumps(totals(outcomes)))
    return int(not all(outcome.clean for outcome in outcomes))


def tell(outcome: Outcome, seconds: float) -> None:
    """One line, and what was found."""
    say(
        f"{'ok  ' if outcome.clean else 'BAD '} {outcome.row:36} seed {outcome.seed}  accepted {outcome.accepted}"
        f"  p99 {outcome.p99_ms:.0f} ms  ({outcome.statuses})  {seconds:.1f} s"
    )
    if not outcome.clean:
        say(f"     lost {outcome.lost}, doubled {outcome.doubled}, wrong {outcome.wrong},", end=" ")
        say(f"dead wrongly {outcome.dead_wrongly}; {outcome.failure}")
        for text in outcome.texts:
            say(f"     {text}")


def totals(outcomes: list[Outcome]) -> dict[str, int]:
    """The last line."""
    names = ("accepted", "lost", "doubled", "wrong", "dead_wrongly")
    sums = {name: sum(getattr(outcome, name) for outcome in outcomes) for name in names}
    return {"trials": sum(outcome.trials for outcome in outcomes), **sums}
