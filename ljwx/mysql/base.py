"""A connection that is lost at the edge of a transaction is given up whole.

Django keeps one whose autocommit could not be turned on again. Its next outermost `atomic` takes itself for an inner
one (Atomic.__enter__: "Pretend we're already in an atomic block"): nothing is committed at its end, and when its
savepoint fails, too, every statement is refused until the process ends. docs/decisions/0020-lost-at-the-edge.md.
"""

from django.db.backends.mysql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Where `connect` or a change of autocommit has failed there is no connection: the next use opens one."""

    def connect(self) -> None:
        try:
            super().connect()
        except BaseException:
            self.close()
            raise

    def _set_autocommit(self, autocommit: bool) -> None:
        try:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out
        except BaseException:
            # Never inside an `atomic`, where it would close at the end alone: Django allows no change there.
            self.close()
            raise
