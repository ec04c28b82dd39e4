"""The rows of the matrix, by what is hurt."""

from tests.faults.rows import database, processes, proofs, redis

__all__ = ["database", "processes", "proofs", "redis"]
