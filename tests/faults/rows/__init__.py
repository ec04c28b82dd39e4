"""The rows of the matrix, by what is hurt."""

from tests.faults.rows import controllers, database, processes, proofs, redis

__all__ = ["controllers", "database", "processes", "proofs", "redis"]
