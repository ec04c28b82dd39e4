"""What a trace says to people, in the language of the reader. Health data only where it is asked for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout.tracing.fates import Became, Fate
from rollout.tracing.standing import Standing, State
from rollout.tracing.tracing import Row, Trace, Upload
from streaming.fingerprints import normal
from streaming.models import DeadLetter

BECAME: dict[Became, Promise] = {
    Became.STORED: gettext_lazy("stored"),
    Became.KNOWN: gettext_lazy("sent again, stored before"),
    Became.DEAD: gettext_lazy("dead letter"),
    Became.DIFFERENT: gettext_lazy("the row has other values"),
    Became.DUPLICATE: gettext_lazy("more than one row"),
    Became.WAITING: gettext_lazy("not stored yet"),
    Became.MISSING: gettext_lazy("neither row nor dead letter"),
}
COPIES: dict[Became, Promise] = {
    Became.STORED: gettext_lazy("shadow row, equal to the row"),
    Became.DIFFERENT: gettext_lazy("shadow row and row differ"),
    Became.DUPLICATE: gettext_lazy("more than one row"),
    Became.WAITING: gettext_lazy("not stored yet"),
    Became.MISSING: gettext_lazy("no shadow row"),
    Became.ALONE: gettext_lazy("shadow row, but no row"),
}

# What a person must look at.
BAD = frozenset({Became.MISSING, Became.DIFFERENT, Became.DUPLICATE, Became.ALONE})


def second(moment: datetime | float | None) -> str:
    """A time, or seconds since 1970, in the site's zone to the second."""
    if moment is None:
        return "–"
    known = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return f"{timezone.localtime(known):%Y-%m-%d %H:%M:%S}"


def exact(milliseconds: int) -> str:
    """Epoch milliseconds in the site's zone, with their milliseconds."""
    return f"{second(milliseconds // 1000)}.{milliseconds % 1000:03d}"


def of_standing(held: Standing) -> str:
    """How far the consumers are with an entry."""
    match held.state:
        case State.ACKNOWLEDGED:
            return _("acknowledged")
        case State.UNDELIVERED:
            return _("waits for a consumer")
        case State.NO_GROUP:
            return _("waits: there is no consumer group")
    since = exact(held.delivered_ms) if held.delivered_ms is not None else "–"
    told = {"consumer": held.consumer, "since": since, "count": held.deliveries}
    return _("in the batch of %(consumer)s since %(since)s, delivered %(count)d times") % told


def of_kind(upload: Upload) -> str:
    """The kind of an upload, and whether this is a copy of it."""
    return _("%s, mirrored copy") % upload.kind if upload.is_copy else upload.kind


def of_record(fate: Fate, *, values: bool, is_copy: bool) -> str:
    """What became of a record, and when."""
    text = str((COPIES if is_copy else BECAME)[fate.became])
    if fate.letter is not None:
        return f"{text} {fate.letter.pk} ({fate.letter.get_state_display()}): {reason(fate.letter, values=values)}"
    return text if fate.written_s is None else f"{text}, {second(fate.written_s)}"


def of_row(row: Row) -> str:
    """How a row without an entry came there."""
    if row.is_direct:
        return _("no entry: written at once")
    return _("by its share, for its entry, if it had one, was not read")


def reason(letter: DeadLetter, *, values: bool) -> str:
    """Why a record is dead; without `values`, which may be health data, unless they may be seen."""
    return letter.reason if values else normal(letter.reason)


def held(values: Mapping[str, Any]) -> str:
    """What a record holds, without what it does not."""
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def gaps(trace: Trace) -> list[str]:
    """What was not looked at, a sentence each."""
    found = [_("%s: the stream was not read, Redis does not answer.") % kind for kind in trace.silent]
    for scan in trace.scans:
        told = {
            "kind": scan.kind.name, "read": scan.read, "since": second(scan.span.since_ms / 1000),
            "until": second(scan.span.until_ms / 1000),
        }  # fmt: skip
        if not scan.is_whole:
            found.append(_("%(kind)s: %(read)d entries from %(since)s to %(until)s were read, and none beyond.") % told)
        if scan.kept_since_ms is None:
            if not scan.kind.shadow_of:  # else nothing is mirrored
                found.append(_("%(kind)s: the stream holds no entry.") % told)
        elif scan.kept_since_ms > scan.asked.since_ms:
            told["since"] = second(scan.kept_since_ms / 1000)
            found.append(_("%(kind)s: entries before %(since)s are not kept.") % told)
    if trace.letters_cut:
        found.append(_("Only the newest dead letters of the device were looked at."))
    if trace.rows:
        found.append(
            _("Overrides, closed streams and pins that were removed are in no history: a share says what should be.")
        )
    return found
