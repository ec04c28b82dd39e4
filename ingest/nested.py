"""The day's and the week's rows, for those who check: whether each keeps the newest nested data that was sent to it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ingest import times
from ingest.records import Health
from ingest.writers import health
from ingest.writers.health import Period
from streaming.registry import Key
from streaming.rows import Difference

Row = dict[str, Any]


def newest_nested(records: Sequence[Health]) -> Mapping[Key, Sequence[Difference]]:
    """Of readings that are stored, those whose nested data its row does not have although it has none that is newer.
    Differences tell times and digests: the data itself is large. Raises django.db.Error."""
    found: dict[Key, list[Difference]] = {}
    for period in health.PERIODS:
        nested = [record for record in records if any(getattr(record, field) is not None for field in period.columns)]
        if not nested:
            continue
        rows = _rows(period, sorted({period.key(record) for record in nested}))
        said = _said(period, nested)
        for record in nested:
            found.setdefault(health.key(record), []).extend(
                _differing(period, record, rows.get(period.key(record), {}), said)
            )
    return {key: differences for key, differences in found.items() if differences}


def _rows(period: Period, keys: Sequence[Key]) -> dict[Key, Row]:
    columns = period.flat
    selected = period.table.select(("device_sn", period.start, *columns), keys)
    return {(serial, start): dict(zip(columns, values, strict=True)) for serial, start, *values in selected}


def _said(period: Period, records: Sequence[Health]) -> dict[tuple[Key, str], set[str]]:
    """What was said for a column at one time: a reading that was sent twice may have said two things, of which the
    first stays."""
    found: dict[tuple[Key, str], set[str]] = {}
    for record in records:
        for field in period.columns:
            if (content := getattr(record, field)) is not None:
                found.setdefault((health.key(record), field), set()).add(_digest(content))
    return found


def _differing(
    period: Period, record: Health, row: Row, said: Mapping[tuple[Key, str], set[str]]
) -> Iterator[Difference]:
    for field, (column, at) in period.columns.items():
        content = getattr(record, field)
        if content is None:
            continue
        name, held_at = f"{period.name}.{column}", row.get(at)
        if held_at is None or held_at < record.timestamp:
            yield Difference(name, times.local_text(record.timestamp), held_at and times.local_text(held_at))
        elif held_at == record.timestamp and _digest(row[column]) not in said[health.key(record), field]:
            yield Difference(name, _digest(content), _digest(row[column]))


def _digest(content: str | None) -> str:
    """Of what the JSON says, not of how it is written: MySQL writes it its own way. Empty for none."""
    if content is None:
        return ""
    try:
        canonical = msgspec.json.encode(msgspec.json.decode(content), order="sorted")
    except msgspec.MsgspecError:
        canonical = content.encode(errors="surrogatepass")
    return hashlib.blake2b(canonical, digest_size=8).hexdigest()
