"""Backups of the control state and of what is on its way: taken, read back, put back, kept for a while."""

from rollout.backups.reading import verify
from rollout.backups.recent import before_start, ensure_recent, latest_verified
from rollout.backups.restoring import restore
from rollout.backups.retention import prune
from rollout.backups.taking import create, unique_event

__all__ = ["before_start", "create", "ensure_recent", "latest_verified", "prune", "restore", "unique_event", "verify"]
