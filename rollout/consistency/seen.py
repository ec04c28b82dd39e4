"""Holes of a check that are none: the rolling check has seen the stretch in time."""

from rollout.models import CheckFinding, CheckProgress


def is_seen_in_time(hole: CheckFinding) -> bool:
    """Whether the rolling check has been through the whole of a hole of another check, and nothing of it is a hole of
    its own that nobody has acknowledged. Raises django.db.Error."""
    row = CheckProgress.objects.filter(check_run__rolling=True, kind=hole.kind).first()
    if row is None or row.check_run_id == hole.check_run_id:
        return False
    until_ms = hole.until_ms or 0
    if hole.entry_ms < row.begin_ms or row.cursor_ms < until_ms:
        return False
    own = CheckFinding.objects.filter(
        check_run=row.check_run_id, kind=hole.kind, outcome=CheckFinding.Outcome.HOLE, resolved_at__isnull=True
    )
    return not own.filter(entry_ms__lte=until_ms, until_ms__gte=hole.entry_ms).exists()
