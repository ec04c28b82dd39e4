"""What must hold once a run is healed and drained; `INVARIANTS` is the list that every run is checked against."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ljwx.redis import ledger_key
from monitoring import ledger as edge
from tests.simulation.ledger import Ledger
from tests.simulation.sent import ALERTING, DEVICE, EVENT, HEALTH, Record, local
from tests.simulation.server import Server

Key = tuple[str, ...]
STREAMS = {
    HEALTH: ("health_data_stream", "health_processors"),
    DEVICE: ("device_info_stream", "device_processors"),
    EVENT: ("common_event_stream", "event_processors"),
}
TABLES = {
    HEALTH: (
        "SELECT device_sn, timestamp, heart_rate, step, altitude, customer_id, upload_method FROM t_user_health_data",
        2,
    ),
    DEVICE: (
        "SELECT serial_number, timestamp, battery_level, voltage, wearable_status, customer_id, 0"
        " FROM t_device_info_history",
        2,
    ),
    EVENT: (
        "SELECT device_sn, event_type, timestamp, event_value, latitude, longitude, altitude, customer_id, 0"
        " FROM t_common_event",
        4,
    ),
}  # fmt: skip
LETTERS = "SELECT kind, form, category, payload FROM ljwx_dead_letter"
NEWEST = "SELECT serial_number, timestamp, battery_level, voltage, wearable_status, customer_id FROM t_device_info"
DAYS = "SELECT device_sn, date, sleep_at, sleep_data FROM t_user_health_data_daily"
ALERTS = "SELECT alert_type, device_sn, alert_timestamp, severity_level FROM t_alert_info"


@dataclass(slots=True)
class Found:
    """What the database holds: rows as (values, owner) by kind and key, and dead letters."""

    rows: dict[tuple[str, Key], tuple[tuple[Any, ...], int | None]]
    doubled: list[tuple[str, Key]]
    letters: Counter[tuple[str, Key, tuple[Any, ...]]]
    categories: dict[tuple[str, Key, tuple[Any, ...]], str]
    texts: Counter[tuple[str, str]]
    copies: list[str]
    odd: list[str]


def read(raw: sqlite3.Connection) -> Found:
    """All of it, by plain SQL."""
    found = Found({}, [], Counter(), {}, Counter(), [], [])
    for kind, (sql, width) in TABLES.items():
        for row in raw.execute(sql):
            row = tuple(map(_plain, row))
            key = (kind, row[:width])
            if key in found.rows:
                found.doubled.append(key)
            found.rows[key] = (row[width:-2], row[-2])
    payloads: Counter[tuple[str, bytes]] = Counter()
    for kind, form, category, payload in raw.execute(LETTERS):
        payload = bytes(payload)
        payloads[kind, payload] += 1
        if form == "json":
            found.texts[kind, payload.decode()] += 1
        elif form == "record":
            record = _record(kind, json.loads(payload))
            found.letters[record] += 1
            found.categories[record] = category
        else:
            found.odd.append(f"{kind} {form} {payload!r}")
    found.copies = [f"{kind} {payload!r} {count} times" for (kind, payload), count in payloads.items() if count > 1]
    return found


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value


def _record(kind: str, fields: dict[str, Any]) -> tuple[str, Key, tuple[Any, ...]]:
    moment = local(fields["timestamp"])
    if kind == HEALTH:
        return kind, (fields["device_sn"], moment), (fields["heart_rate"], fields["step"], fields["altitude"])
    if kind == DEVICE:
        values = (fields["battery_level"], fields["voltage"], fields["wearable_status"])
        return kind, (fields["serial_number"], moment), values
    key = (fields["device_sn"], fields["event_type"], moment, fields["event_value"])
    return kind, key, (fields["latitude"], fields["longitude"], fields["altitude"])


Check = Callable[[Ledger, Found, sqlite3.Connection, Server], Iterator[str]]


def accepted_once(ledger: Ledger, found: Found, raw: sqlite3.Connection, server: Server) -> Iterator[str]:
    """(1) Each record answered "accepted" is a row exactly once or a dead letter exactly once."""
    for kind, key in found.doubled:
        yield f"(1) {kind} {key} has two rows"
    for text in found.copies:
        yield f"(1) dead letter {text}"
    for record in ledger.accepted:
        if (record.kind, record.key) in ledger.destroyed:
            continue
        held = found.rows.get((record.kind, record.key))
        is_row = held is not None and held[0] == record.values
        is_letter = found.letters[record.kind, record.key, record.values] > 0
        if is_row == is_letter:
            yield f"(1) {_shown(record)} is {'a row and a dead letter' if is_row else f'lost; the row: {held}'}"
    for kind, text in ledger.rejected:
        if found.texts[kind, text] != 1 and (kind, text) not in ledger.destroyed_texts:
            yield f"(1) rejected {kind} {text} is a dead letter {found.texts[kind, text]} times"


def nothing_made_up(ledger: Ledger, found: Found, raw: sqlite3.Connection, server: Server) -> Iterator[str]:
    """(2) No row without a sent record, all values equal; alerts and days are those of stored records."""
    sent = {(record.kind, record.key, record.values): record for record in ledger.sent}
    for (kind, key), (values, owner) in found.rows.items():
        if (kind, key, values) not in sent:
            yield f"(2) {kind} {key} {values} was never sent"
        if owner not in {None, ord(key[0][0])}:
            yield f"(2) {kind} {key} belongs to {owner}"
    wanted = Counter(
        (key[1], key[0], key[2], ALERTING[key[1]]) for kind, key in found.rows if kind == EVENT and key[1] in ALERTING
    )
    alerts = Counter(tuple(map(_plain, row)) for row in raw.execute(ALERTS))
    if alerts != wanted:
        yield f"(2) alerts {alerts - wanted} too many, {wanted - alerts} missing"
    yield from _days(ledger, found, raw)


def _days(ledger: Ledger, found: Found, raw: sqlite3.Connection) -> Iterator[str]:
    def told(records: set[Record]) -> dict[tuple[str, str], set[tuple[str, str]]]:
        days: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for record in records:
            held = found.rows.get((record.kind, record.key)) if record.nested else None
            if held and held[0] == record.values and record.nested:
                days.setdefault((record.key[0], record.key[1][:10]), set()).add((record.key[1], record.nested))
        return days

    possible, promised = told(ledger.sent), told(ledger.accepted)
    held = {(_plain(row[0]), _plain(row[1])): (local(row[2]), row[3]) for row in raw.execute(DAYS)}
    for day, content in held.items():
        if content not in possible.get(day, set()):
            yield f"(2) the day {day} holds {content}, which nobody sent"
    for day, contents in promised.items():
        if (day[0], day[1]) in {(key[0], key[1][:10]) for kind, key in ledger.destroyed if kind == HEALTH}:
            continue
        if day not in held or held[day][0] < max(contents)[0]:
            yield f"(2) the day {day} holds {held.get(day)}, and {max(contents)} was accepted"


def only_bad_records_are_dead(ledger: Ledger, found: Found, raw: sqlite3.Connection, server: Server) -> Iterator[str]:
    """(3) A dead letter is an impossible text, a record the database refuses, or one whose key other values hold."""
    sent = {(record.kind, record.key, record.values): record for record in ledger.sent}
    for record, category in found.categories.items():
        kind, key, values = record
        if record not in sent:
            yield f"(3) dead letter {record} was never sent"
        elif category == "conflict":
            held = found.rows.get((kind, key))
            if (held is None or held[0] == values) and (kind, key) not in ledger.destroyed:
                yield f"(3) dead letter {record} is no conflict: the row is {held}"
        elif category != "database" or not sent[record].hopeless:
            yield f"(3) dead letter {record} ({category}) is a good record"
    for kind, text in found.texts:
        if (kind, text) not in ledger.impossible:
            yield f"(3) dead letter {kind} {text} was never sent"
    for text in found.odd:
        yield f"(3) dead letter {text}"


def nothing_is_left(ledger: Ledger, found: Found, raw: sqlite3.Connection, server: Server) -> Iterator[str]:
    """(4) Undelivered = pending = 0."""
    for kind in STREAMS:
        undelivered, pending = backlog(server, kind)
        if undelivered or pending:
            yield f"(4) {kind}: {undelivered} undelivered, {pending} pending"


def backlog(server: Server, kind: str) -> tuple[int, int]:
    """Undelivered and pending entries of `kind`."""
    name, group_name = STREAMS[kind]
    stream = server.stream(name)
    if stream is None:
        return 0, 0
    group = stream.groups.get(group_name.encode())
    if group is None:
        return len(stream.entries), 0
    return sum(each > group.delivered for each in stream.entries), len(group.pending)


def devices_are_newest(ledger: Ledger, found: Found, raw: sqlite3.Connection, server: Server) -> Iterator[str]:
    """(5) A device's row is its newest stored state; its owner is known as soon as one state named it."""
    newest: dict[str, tuple[str, tuple[Any, ...]]] = {}
    owners: dict[str, int] = {}
    for (kind, key), (values, owner) in found.rows.items():
        if kind == DEVICE:
            newest[key[0]] = max(newest.get(key[0], ("", ())), (key[1], values))
            if owner is not None:
                owners[key[0]] = owner
    held = {row[0]: tuple(map(_plain, row[1:])) for row in raw.execute(NEWEST)}
    for serial in newest.keys() | held.keys():
        moment, values = newest.get(serial, ("", ()))
        wanted = (moment, *values, owners.get(serial))
        found_owner = held.get(serial, (None,))[-1]
        if held.get(serial) != wanted and not (
            # A duplicate may tell the owner that the first delivery did not name.
            owners.get(serial) is None and held.get(serial) == (*wanted[:-1], found_owner)
            and found_owner == ord(serial[0])
        ):  # fmt: skip
            yield f"(5) device {serial} is {held.get(serial)}, its newest state {wanted}"


def ledger_balances(ledger: Ledger, found: Found, raw: sqlite3.Connection, server: Server) -> Iterator[str]:
    """(6) accepted = stored + duplicate + dead, nothing being in flight any more. Outcomes of which no promise is known
    may be more: an append whose answer was lost, or whose process died before it counted."""
    if ledger.destroyed or ledger.destroyed_texts:
        return
    open_records: Counter[str] = Counter()
    for key, count in edge.told().items():
        if key.what == edge.ACCEPTED:
            open_records[key.kind] += count
        elif key.what != edge.UNSURE:
            open_records[key.kind] -= count
    for kind, (stream, _) in STREAMS.items():
        prefix = ledger_key(stream, 0)[:-1].encode()
        for name in [name for name in server.keys if name.startswith(prefix)]:
            open_records[kind] -= sum(map(int, server.hgetall(name).values()))
        if open_records[kind] > 0:
            yield f"(6) {kind}: {open_records[kind]} accepted records are in no account"


def shadows_are_copies(ledger: Ledger, found: Found, raw: sqlite3.Connection, server: Server) -> Iterator[str]:
    """(7) A shadow row is a copy of a row of its own key; that it is written touches nothing else, (1) to (6) say."""
    for kind, (sql, width) in TABLES.items():
        for row in raw.execute(f"{sql}_shadow"):
            row = tuple(map(_plain, row))
            held = found.rows.get((kind, row[:width]))
            if held is None or held[0] != row[width:-2]:
                yield f"(7) the shadow of {kind} {row[:width]} is {row[width:-2]}, the row {held}"


INVARIANTS: tuple[Check, ...] = (
    accepted_once,
    nothing_made_up,
    only_bad_records_are_dead,
    nothing_is_left,
    devices_are_newest,
    ledger_balances,
    shadows_are_copies,
)


def violations(ledger: Ledger, raw: sqlite3.Connection, server: Server) -> list[str]:
    """Everything that does not hold, sorted; empty when all is well."""
    found = read(raw)
    broken = [text for check in INVARIANTS for text in check(ledger, found, raw, server)]
    return [*ledger.wrong, *sorted(broken)]


def _shown(record: Record) -> str:
    return f"{record.kind} {record.key} {record.values}"
