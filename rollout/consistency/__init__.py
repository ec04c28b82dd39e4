"""Whether what the streams hold is stored, and both paths store what is mirrored: checked always, and mended."""

from rollout.consistency.checker import DatabaseConsistencyChecker
from rollout.consistency.fading import Fading
from rollout.consistency.repairing import preview, repair
from rollout.consistency.rolling import advance, evidence, prune
from rollout.consistency.verified import through as verified_through

__all__ = [
    "DatabaseConsistencyChecker",
    "Fading",
    "advance",
    "evidence",
    "preview",
    "prune",
    "repair",
    "verified_through",
]
