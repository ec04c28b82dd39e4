"""Whether what the streams hold is what is stored: checked, always and on demand, and mended."""

from rollout.consistency.checker import DatabaseConsistencyChecker
from rollout.consistency.repairing import preview, repair
from rollout.consistency.rolling import advance, evidence, prune
from rollout.consistency.verified import through as verified_through

__all__ = ["DatabaseConsistencyChecker", "advance", "evidence", "preview", "prune", "repair", "verified_through"]
