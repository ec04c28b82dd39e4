"""Checks, repairs and how far each stream is verified, in an answer."""

from typing import Any

from django.db.models import QuerySet

from rollout.consistency import report, verified_through
from rollout.consistency.repairing import Repaired
from rollout.consistency.totals import totals
from rollout.models import Check, Repair
from streaming import registry

# With what `brief` reads of each.
CHECKS: QuerySet[Check] = Check.objects.filter(rolling__isnull=True).prefetch_related("progress").order_by("-pk")


def brief(check: Check) -> dict[str, Any]:
    """What a list says of a check: its counts. Read `check` from CHECKS."""
    counted = totals(check.progress.all())
    return {
        "id": check.pk,
        "status": check.status,
        "kinds": check.kinds,
        "window_minutes": check.window_minutes,
        "since": report.moment(check.since_ms),
        "until": report.moment(check.until_ms),
        **counted.as_dict(),
        "actor": check.actor,
        "reason": check.reason,
        "started_at": check.started_at,
        "finished_at": check.finished_at,
    }


def whole(check: Check, *, shown: bool) -> dict[str, Any]:
    """The same with classes by kind, figures, holes and samples; `shown`: with values of records and whole serials."""
    found = report.of(check).as_dict(shown=shown)
    return {**brief(check), **{name: value for name, value in found.items() if name != "check"}}


def verified() -> dict[str, Any]:
    """By kind, up to when everything is verified by all checks together, and the finding that it goes no further for;
    None before the first look. Raises django.db.Error."""
    found: dict[str, Any] = {}
    for kind in registry.kinds():
        known = verified_through(kind.name) if kind.rows is not None else None
        found[kind.name] = known and {
            "since": report.moment(known.since_ms),
            "through": report.moment(known.through_ms),
            "stopped_by": report.stop(known.stopped_by),
        }
    return found


def repair(row: Repair) -> dict[str, Any]:
    """One repair and how far it is."""
    return {
        "id": row.pk,
        "check": row.check_run_id,
        "status": row.status,
        "records": row.records,
        "stored": row.stored,
        "duplicate": row.duplicate,
        "dead": row.dead,
        "mended": row.mended,
        "actor": row.actor,
        "approved_by": row.approved_by,
        "reason": row.reason,
        "asked_at": row.asked_at,
        "approved_at": row.approved_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def preview(found: Repaired) -> dict[str, int]:
    """What a repair would find and store."""
    return {"records": found.records, "mended": found.mended, "left": found.left}
