"""A trace for machines."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from rollout.tracing import words
from rollout.tracing.fates import Fate
from rollout.tracing.scanning import Span
from rollout.tracing.shares import Then
from rollout.tracing.tracing import Row, Trace, Upload
from streaming.models import DeadLetter


def plain(trace: Trace, *, values: bool) -> dict[str, Any]:
    """As JSON holds it. Without `values` no health data is in it."""
    return {
        "device": trace.device_sn,
        "at": _text(trace.at.timestamp() * 1000),
        "asked": _span(trace.asked),
        "routes": [asdict(each) for each in trace.routes],
        "uploads": [_upload(each, values=values) for each in trace.uploads],
        "rows": [_row(each, values=values) for each in trace.rows],
        "dead_letters": [_letter(each, values=values) for each in trace.letters],
        "read": {
            scan.kind.name: {**_span(scan.span), "entries": scan.read, "kept_since": _text(scan.kept_since_ms)}
            for scan in trace.scans
        },
        "missing": trace.missing,
        "not_looked_at": words.gaps(trace),
    }


def _upload(each: Upload, *, values: bool) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "copy": each.is_copy,
        "entry": each.entry,
        "appended": _text(each.appended_ms),
        "received": _text(each.received_ms),
        "path": each.path,
        "epoch": each.epoch,
        "share": _then(each.then),
        "state": each.standing.state.value,
        "consumer": each.standing.consumer,
        "delivered": _text(each.standing.delivered_ms),
        "deliveries": each.standing.deliveries,
        "records": [_record(record, values=values) for record in each.records],
    }


def _record(fate: Fate, *, values: bool) -> dict[str, Any]:
    return {
        "kind": fate.kind,
        "time": _second(fate.time_s),
        "became": fate.became.value,
        "written": _second(fate.written_s),
        "dead_letter": fate.letter.pk if fate.letter else None,
        **_values(fate.values, shown=values),
    }


def _row(row: Row, *, values: bool) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "time": _second(row.time_s),
        "written": _second(row.written_s),
        "direct": row.is_direct,
        "share": _then(row.then),
        **_values(row.values, shown=values),
    }


def _letter(letter: DeadLetter, *, values: bool) -> dict[str, Any]:
    return {
        "id": letter.pk,
        "kind": letter.kind,
        "state": letter.state,
        "reason": words.reason(letter, values=values),
        "received": timezone.localtime(letter.received_at).isoformat(timespec="milliseconds"),
        "created": timezone.localtime(letter.created_at).isoformat(timespec="milliseconds"),
    }


def _values(values: Mapping[str, Any], *, shown: bool) -> dict[str, Any]:
    return {"values": dict(values)} if shown else {}


def _then(then: Then | None) -> dict[str, Any] | None:
    if then is None:
        return None
    return {
        "percentage": str(then.percentage), "epoch": then.epoch, "bucket": then.bucket, "path": then.path,
        "pin": then.pin, "why": then.why,
    }  # fmt: skip


def _span(span: Span) -> dict[str, str | None]:
    return {"since": _text(span.since_ms), "until": _text(span.until_ms)}


def _second(seconds: int | None) -> str | None:
    return None if seconds is None else _text(seconds * 1000)


def _text(milliseconds: float | None) -> str | None:
    if milliseconds is None:
        return None
    found = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return timezone.localtime(found).isoformat(timespec="milliseconds")
