"""One look of all rules at what is known."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice

from django.db import transaction

from monitoring.alerts import announcing, states
from monitoring.alerts.rule import Facts, Rule
from monitoring.alerts.states import FIRING, Seen, State
from monitoring.models import Alert

log = logging.getLogger(__name__)

# The values of an alert that stands are written so often at most.
VALUED_EVERY_S = 15.0
# Of one rule: what sees more is one thing that is wrong, not so many.
MOST_OF_RULE = 500


class Round:
    """What one look changes: alerts by what becomes of them."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.new: list[Seen] = []
        self.fired: list[int] = []
        self.forgotten: list[int] = []
        self.lost: list[int] = []
        self.found: list[int] = []
        self.resolved: list[Alert] = []
        self.valued: list[Alert] = []

    def stands(self, alert: Alert, seen: Seen) -> None:
        """An open alert is seen."""
        if alert.gone_at is not None:
            self.found.append(alert.pk)
        if alert.state == State.PENDING and self._since(alert.pending_at) >= seen.rule.for_s:
            self.fired.append(alert.pk)
        values = dict(seen.sighting.values)
        if values != alert.values and self._since(alert.valued_at) >= VALUED_EVERY_S:
            alert.values, alert.valued_at = values, self.now
            self.valued.append(alert)

    def is_gone(self, alert: Alert, keep_s: float) -> None:
        """An open alert is not seen."""
        if alert.state == State.PENDING:
            self.forgotten.append(alert.pk)
        elif alert.gone_at is None:
            self.lost.append(alert.pk)
        elif self._since(alert.gone_at) >= keep_s:
            self.resolved.append(alert)

    def _since(self, moment: datetime) -> float:
        return (self.now - moment).total_seconds()

    def write(self) -> None:
        """In the caller's transaction. Raises django.db.Error."""
        states.begin(self.new, now=self.now)
        states.fire(self.fired, now=self.now)
        states.forget(self.forgotten)
        states.lose(self.lost, now=self.now)
        states.find_again(self.found)
        states.resolve([alert.pk for alert in self.resolved], now=self.now)
        Alert.objects.bulk_update(self.valued, ["values", "valued_at"], batch_size=states.MOST)

    def __bool__(self) -> bool:
        return any((self.new, self.fired, self.forgotten, self.lost, self.found, self.resolved, self.valued))


def evaluate(facts: Facts, rules: Iterable[Rule], *, now: float, fence: Callable[[], None]) -> None:
    """Have `rules` look at `facts` and leave what people are to be told. `now`: seconds since 1970 by the database's
    clock; `fence` is called in each transaction and raises when another process has taken over. Raises what it raises,
    django.db.Error."""
    moment = datetime.fromtimestamp(now, UTC)
    known = {rule.name: rule for rule in rules}
    seen = _seen(known.values(), facts)
    open_ = {str(alert.open_key): alert for alert in Alert.objects.filter(open_key__isnull=False)}
    round_ = _compare(seen, open_, known, now=moment)
    if round_:
        with transaction.atomic():
            fence()
            round_.write()
            announcing.ends(round_.resolved, known, now=now)
    announcing.announce(now=now, fence=fence)


def _seen(rules: Iterable[Rule], facts: Facts) -> dict[str, dict[str, Seen]]:
    """What each rule sees, by rule and name. A rule that can not tell is absent: a fact is not known, or is that of a
    process of another version and not understood."""
    found: dict[str, dict[str, Seen]] = {}
    for rule in rules:
        if not all(fact in facts for fact in rule.needs):
            continue
        try:
            sightings = [Seen(rule, each) for each in islice(rule.sees(facts), MOST_OF_RULE)]
        except (LookupError, TypeError, ValueError, AttributeError):
            log.exception("the rule %s does not understand what it is told", rule.name)
            continue
        found[rule.name] = {each.name: each for each in sightings}
    return found


def _compare(
    seen: Mapping[str, Mapping[str, Seen]], open_: Mapping[str, Alert], known: Mapping[str, Rule], *, now: datetime
) -> Round:
    round_ = Round(now=now)
    for name, alert in open_.items():
        if alert.rule not in known:
            # A rule that there is no more can not say when it is over.
            round_.is_gone(alert, 0.0)
        elif (told := seen.get(alert.rule)) is not None:
            if name in told:
                round_.stands(alert, told[name])
            else:
                round_.is_gone(alert, known[alert.rule].keep_s)
    round_.new = [each for told in seen.values() for name, each in told.items() if name not in open_]
    return round_


def holding(rules: Iterable[Rule]) -> list[str]:
    """The names of the alerts for which no share is raised now. Raises django.db.Error."""
    names = [rule.name for rule in rules if rule.holds]
    rows = Alert.objects.filter(open_key__isnull=False, state__in=FIRING, rule__in=names)
    return sorted(str(name) for name in rows.values_list("open_key", flat=True))
