"""The facts that rules of this project see: the live document of now, and what it does not have."""

from datetime import timedelta

from django.utils import timezone

from monitoring import clocks, live
from monitoring.alerts import registry
from monitoring.alerts.rule import Facts
from rollout import backups
from rollout.live.held import Held
from streaming.models import DeadLetter

# An older document is not of now: nobody knows.
FRESH_S = 10.0
LETTERS_WITHIN = timedelta(minutes=5)
# Of more the number is not known.
MOST_LETTERS = 1_000


def gather() -> Facts:
    """Every fact that is known now, by name: the parts of the live document, `unknown` as it says it, and what others
    have registered. Raises nothing for a Redis or a database that is away."""
    document = live.current.get()
    if document["age_s"] > FRESH_S:
        return registry.facts()
    known = {name: value for name, value in document.items() if name not in document["unknown"]}
    return {**known, **registry.facts()}


def recent_letters() -> int:
    """Dead letters of the last five minutes, at most 1,000. Raises django.db.Error."""
    since = timezone.now() - LETTERS_WITHIN
    newest = DeadLetter.objects.order_by("-pk").values_list("created_at", flat=True)[:MOST_LETTERS]
    return sum(created > since for created in newest)


def backup_age_h() -> float | None:
    """Hours since the newest verified backup was taken; None when there is none. Raises django.db.Error."""
    found = backups.latest_verified()
    return None if found is None else round((timezone.now() - found.created_at).total_seconds() / 3600, 1)


def register() -> None:
    """Called once, when Django starts."""
    registry.know("recent_letters", Held(recent_letters, every_s=10.0))
    registry.know("clocks", Held(clocks.ahead, every_s=10.0))
    registry.know("backup_age_h", Held(backup_age_h, every_s=60.0))
