"""What the ledger says of a trial once everything is healed and drained, when nothing is in flight any more."""

import math
import time

import django.db
import redis

from streaming import registry


def minute() -> int:
    """The minute of the ledger in which a trial begins."""
    return int(time.time()) // 60


def missing(first: int) -> int:
    """Records of the minutes since `first` that the ledger holds for lost. Raises django.db.Error, redis.RedisError."""
    from monitoring import ledger  # Django is set up now

    django.db.close_old_connections()  # the server may have been another since
    kinds = registry.kinds()
    streams = {kind.name: kind.stream for kind in kinds}
    settled = {kind.name: math.inf for kind in kinds}
    found = ledger.lines(first, minute(), streams=streams, settled_before=settled)
    return sum(max(0, line.residue) for line in found)


def wrong(first: int, lost: int) -> str:
    """What is wrong with the ledger of a trial that has lost so many records; empty when it tells the truth."""
    try:
        told = missing(first)
    except (redis.RedisError, django.db.Error) as error:
        return f"the ledger can not be read: {type(error).__name__}"
    if told and not lost:
        return f"the ledger holds {told} records for lost, and none is"
    return f"the ledger knows nothing of {lost} lost records" if lost and not told else ""
