"""One trial of a row: load, hurt, heal, drain, compare."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from subprocess import SubprocessError

import django.db
import MySQLdb
import redis

from ingest.simulator.dice import Dice
from tests.faults import audit
from tests.faults.load import Report
from tests.faults.row import Row
from tests.faults.scene import Scene

BAD = 0.1
AFTER = 20  # records accepted after the fault, before the load ends
DRAIN_S = 300.0
FLUSH_S = 1.2  # how long a web process takes at most to write its counts
ANSWERS = {"200", "503"}
NO_ANSWER = "no answer"
# How a trial fails that is no proof of anything: it is told, and the next one begins afresh.
BROKEN = (AssertionError, OSError, SubprocessError, redis.RedisError, MySQLdb.Error, django.db.Error)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one trial.

    accepted: records answered "accepted". lost: of these, neither stored nor buried, or still in a stream. doubled:
    more than one row or dead letter for one. wrong: other values, a row nobody sent, or an answer other than 200 and
    503. dead_wrongly: dead letters of sound records. `failure`: why it proves nothing, or what else is not as it must.
    """

    row: str
    seed: int
    trials: int = 1
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    dead_wrongly: int = 0
    p99_ms: float = 0.0
    statuses: str = ""
    failure: str = ""
    texts: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.wrong or self.dead_wrongly or self.failure)


def play(scene: Scene, row: Row, *, seed: int, number: int) -> Outcome:
    """Play `row` once. `number` makes the serials of this trial its own. Never raises for what a row does."""
    try:
        return judge(scene, row, seed, *_play(scene, row, seed, number))
    except BROKEN as error:
        scene.mend()
        return Outcome(row.name, seed, failure=f"{type(error).__name__}: {error}"[:2000])


def _play(scene: Scene, row: Row, seed: int, number: int) -> tuple[Report, int]:
    dice = Dice(seed, "fault", row.name)
    scene.calm(row.percentage, writers=row.writers)
    begin(scene, row, seed, number)
    failure: Exception | None = None
    with row.fault(scene, dice):
        # What fails here must not keep the fault from being healed.
        try:
            late = _hold(scene, row)
        except BROKEN as error:
            failure, late = error, False
    if failure:
        raise failure
    if late:
        scene.until(lambda: _roll_back(scene))
    return finish(scene)


def together(scene: Scene, rows: Sequence[Row], *, seed: int, number: int) -> Outcome:
    """Play `rows` one after the other under one load: quicker, and what is found is not told apart by row."""
    name, played = f"{len(rows)} rows together", Row("together", "", "", rows[0].fault)
    played = replace(played, loses_answers=any(row.loses_answers for row in rows))
    at = "the start"
    try:
        scene.calm(played.percentage, writers=0)
        begin(scene, played, seed, number)
        for row in rows:
            at = row.name
            with row.fault(scene, Dice(seed, "fault", row.name)):
                scene.wait(row.hold)
            scene.until(scene.redis_answers, within=60)
            before = scene.appended()
            scene.hire()
            scene.until(lambda before=before: scene.appended() > before and len(scene.workers()) == 2, within=60)
        return replace(judge(scene, played, seed, *finish(scene)), row=name, trials=len(rows))
    except BROKEN as error:
        scene.mend()
        return Outcome(name, seed, trials=len(rows), failure=f"{at}: {type(error).__name__}: {error}"[:2000])


def begin(scene: Scene, row: Row, seed: int, number: int) -> None:
    """Start the load of a row."""
    scene.prefix, scene.size, scene.began = f"SIM{seed}n{number}-", row.size, audit.minute()
    scene.load.start(
        base_url=scene.url, devices=row.devices, rate=row.rate, seconds=3_000.0, seed=seed, bad=BAD,
        prefix=scene.prefix, drain_timeout=DRAIN_S,
    )  # fmt: skip


def finish(scene: Scene) -> tuple[Report, int]:
    """See that uploads are accepted, end the load; the report, and what is still in the streams."""
    wanted = scene.load.accepted + AFTER
    scene.until(lambda: scene.load.accepted >= wanted)
    report = scene.load.finish(within=DRAIN_S + 60)
    scene.wait(FLUSH_S)
    return report, scene.backlog()


def _hold(scene: Scene, row: Row) -> bool:
    """Let the fault last; whether a rollback is still to be done, for the database was away."""
    scene.wait(row.hold / 2)
    late = row.rollback and not _roll_back(scene)
    scene.wait(row.hold / 2)
    scene.load.check()
    return late


def _roll_back(scene: Scene) -> bool:
    django.db.close_old_connections()
    try:
        scene.share(0)
    except django.db.Error:
        return False
    return True


def judge(scene: Scene, row: Row, seed: int, report: Report, backlog: int) -> Outcome:
    """The outcome of a report."""
    allowed = ANSWERS | ({NO_ANSWER} if row.loses_answers else set())
    odd = sum(count for status, count in report.statuses.items() if status not in allowed)
    failure = row.proof(scene, report)
    if report.rest:
        failure = failure or f"not drained: {report.rest}"
    balanced = report.accepted == report.stored + report.duplicates + report.dead
    if not (balanced or report.missing or report.doubled or report.different):
        failure = failure or "accepted is not stored + duplicates + dead"
    failure = failure or audit.wrong(scene.began, report.missing + backlog)
    return Outcome(
        row=row.name,
        seed=seed,
        accepted=report.accepted,
        lost=report.missing + backlog,
        doubled=report.doubled,
        wrong=report.different - report.buried_wrongly + odd,
        dead_wrongly=report.buried_wrongly,
        p99_ms=report.p99_ms,
        statuses=", ".join(f"{status}: {count}" for status, count in sorted(report.statuses.items())),
        failure=failure,
        texts=tuple(report.texts),
    )
