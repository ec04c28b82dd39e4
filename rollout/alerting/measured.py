"""Rules for what is measured: consumers, Redis, dead letters, the controller, backups."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from monitoring.alerts import groups
from monitoring.alerts.rule import Facts, Rule, Sighting, Values
from monitoring.models import Severity
from rollout.controller.watching import SILENT_S
from rollout.guardrails.metrics import LEGACY, STREAM
from streaming.safety import MEMORY

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING

LETTERS = 100
# Shares of the last minute's records, as the guardrail of the stream path has them; of fewer errors nothing is said.
FAIL, FAIL_MANY, FAIL_MIN = 0.01, 0.05, 3
BACKUP_H = 24.0
# Seconds between two clocks. A report may wait for a moment before it is written.
CLOCK_DIFFERS_S, CLOCK_WRONG_S = 10.0, 300.0


def no_consumers(facts: Facts) -> Iterator[Sighting]:
    """None runs although there should be one, and something is, or waits, on the stream path."""
    waiting = sum(each["backlog"] for each in facts["streams"].values())
    consumers = facts["consumers"]
    if not consumers["running"] and consumers["desired"] and (waiting or _is_used(facts)):
        yield Sighting(values={"waiting": waiting})


def consumers_missing(facts: Facts) -> Iterator[Sighting]:
    """Fewer run than should."""
    consumers = facts["consumers"]
    if 0 < consumers["running"] < consumers["desired"]:
        yield Sighting(values={"running": consumers["running"], "desired": consumers["desired"]})


def redis_away(facts: Facts) -> Iterator[Sighting]:
    """It does not answer."""
    if "redis" in facts["unknown"]:
        yield Sighting(values={"why": facts["unknown"]["redis"][:100]})


def redis_unsafe(facts: Facts) -> Iterator[Sighting]:
    """A property that keeps the stream path closed, but for memory."""
    for each in facts["redis"]:
        if each["ok"] is False and each["name"] != MEMORY:
            yield Sighting(each["name"][:120], {"value": each["value"][:100], "mend": each["mend"][:150]})


def redis_memory(facts: Facts) -> Iterator[Sighting]:
    """More than 70 % of `maxmemory`."""
    yield from _memory(facts, closes=(False, True))


def redis_full(facts: Facts) -> Iterator[Sighting]:
    """More than 95 %: the stream path closes."""
    yield from _memory(facts, closes=(True,))


def _memory(facts: Facts, *, closes: tuple[bool, ...]) -> Iterator[Sighting]:
    for each in facts["redis"]:
        if each["name"] == MEMORY and each["ok"] is False and each["closes"] in closes:
            yield Sighting(values={"value": each["value"][:100]})


def records_fail(facts: Facts) -> Iterator[Sighting]:
    """More than 1 % of what a path was given within the last minute, whether or not a plan is active."""
    yield from _failing(facts, FAIL)


def many_records_fail(facts: Facts) -> Iterator[Sighting]:
    """More than 5 %."""
    yield from _failing(facts, FAIL_MANY)


def _failing(facts: Facts, share: float) -> Iterator[Sighting]:
    for path in (LEGACY, STREAM):
        told = facts["lately"]["paths"].get(path)
        if told and told["errors"] >= FAIL_MIN and told["error_rate"] > share:
            reasons = ", ".join(f"{reason} {count}" for reason, count in told["errors_by_reason"].items())
            yield Sighting(path, {"path": path, "percent": round(100 * told["error_rate"], 1), "reasons": reasons})


def _failing_text(values: Values) -> str:
    return _("%(percent)g %% of the records of the %(path)s path fail: %(reasons)s.") % values


def dead_letter_surge(facts: Facts) -> Iterator[Sighting]:
    """A hundred and more within five minutes."""
    if facts["recent_letters"] >= LETTERS:
        yield Sighting(values={"count": facts["recent_letters"]})


def controller_silent(facts: Facts) -> Iterator[Sighting]:
    """Nobody leads although something is on the stream path. Said by a web process, for a controller can not."""
    if facts["controller"] is None and _is_used(facts):
        yield Sighting()


def clock_differs(facts: Facts) -> Iterator[Sighting]:
    """That of a host, or of Redis, is more than 10 s from the database's."""
    yield from _apart(facts, CLOCK_DIFFERS_S)


def clock_wrong(facts: Facts) -> Iterator[Sighting]:
    """More than five minutes."""
    yield from _apart(facts, CLOCK_WRONG_S)


def _apart(facts: Facts, most_s: float) -> Iterator[Sighting]:
    for name, ahead_s in facts["clocks"].items():
        if abs(ahead_s) > most_s:
            yield Sighting(name[:120], {"name": name[:120], "ahead_s": round(ahead_s)})


def _apart_text(values: Values) -> str:
    facts = {"name": values["name"], "seconds": abs(values["ahead_s"])}
    if values["ahead_s"] > 0:
        return _("The clock of %(name)s is %(seconds)d s ahead of the database's.") % facts
    return _("The clock of %(name)s is %(seconds)d s behind the database's.") % facts


def backup_old(facts: Facts) -> Iterator[Sighting]:
    """While something is on the stream path there is a verified backup younger than 24 hours."""
    age_h = facts["backup_age_h"]
    if _is_used(facts) and (age_h is None or age_h > BACKUP_H):
        yield Sighting(values={"age_h": age_h})


def _is_used(facts: Facts) -> bool:
    return facts["plan"] is not None or any(float(route["percentage"]) > 0 for route in facts["traffic"].values())


USED = ("traffic", "plan")
RULES = [
    Rule(
        "no_consumers", groups.CONSUMERS, CRITICAL, ("consumers", "streams", *USED), no_consumers,
        lambda values: _("No consumer is alive; %(waiting)d entries wait.") % values, for_s=15, holds=True,
    ),
    Rule(
        "consumers_missing", groups.CONSUMERS, WARNING, ("consumers",), consumers_missing,
        lambda values: _("%(running)d of %(desired)d consumers run.") % values, for_s=60,
    ),
    Rule(
        "redis_away", groups.REDIS, CRITICAL, ("unknown",), redis_away,
        lambda values: _("Redis does not answer: uploads take the legacy path (%(why)s).") % values,
        for_s=10, holds=True,
    ),
    Rule(
        "redis_unsafe", groups.REDIS, CRITICAL, ("redis",), redis_unsafe,
        lambda values: _("Redis may forget what it has acknowledged: %(value)s. %(mend)s") % {
            **values, "mend": _(values["mend"]),
        },
        for_s=5, holds=True,
    ),
    Rule(
        "redis_memory", groups.REDIS, WARNING, ("redis",), redis_memory,
        lambda values: _("Redis fills up: %(value)s.") % values, for_s=60,
    ),
    Rule(
        "redis_full", groups.REDIS, CRITICAL, ("redis",), redis_full,
        lambda values: _("Redis is full, the stream path closes: %(value)s.") % values, holds=True,
    ),
    Rule(
        "records_fail", groups.RECORDS, WARNING, ("lately",), records_fail,
        _failing_text, for_s=60,
    ),
    Rule(
        "many_records_fail", groups.RECORDS, CRITICAL, ("lately",), many_records_fail,
        _failing_text, for_s=15,
    ),
    Rule(
        "dead_letter_surge", groups.RECORDS, WARNING, ("recent_letters",), dead_letter_surge,
        lambda values: _("%(count)d records could not be stored within 5 minutes.") % values,
    ),
    Rule(
        "controller_silent", groups.CONTROL, CRITICAL, ("controller", *USED), controller_silent,
        lambda values: _("No controller gives a sign of life: nothing is judged, no plan moves."),
        for_s=SILENT_S, holds=True,
    ),
    Rule("clock_differs", groups.CONTROL, WARNING, ("clocks",), clock_differs, _apart_text, for_s=60),
    Rule("clock_wrong", groups.CONTROL, CRITICAL, ("clocks",), clock_wrong, _apart_text, for_s=15, holds=True),
    Rule(
        "backup_old", groups.CONTROL, WARNING, ("backup_age_h", *USED), backup_old,
        lambda values: (
            _("There is no verified backup.") if values["age_h"] is None
            else _("The newest verified backup is %(age_h).0f hours old.") % values
        ),
        for_s=300,
    ),
]  # fmt: skip
