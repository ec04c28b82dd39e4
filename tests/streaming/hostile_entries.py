"""Entries that nobody of ours appends: broken in their bytes, in their shape, or in a value of a well-formed record."""

import random
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest.records import Device, Event, Health
from streaming.envelope import FIELD, VERSION, Envelope, Reject, encode
from tests.streaming.entries import FIVE, RECEIVED_MS

Fields = dict[bytes, bytes]
KINDS: dict[str, Any] = {
    "health": Health("RAW", FIVE, heart_rate=70, temperature=36.6, latitude=31.5, sleep_data='{"a":[1]}'),
    "device": Device("RAW", FIVE, battery_level=50, device_name="watch", ip_address="10.0.0.1"),
    "event": Event("RAW", "SOS_EVENT", FIVE, "1", latitude=31.5, health=[Health("RAW", FIVE, heart_rate=70)]),
}

WHOLE = [0, -1, 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 10**9, 10**10, 10**18, -(10**11)]
REAL = [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1.7e308, -1e300, 0.1, 1e16]
TEXT = [
    "", " ", "RAW ", " RAW", "raw", "R\u0410W", "RAW\x00", "\x00", "\x1b[31m", "\u202e", "\ufeff", "\U0010ffff",
    "e\u0301" * 64,
    "x" * 65, "x" * 70_000, "设" * 100_000, "' OR 1=1 --", "%s%(x)s{}", "null", "{}", "[", '{"a":', '{"a":NaN}',
    "[" * 5_000 + "]" * 5_000, "2026-02-30", "9" * 400,
]  # fmt: skip
ODD: list[Any] = [None, True, False, [], {}, [[]], {"a": 1}, b"", b"\xff\x00", msgspec.msgpack.Ext(-1, b"\x00" * 4)]
VALUES: list[Any] = [*WHOLE, *REAL, *TEXT, *ODD]
MOMENTS = [0, -1, 10**18, -(10**18), 2**63 - 1, -(2**63), -62135596800, -62135625600, 253402271999, 253402300800]


def entries(count: int, *, seed: int) -> Iterator[tuple[str, Fields]]:
    """So many hostile entries, each with the kind of the stream it goes to; the same for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        kind = chance.choice(list(KINDS))
        make = chance.choices(MAKERS, weights=[1, 3, 1, 2, 8, 3, 2])[0]
        yield kind, make(chance, kind, number)


def garbage(chance: random.Random, kind: str, number: int) -> Fields:
    return {FIELD: chance.randbytes(chance.choice([0, 1, 2, 17, 300, 100_000]))}


def flipped(chance: random.Random, kind: str, number: int) -> Fields:
    """A good entry with some of its bytes changed, cut out or put in."""
    data = bytearray(encode(Envelope(VERSION, kind, RECEIVED_MS + number, "stream", 1, [KINDS[kind]])))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) or 1)
        data[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
    return {FIELD: bytes(data)}


def fieldless(chance: random.Random, kind: str, number: int) -> Fields:
    good = encode(Envelope(VERSION, kind, RECEIVED_MS, "stream", 1, [KINDS[kind]]))
    return chance.choice(
        [{b"x": good}, {b"D": b""}, {b"": b""}, {FIELD: good, b"x": b"\xff%d" % number}, {b"\xff": b"1"}]
    )


def misshapen(chance: random.Random, kind: str, number: int) -> Fields:
    """An envelope whose own fields are odd, but for its records."""
    fields: list[Any] = [VERSION, kind, RECEIVED_MS + number, "stream", 1, [KINDS[kind]], []]
    fields[chance.randrange(7)] = chance.choice([*VALUES, "device", "health", "nobody"])
    if chance.random() < 0.2:
        del fields[chance.randrange(7)]
    return {FIELD: msgspec.msgpack.encode(fields)}


def odd_value(chance: random.Random, kind: str, number: int) -> Fields:
    """A well-formed envelope of a record of which one value or two are odd."""
    records = []
    for more in range(chance.choice([1, 1, 1, 3])):
        record = list(msgspec.to_builtins(KINDS[kind]))
        record[0], record[2 if kind == "event" else 1] = f"RAW{number}-{more}", FIVE + number
        for _ in range(chance.randint(1, 2)):
            record[chance.randrange(len(record))] = chance.choice(VALUES)
        if chance.random() < 0.2:
            record[0], record[2 if kind == "event" else 1] = "RAW", FIVE  # the key of many
        if chance.random() < 0.2:
            record[2 if kind == "event" else 1] = chance.choice(MOMENTS)
        records.append(record)
    return {FIELD: msgspec.msgpack.encode([VERSION, kind, RECEIVED_MS, "stream", 1, records, []])}


def odd_reject(chance: random.Random, kind: str, number: int) -> Fields:
    """A reject of which one value is odd: it is on its way to the dead letters, and must get there."""
    reject: list[Any] = [kind, f"RAW{number}", "no serial", b"{%d" % number]
    reject[chance.randrange(4)] = chance.choice([*TEXT, b"\xff" * chance.choice([0, 1, 70_000]), "k" * 300])
    received = chance.choice([RECEIVED_MS, *MOMENTS])
    return {FIELD: msgspec.msgpack.encode([VERSION, kind, received, "stream", 1, [KINDS[kind]], [reject]])}


def crowd(chance: random.Random, kind: str, number: int) -> Fields:
    """Far more records than an entry of ours has."""
    records = [msgspec.structs.replace(KINDS[kind], timestamp=FIVE + n) for n in range(chance.choice([0, 150]))]
    rejects = [Reject(kind, "RAW", "no serial", b"%d" % n) for n in range(chance.choice([0, 150]))]
    return {FIELD: encode(Envelope(VERSION, kind, RECEIVED_MS, "stream", 1, records, rejects))}


MAKERS = [garbage, flipped, fieldless, misshapen, odd_value, odd_reject, crowd]
