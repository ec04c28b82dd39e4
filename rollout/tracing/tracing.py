"""Everything that is known of a device's uploads around a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from django.utils import timezone

from rollout.explaining import Explanation, explain
from rollout.models import Route
from rollout.tracing import fates, scanning, standing
from rollout.tracing.fates import Became, Fate
from rollout.tracing.scanning import Scan, Span
from rollout.tracing.shares import Shares, Then
from rollout.tracing.standing import Standing
from streaming import registry
from streaming.models import DeadLetter
from streaming.registry import Key
from streaming.rows import Rows

# Of reading the streams, all of them together.
LONGEST_S = 3.0
MOST_LETTERS = 1_000


@dataclass(frozen=True, slots=True)
class Upload:
    """An entry. `received_ms`: when the edge accepted it, epoch milliseconds; `path` and `epoch` as it says; `then`:
    what that epoch stands for, None when the history does not tell. `is_copy`: the legacy path has stored it, and this
    is its mirrored copy."""

    kind: str
    is_copy: bool
    entry: str
    appended_ms: int
    received_ms: int
    path: str
    epoch: int
    then: Then | None
    standing: Standing
    records: Sequence[Fate]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that no entry among those that were read has promised. `is_direct`: the stream was read where it was
    written, so that the legacy writer has stored it; else its entry was not read, if it had one. `then`: the share when
    it was written."""

    kind: str
    time_s: int
    written_s: int | None
    is_direct: bool
    then: Then | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """`uploads`, `rows` and `letters`: newest first, at most as many of each kind as were asked for. `scans`: what was
    read of each stream; a stream whose Redis did not answer is in `silent`. `letters_cut`: there are older letters that
    were not looked at."""

    device_sn: str
    at: datetime
    asked: Span
    routes: Sequence[Explanation]
    uploads: Sequence[Upload]
    rows: Sequence[Row]
    letters: Sequence[DeadLetter]
    scans: Sequence[Scan]
    silent: Sequence[str]
    letters_cut: bool

    @property
    def is_known(self) -> bool:
        """Whether anything was found of the device."""
        return bool(self.uploads or self.rows or self.letters)

    @property
    def missing(self) -> int:
        """Records in no account: neither row nor dead letter, though their entry is done or a copy of them is there. A
        copy that is missing itself loses nothing."""
        return sum(
            each.became is (Became.ALONE if upload.is_copy else Became.MISSING)
            for upload in self.uploads
            for each in upload.records
        )


def trace(device_sn: str, *, at: datetime | None = None, minutes: int = 10, most: int = 10) -> Trace:
    """The newest `most` uploads of each kind of `device_sn` from `minutes` before `at` to as long after it; without
    `at` those before now. The streams are read for 3 s at most. Raises django.db.Error; a Redis that is away leaves
    its part out."""
    now = timezone.now()
    moment = min(at, now) if at else now
    at_ms, now_ms = round(moment.timestamp() * 1000), round(now.timestamp() * 1000)
    around_ms = minutes * scanning.MINUTE_MS
    asked = Span(max(0, at_ms - around_ms), at_ms if at is None else at_ms + around_ms)
    shares = {route.kind: Shares(route, device_sn) for route in Route.objects.all()}
    scans, uploads, silent = _uploads(device_sn, shares, asked=asked, at_ms=at_ms, now_ms=now_ms, most=most)
    letters, cut = _letters(device_sn, asked.until_ms, most)
    return Trace(
        device_sn=device_sn,
        at=moment,
        asked=asked,
        routes=explain(device_sn),
        uploads=uploads,
        rows=_rows(device_sn, shares, scans, asked=asked, most=most),
        letters=letters,
        scans=scans,
        silent=silent,
        letters_cut=cut,
    )


def _uploads(
    device: str, shares: Mapping[str, Shares], *, asked: Span, at_ms: int, now_ms: int, most: int
) -> tuple[list[Scan], list[Upload], list[str]]:
    scans: list[Scan] = []
    uploads: list[Upload] = []
    silent: list[str] = []
    kinds, until = registry.consumed(), scanning.clock() + LONGEST_S
    for number, kind in enumerate(kinds):
        seconds = max(0.0, until - scanning.clock()) / (len(kinds) - number)
        try:
            scan = scanning.scan(kind, device, asked=asked, at_ms=at_ms, now_ms=now_ms, most=most, seconds=seconds)
            standings = standing.of(kind, [each.entry.identifier for each in scan.found])
        except redis.RedisError:
            if kind.origin not in silent:
                silent.append(kind.origin)
            continue
        scans.append(scan)
        uploads += _of_scan(scan, standings, shares.get(kind.origin))
    return scans, sorted(uploads, key=lambda each: each.appended_ms, reverse=True), silent


def _of_scan(scan: Scan, standings: Sequence[Standing], shares: Shares | None) -> list[Upload]:
    states = {each.entry.identifier: held.state for each, held in zip(scan.found, standings, strict=True)}
    records = fates.of([promise for each in scan.found for promise in each.promises], states=states)
    found = []
    for (entry, promises), held in zip(scan.found, standings, strict=True):
        first, origin = promises[0], promises[0].origin
        then = shares.of_epoch(origin.epoch, _moment(first.received_ms)) if shares else None
        found.append(
            Upload(
                kind=scan.kind.origin,
                is_copy=bool(scan.kind.shadow_of),
                entry=str(entry.id),
                appended_ms=entry.id.ms,
                received_ms=first.received_ms,
                path=origin.path,
                epoch=origin.epoch,
                then=then,
                standing=held,
                records=records.get(entry.identifier, ()),
            )
        )
    return found


def _rows(device: str, shares: Mapping[str, Shares], scans: Sequence[Scan], *, asked: Span, most: int) -> list[Row]:
    """The newest rows that are not those of an entry that was read."""
    promised: set[tuple[str, Key]] = {
        (promise.kind.name, key)
        for scan in scans
        for found in scan.found
        for promise in found.promises
        if (key := promise.key) is not None
    }
    by_kind = {scan.kind.name: scan for scan in scans}
    found: list[Row] = []
    for kind in registry.kinds():
        if kind.rows is not None:
            newest = kind.rows.newest(device, asked.until_ms // 1000, most + len(promised))
            keys = [key for key in newest if (kind.name, key) not in promised][:most]
            found += _of_keys(kind.name, kind.rows, keys, shares.get(kind.name), by_kind.get(kind.name))
    return sorted(found, key=lambda row: row.time_s, reverse=True)


def _of_keys(name: str, rows: Rows, keys: Sequence[Key], shares: Shares | None, scan: Scan | None) -> Iterator[Row]:
    for key, found in rows.fetch(keys).items():
        for held in found:
            written = held.written_s
            yield Row(
                kind=name,
                time_s=rows.time(key),
                written_s=written,
                is_direct=bool(scan and written and scan.would_show(written * 1000)),
                then=shares.at(_moment(written * 1000)) if shares and written is not None else None,
                values=dict(zip(rows.columns, held.values, strict=True)),
            )


def _letters(device: str, until_ms: int, most: int) -> tuple[list[DeadLetter], bool]:
    newest = DeadLetter.objects.filter(device_sn=device).order_by("-id").defer("payload")[: MOST_LETTERS + 1]
    rows, until = list(newest), _moment(until_ms)
    found = [row for row in rows[:MOST_LETTERS] if row.device_sn == device and row.received_at <= until]
    return found[:most], len(rows) > MOST_LETTERS and len(found) < most


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
