"""`manage.py acknowledge_losses`: a person knows of what was lost, so the alarms on it may end."""

from django.utils.translation import gettext as _

from streaming import losses
from streaming.management.deciding import Decision


class Command(Decision[int]):
    help = (
        "End the alarms on lost entries and a lost stream of a kind, when you know what was lost and why. "
        'Example: manage.py acknowledge_losses --kind health --reason "stream deleted by hand, devices send again"'
    )
    decide = staticmethod(losses.acknowledge)
    field = "lost"

    def tell(self, kind: str, done: int) -> str:
        return _("%(kind)s: %(count)d lost entries acknowledged.") % {"kind": kind, "count": done}
