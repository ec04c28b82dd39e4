"""Pages of a table of millions of rows, without ever counting them."""

from typing import Any

from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Max
from django.utils.functional import cached_property

MOST = 10_000
KEPT_S = 30


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages through the first 10,000 rows of a query and counts no further: COUNT and OFFSET read every row they
    pass. What lies deeper is found by searching."""

    @cached_property
    def count(self) -> int:
        """The rows that can be paged through: exact below 10,000."""
        queryset: Any = self.object_list
        return int(queryset.order_by()[:MOST].count())

    @property
    def clamped(self) -> bool:
        """Whether there may be more rows than `count`."""
        return self.count >= MOST

    @cached_property
    def about(self) -> str:
        """About how many rows the table has, for a list of all of it that is longer than what is counted."""
        queryset: Any = self.object_list
        if not self.clamped or queryset.query.where:
            return ""
        return f"{max(MOST, estimate(queryset.model)):,}"


def estimate(model: Any) -> int:
    """About how many rows the table of `model` has, at most 30 s old, from what the database knows anyway."""
    key = f"rows:{model._meta.db_table}"
    known: int | None = cache.get(key)
    if known is None:
        known = _estimate(model)
        cache.set(key, known, KEPT_S)
    return known


def _estimate(model: Any) -> int:
    if connection.vendor != "mysql":
        return int(model.objects.aggregate(highest=Max("pk"))["highest"] or 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s",
            [model._meta.db_table],
        )
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0
