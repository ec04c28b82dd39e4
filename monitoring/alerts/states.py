"""The states of alerts. Every change names the state it starts from: of two that try, one does it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring.alerts.errors import NotFiring
from monitoring.alerts.rule import Rule, Sighting
from monitoring.models import Alert
from monitoring.models.alert import named

State = Alert.State
FIRING = (State.FIRING, State.ACKNOWLEDGED)
# Rows of one statement.
MOST = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule sees now."""

    rule: Rule
    sighting: Sighting

    @property
    def name(self) -> str:
        return named(self.rule.name, self.sighting.label)


def begin(seen: Sequence[Seen], *, now: datetime) -> None:
    """Open an alert for each, firing at once where its rule does not wait."""
    Alert.objects.bulk_create([_new(each, now) for each in seen], batch_size=MOST)


def _new(seen: Seen, now: datetime) -> Alert:
    rule = seen.rule
    return Alert(
        rule=rule.name, label=seen.sighting.label, open_key=seen.name, group=rule.group, severity=rule.severity,
        state=State.PENDING if rule.for_s else State.FIRING, values=dict(seen.sighting.values), valued_at=now,
        pending_at=now, firing_at=None if rule.for_s else now,
    )  # fmt: skip


def fire(ids: Collection[int], *, now: datetime) -> None:
    """They have been seen for long enough."""
    for part in _parts(ids):
        part.filter(state=State.PENDING).update(state=State.FIRING, firing_at=now)


def forget(ids: Collection[int]) -> None:
    """They were seen for too short a time to be told of."""
    for part in _parts(ids):
        part.filter(state=State.PENDING).delete()


def lose(ids: Collection[int], *, now: datetime) -> None:
    """They are not seen any more, which may not last."""
    for part in _parts(ids):
        part.filter(state__in=FIRING, gone_at__isnull=True).update(gone_at=now)


def find_again(ids: Collection[int]) -> None:
    """They are seen again."""
    for part in _parts(ids):
        part.filter(state__in=FIRING).update(gone_at=None)


def resolve(ids: Collection[int], *, now: datetime) -> None:
    """They have not been seen for long enough."""
    for part in _parts(ids):
        part.filter(state__in=FIRING).update(state=State.RESOLVED, open_key=None, resolved_at=now)


def acknowledge(ids: Collection[int], *, actor: str, note: str, now: datetime) -> int:
    """`actor` is at them, and nothing is repeated; how many fired."""
    return sum(
        part.filter(state=State.FIRING).update(
            state=State.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=actor, note=note
        )
        for part in _parts(ids)
    )


def acknowledge_one(pk: int, *, actor: str, note: str, now: datetime) -> Alert:
    """The same for one of them. Raises Alert.DoesNotExist, NotFiring."""
    done = acknowledge([pk], actor=actor, note=note, now=now)
    alert = Alert.objects.get(pk=pk)
    if not done:
        raise NotFiring(
            _("It is %(state)s%(by)s and can not be acknowledged now.")
            % {
                "state": alert.get_state_display(),
                "by": f" ({alert.acknowledged_by})" if alert.acknowledged_by else "",
            }
        )
    return alert


def _parts(ids: Collection[int]) -> "Iterator[QuerySet[Alert]]":
    listed = list(ids)
    for start in range(0, len(listed), MOST):
        yield Alert.objects.filter(pk__in=listed[start : start + MOST])
