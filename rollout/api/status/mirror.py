"""The mirror: what it has sent lately, what that costs, and whether both paths agree."""

from typing import Any

from monitoring import evidence, tallies
from monitoring.bucket import Bucket
from rollout import consistency
from rollout.api.metrics.window import figures
from rollout.consistency import findings, seen
from rollout.consistency.report import moment
from rollout.models import Route
from streaming import registry

LATELY_S = 60


def kinds() -> dict[str, Any]:
    """The kinds that are mirrored now, or whose shadow was checked before. Raises django.db.Error."""
    until = evidence.settled()
    told = [each for each in evidence.read(until - LATELY_S, until) if each.path == tallies.SHADOW]
    found = {}
    for route in Route.objects.order_by("kind"):
        shadow = registry.shadow(route.kind)
        if shadow is None or not (route.mirror_percentage or seen.settled(shadow.name)):
            continue
        found[route.kind] = {
            "mirror_percentage": route.mirror_percentage,
            "lately": _lately([each for each in told if each.kind == route.kind]),
            "check": _check(shadow.name),
        }
    return found


def _lately(buckets: list[Bucket]) -> dict[str, Any]:
    """The last minute: copies sent, from the legacy commit to the answer of Redis in ms, and their records."""
    known = figures(buckets, seconds=LATELY_S)
    errors = known["errors_by_reason"]
    return {
        "uploads": known["uploads"],
        "records": sum(each.accepted for each in buckets),
        "dropped": errors.get(tallies.DROPPED, 0),
        "stored": sum(each.good for each in buckets),
        "refused": errors.get(tallies.DEAD, 0),
        "p50_ms": known["p50_ms"],
        "p99_ms": known["p99_ms"],
    }


def _check(shadow: str) -> dict[str, Any] | None:
    """How far both rows of mirrored records were compared; None before that has begun."""
    row, agreed = seen.settled(shadow), consistency.verified_through(shadow)
    if row is None or agreed is None:
        return None
    through = moment(agreed.through_ms)
    return {
        "checked": row.checked,
        "matched": row.match + row.late,
        "open_findings": findings.still_open(shadow).count(),
        "verified_through": through.isoformat(timespec="milliseconds") if through else None,
    }
