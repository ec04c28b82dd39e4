"""How many consumers there should be: the only module that writes the number.

The database row is the truth, so it outlives Redis; each process keeps a copy, and the last one stays in force while
the database is away.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import Error, IntegrityError, transaction
from django.utils.translation import gettext as _

from ljwx.background import Refreshed
from streaming.models import ConsumerChange, ConsumerCount

Source = ConsumerChange.Source

DEFAULT = 2
REASON_LENGTH = 255


class OutOfRange(ValueError):
    """Raised when a number is below the minimum or above the maximum."""


class CountConflict(Exception):
    """Raised when the number was changed between being read and being written."""


@dataclass(frozen=True, slots=True)
class Count:
    """`wanted` was asked for; `desired` is what the supervisors converge to. `version` 0: nobody has set it yet."""

    wanted: int
    desired: int
    version: int


def read() -> Count:
    """The number in the database, or the default; within the limits. Raises django.db.Error when it is away."""
    row = ConsumerCount.objects.filter(pk=1).values_list("wanted", "desired", "version").first()
    return _within(Count(*row) if row else Count(DEFAULT, DEFAULT, 0))


def _within(count: Count) -> Count:
    least, most = settings.CONSUMER_MIN, settings.CONSUMER_MAX
    wanted = min(max(count.wanted, least), most)
    # What autoscaling has added goes with it.
    desired = min(max(count.desired, wanted), most) if settings.CONSUMER_AUTOSCALE else wanted
    return Count(wanted, desired, count.version)


# Of supervisors alone: a web process does not ask.
current: Refreshed[Count] = Refreshed(
    "number of consumers", read, initial=Count(DEFAULT, DEFAULT, 0), errors=(Error,), web=False
)


def ask(count: int, *, reason: str, actor: str, source: str = Source.MANUAL) -> tuple[Count, Count]:
    """Have `count` consumers over all hosts; returns what was and what is. The same number changes nothing.

    Raises OutOfRange, CountConflict, django.db.Error; then nothing changed.
    """
    check(count)
    before = read()
    if before.version and (before.wanted, before.desired) == (count, count):
        return before, before
    return before, _write(before, Count(count, count, before.version + 1), reason=reason, actor=actor, source=source)


def adjust(desired: int, *, expected: Count, reason: str, actor: str) -> Count:
    """Autoscaling: have `desired` consumers, and leave what people asked for as it is.

    Raises CountConflict when the number is not `expected` any more, OutOfRange, django.db.Error.
    """
    check(desired)
    if desired < expected.wanted:
        raise OutOfRange(f"{desired} is less than the {expected.wanted} that were asked for")
    after = Count(expected.wanted, desired, expected.version + 1)
    return _write(expected, after, reason=reason, actor=actor, source=Source.AUTOSCALE)


def begin(count: int, *, reason: str, actor: str, started: float | None = None) -> Count:
    """The number that a start asks for. `started`, a Unix time: a number that was set after it stays, so that a
    program which is started again does not undo what was asked meanwhile. Raises as `ask` does."""
    if started is not None:
        last = ConsumerChange.objects.order_by("-version").values_list("created_at", flat=True).first()
        if last is not None and last >= datetime.fromtimestamp(started, UTC):
            return read()
    return ask(count, reason=reason, actor=actor, source=Source.START)[1]


def check(count: int) -> None:
    """Raises OutOfRange unless there may be `count` consumers."""
    if not settings.CONSUMER_MIN <= count <= settings.CONSUMER_MAX:
        facts = {"count": count, "least": settings.CONSUMER_MIN, "most": settings.CONSUMER_MAX}
        raise OutOfRange(
            _("%(count)d consumers: LJWX_CONSUMER_MIN and LJWX_CONSUMER_MAX allow %(least)d to %(most)d.") % facts
        )


def _write(before: Count, after: Count, *, reason: str, actor: str, source: str) -> Count:
    values = {"wanted": after.wanted, "desired": after.desired, "version": after.version}
    conflict = CountConflict(_("Somebody else has changed the number of consumers. Look and try again."))
    try:
        with transaction.atomic():
            if before.version == 0:
                ConsumerCount.objects.create(pk=1, **values)
            elif ConsumerCount.objects.filter(pk=1, version=before.version).update(**values) != 1:
                raise conflict
            ConsumerChange.objects.create(
                version=after.version,
                from_count=before.desired,
                to_count=after.desired,
                source=source,
                actor=actor[:150],
                reason=reason[:REASON_LENGTH],
            )
            transaction.on_commit(current.refresh)
    except IntegrityError as error:
        raise conflict from error
    return after
