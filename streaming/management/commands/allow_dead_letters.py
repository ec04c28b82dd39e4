"""`manage.py allow_dead_letters`: let consumers go on that were stopped because they buried too much."""

from django.utils.translation import gettext as _

from streaming import budget
from streaming.management.deciding import Decision


class Command(Decision[bool]):
    help = (
        "Give a kind a fresh dead-letter budget, so that stopped consumers go on. Look at the dead letters first. "
        'Example: manage.py allow_dead_letters --kind health --reason "bad firmware, known"'
    )
    decide = staticmethod(budget.allow)
    field = "was_stopped"

    def tell(self, kind: str, done: bool) -> str:
        return (
            _("%s is consumed again, with a fresh dead-letter budget.") % kind
            if done
            else _("%s was not stopped; its dead-letter budget is fresh now.") % kind
        )
