"""Tables that tell of plans: read-only, of any length, by plan."""

from django.http import HttpRequest

from ljwx.admin.readonly import ReadOnlyAdmin
from rollout.admin.filters import ByPlan


class ToldOfPlanAdmin(ReadOnlyAdmin):
    """Filtered by plan alone: an address may not ask for a condition that no index answers."""

    list_filter = (ByPlan,)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == ByPlan.parameter_name
