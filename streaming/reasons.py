"""Which reasons there are for dead letters, and how many open letters each has, without reading all of them."""

from dataclasses import dataclass

from django.db import connection

from streaming.models import DeadLetter

MOST_CATEGORIES = 50
MOST_COUNTED = 2_000

_COUNTS = f"""
SELECT kind, COUNT(*) FROM (
    SELECT kind FROM ljwx_dead_letter WHERE state = %s AND category = %s LIMIT {MOST_COUNTED}
) AS bounded GROUP BY kind ORDER BY kind
"""  # noqa: S608 - a number of our own


@dataclass(frozen=True, slots=True)
class Reason:
    """Open letters of one category and kind. `more`: there are more than were counted."""

    category: str
    kind: str
    count: int
    more: bool


def categories(state: str) -> list[str]:
    """The categories that letters in `state` have, at most 50, sorted."""
    # One step along the index on state and category for each, however many letters it has: DISTINCT, GROUP BY and a
    # recursive query read every letter.
    letters = DeadLetter.objects.filter(state=state).order_by("category").values_list("category", flat=True)
    found: list[str] = []
    category = letters.first()
    while category is not None and len(found) < MOST_CATEGORIES:
        found.append(category)
        category = letters.filter(category__gt=category).first()
    return found


def open_reasons() -> list[Reason]:
    """Open letters by category and kind, at most 2,000 counted of each category."""
    found = []
    for category in categories(DeadLetter.State.OPEN):
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS, [DeadLetter.State.OPEN, category])
            rows = cursor.fetchall()
        more = sum(count for _, count in rows) >= MOST_COUNTED
        found += [Reason(category, kind, count, more) for kind, count in rows]
    return found
