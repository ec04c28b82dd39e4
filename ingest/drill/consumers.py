"""The number of consumers, as it was before a drill."""

from streaming import counts
from streaming.counts import CountConflict, OutOfRange
from streaming.manager import get_consumer_manager
from streaming.models import ConsumerChange


class Consumers:
    """Remembers the number; `give_back` undoes what the controller has added since, and nothing that a person did.
    Both raise django.db.Error."""

    def __init__(self) -> None:
        self._before = counts.read()

    def give_back(self, *, actor: str, reason: str) -> bool:
        """Ask for the number of before; False when that can not be had."""
        changes = ConsumerChange.objects.filter(version__gt=self._before.version)
        sources = set(changes.values_list("source", flat=True))
        if sources != {ConsumerChange.Source.CONTROLLER}:
            return True
        try:
            get_consumer_manager().scale(self._before.wanted, reason=reason, actor=actor)
        except (CountConflict, OutOfRange):
            return False
        return True
