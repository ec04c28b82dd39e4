"""What becomes of a record that an entry has promised: its class."""

import enum


class Outcome(enum.StrEnum):
    """MATCH: its row is there with equal values. LATE: so, but written later than the grace. DEAD: a dead letter has
    it. MISSING: neither. DIFFERENT: its row has other values. DUPLICATE: its natural key has more than one row.
    EXTRA: a row that nobody has sent, beside one that is missing."""

    MATCH = "match"
    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"
    DUPLICATE = "duplicate"
    DEAD = "dead"
    LATE = "late"


AGREE = frozenset({Outcome.MATCH, Outcome.LATE})
MISMATCH = frozenset({Outcome.MISSING, Outcome.EXTRA, Outcome.DIFFERENT, Outcome.DUPLICATE})
