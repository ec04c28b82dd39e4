"""About how many devices a change of the share moves."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from rollout import fleet
from rollout.admin.percent import percent, present, together


def move(kinds: Sequence[str], to: Decimal) -> str:
    """`10 % → 30 %: about 2,400 of 12,000 devices`, from the share that the routes have now."""
    shares = present(kinds)
    arrow = f"{together(shares)} → {percent(to)}"
    total = fleet.size()
    if total is None:
        return _("%s (how many devices that is, nothing here can tell)") % arrow
    part = max((abs(to - share) for share in shares.values()), default=Decimal(0))
    return _("%(arrow)s: about %(moved)s of %(total)s devices") % {
        "arrow": arrow,
        "moved": f"{round(total * part / 100):,}",
        "total": f"{total:,}",
    }
