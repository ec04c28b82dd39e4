"""Where the uploads of one device went: their path and why, entry, row or dead letter, with times."""

from rollout.tracing.tracing import Trace, trace

__all__ = ["Trace", "trace"]
