"""Rules for alarms: each of them stands until whoever finds it mended clears it, so nothing is to be measured."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext_lazy as _

from monitoring.alerts import groups
from monitoring.alerts.rule import Facts, Rule, Sighting, Values
from monitoring.models import Severity

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING

# The rule, what the names of its alarms begin with, its group and severity.
NAMED = (
    ("crash_loop", "crashloop:", groups.CONSUMERS, CRITICAL),
    ("database_away", "database", groups.CONSUMERS, CRITICAL),
    ("poison_entry", "suspect:", groups.CONSUMERS, CRITICAL),
    ("autoscale_limit", "autoscale", groups.CONSUMERS, WARNING),
    ("ledger_residue", "ledger:", groups.RECORDS, CRITICAL),
    ("entries_lost", "lost:", groups.RECORDS, CRITICAL),
    ("budget", "budget:", groups.RECORDS, CRITICAL),
    ("group_gone", "group:", groups.REDIS, CRITICAL),
    ("no_stream", "stream:", groups.REDIS, CRITICAL),
)
# Found without its alarm too, which Redis would have to keep.
ELSEWHERE = {"controller": "controller_silent"}
HEADS: dict[str, object] = {
    "crash_loop": _("A consumer keeps dying"),
    "database_away": _("Consumers can not store"),
    "poison_entry": _("An entry keeps ending consumers"),
    "autoscale_limit": _("No more consumers can be added"),
    "ledger_residue": _("Records are in no account"),
    "entries_lost": _("Entries are lost"),
    "budget": _("Too much is buried: consumption is stopped"),
    "group_gone": _("A consumer group was gone"),
    "no_stream": _("A key is no stream"),
    "alarm": _("Alarm"),
}


def of(name: str) -> tuple[str, str]:
    """The rule of an alarm and its label: what is behind the prefix."""
    if name in ELSEWHERE:
        return ELSEWHERE[name], ""
    for rule, prefix, _group, _severity in NAMED:
        if name == prefix or (prefix.endswith(":") and name.startswith(prefix)):
            return rule, name.removeprefix(prefix)
    return "alarm", name


def _sees(rule: str) -> Callable[[Facts], Iterator[Sighting]]:
    def sees(facts: Facts) -> Iterator[Sighting]:
        for alarm in facts["alarms"]:
            found, label = of(alarm["name"])
            if found == rule:
                yield Sighting(label[:120], {"text": alarm["text"][:300]})

    return sees


def _text(rule: str) -> Callable[[Values], str]:
    return lambda values: f"{HEADS[rule]}: {values['text']}"


# The alarms themselves hold plans, as long as they stand.
RULES = [
    Rule(rule, group, severity, ("alarms",), _sees(rule), _text(rule))
    for rule, _prefix, group, severity in (*NAMED, ("alarm", "", groups.RECORDS, CRITICAL))
]
