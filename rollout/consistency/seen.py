"""How far the rolling check has come, and the holes of other checks that are none because it has seen the stretch in
time."""

from rollout.models import CheckFinding, CheckProgress


def settled(kind: str) -> CheckProgress | None:
    """How far the rolling check of `kind` has come. Raises django.db.Error."""
    return CheckProgress.objects.filter(check_run__rolling=True, kind=kind).first()


def is_seen_in_time(hole: CheckFinding) -> bool:
    """Whether the rolling check has been through the whole of a hole of another check, and nothing of it is a hole of
    its own that nobody has acknowledged. Raises django.db.Error."""
    row = settled(hole.kind)
    if row is None or row.check_run_id == hole.check_run_id:
        return False
    until_ms = hole.until_ms or 0
    if hole.entry_ms < row.begin_ms or row.cursor_ms < until_ms:
        return False
    own = CheckFinding.objects.filter(
        check_run=row.check_run_id, kind=hole.kind, outcome=CheckFinding.Outcome.HOLE, resolved_at__isnull=True
    )
    return not own.filter(entry_ms__lte=until_ms, until_ms__gte=hole.entry_ms).exists()
