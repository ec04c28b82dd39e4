"""Which kinds were stored in the order of arrival: those that were on the legacy path alone during a run."""

from datetime import timedelta

from django.utils import timezone

from rollout.models import Route

APPLIED_AFTER = timedelta(seconds=5)

Epochs = dict[str, int]


def legacy_alone() -> Epochs:
    """The kinds whose share on the stream is 0, long enough for every process to know it, with their epochs."""
    routes = Route.objects.filter(percentage=0, updated_at__lte=timezone.now() - APPLIED_AFTER)
    return dict(routes.values_list("kind", "epoch"))


def unchanged(before: Epochs) -> frozenset[str]:
    """The kinds of `before` that nobody has touched since."""
    now = dict(Route.objects.values_list("kind", "epoch"))
    return frozenset(kind for kind, epoch in before.items() if now.get(kind) == epoch)
