"""The end of a dead letter: replayed or discarded, once. The only module that writes a letter's state."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from streaming.models import DeadLetter

State = DeadLetter.State
Letters = Any  # a QuerySet[DeadLetter]
Told = Callable[[Sequence[DeadLetter]], None]

CHUNK = 500


def settle(letters: Sequence[DeadLetter], *, state: str, actor: str, reason: str = "", told: Told | None = None) -> int:
    """Move those of `letters` that are open to `state`, and tell `told` which in the same transaction; returns how
    many. One that was settled already is left as it is."""
    with transaction.atomic():
        settled = DeadLetter.objects.filter(pk__in=[letter.pk for letter in letters], state=State.OPEN).update(
            state=state, settled_at=timezone.now(), settled_by=actor[:150], settled_reason=reason[:255]
        )
        if settled == len(letters):
            if told is not None:
                told(letters)
            return settled
        # Somebody else has settled some of them meanwhile: one by one it is seen which.
        transaction.set_rollback(True)
    if len(letters) == 1:
        return 0
    return sum(settle([letter], state=state, actor=actor, reason=reason, told=told) for letter in letters)


def still_open(letters: Letters) -> Letters:
    """Those of `letters` that nobody has settled."""
    return letters.filter(state=State.OPEN)


def in_chunks(letters: Letters, size: int) -> Iterator[list[DeadLetter]]:
    """The open ones of `letters`, oldest first, without those that arise from now on.

    Each chunk is a query of its own, so what is settled meanwhile, by this process or another, neither repeats nor
    makes another be skipped.
    """
    letters, last = still_open(letters), 0
    newest = letters.order_by("-pk").values_list("pk", flat=True).first() or 0
    while chunk := list(letters.filter(pk__gt=last, pk__lte=newest).order_by("pk")[:size]):
        yield chunk
        last = chunk[-1].pk


def discard(letters: Letters, *, actor: str, reason: str = "", told: Told | None = None) -> Iterator[int]:
    """Discard the open ones of `letters`, oldest first, a chunk a transaction; yields after each how many it was.

    Stopping between two leaves the rest open.
    """
    for chunk in in_chunks(letters.defer("payload"), CHUNK):
        yield settle(chunk, state=State.DISCARDED, actor=actor, reason=reason, told=told)
