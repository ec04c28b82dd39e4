"""Whether what the streams hold is what is stored: checked, always and on demand, and mended."""

from rollout.consistency.rolling import advance, evidence

__all__ = ["advance", "evidence"]
