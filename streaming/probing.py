"""A write that must work: tells a record that can not be stored from a world, or a writer, that can store nothing."""

from django.db import transaction

from streaming.failures import Broken
from streaming.registry import Kind


def probe(kind: Kind) -> None:
    """Write a record that is surely good through the kind's own writer, and roll it back.

    The writer itself and not a statement of our own: it meets the same tables, locks and code as the record that
    failed, so a deployment that can store nothing fails here too, and nothing is buried. Raises what the writer raises.
    """
    if kind.probe is None:
        raise Broken(f"{kind.name} has no probe")
    with transaction.atomic():
        kind.write([kind.probe()])
        transaction.set_rollback(True)
