"""Bodies by the thousand: those that devices send and those of the table of hostile ones, changed at random."""

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.ingest.hostile import BODIES, LIMIT, NESTED, RECORDS, element
from tests.ingest.paths import ENDPOINTS, spellings

WIRE = Path(__file__).resolve().parents[1] / "wire"
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')

# One of these stands where a value or a name stood.
TOKENS = [
    b"null", b"true", b"false", b"0", b"-0", b"-1", b"1", b"999", b"1e999", b"-1e999", b"1e-400", b"NaN", b"Infinity",
    b"9" * 25, b"1" + b"0" * 400, b"9" * 5_000, b"2147483648", b"9223372036854775808", b"1788339600", b"1788339600123",
    b"17883396001", b"4294967296000", b"1.5", b"[]", b"{}", b"[[]]", b'[{"heart_rate":999}]', b'{"data":7}', b'""',
    b'" "', b'"null"', b'"NaN"', b'"0x1F"', b'"1_0"', b'"\\u0000"', b'"\\ud800"', b'"\\udc00\\ud800"',
    b'"\\ud83e\\udd8a"', b'"\\"', b'"\xff"', b'"\xed\xa0\x80"', '"设备"'.encode(), '"é"'.encode(),
    '"\u202e"'.encode(), b'"' + b"x" * 300 + b'"', b'"2105-01-01 00:00:00"', b'"2026-02-29 00:00:00"',
    b'"2024-02-29 23:59:59"', b'"2026-09-02T17:00:00Z"', b'"{\\"a\\":NaN}"', b'"[[[[[["', b'"deviceSn"', b'"data"',
    b'"healthData"', b'"timestamp"', b'"heart_rate"', b'"sleepData"', b'"eventType"', b'"__proto__"',
]  # fmt: skip
PIECES = [bytes([one]) for one in b'[]{},:"\\\x00\xff\xc3\n -.e'] + [b"\xef\xbb\xbf"]


@cache
def corpus() -> list[tuple[str, bytes]]:
    """Kind and body of everything there is to begin with."""
    found = [(path.name.partition("-")[0], path.read_bytes()) for path in sorted(WIRE.glob("*.json"))]
    found = [(kind if kind in ENDPOINTS else "event", body) for kind, body in found]
    found += [(kind, element(kind, case.members).encode()) for case in RECORDS for kind in case.kinds]
    found += [("event", element("event", {"healthData": case.content}).encode()) for case in NESTED]
    found += [(kind, case.body) for case in BODIES for kind in case.kinds]
    return [(kind, body) for kind, body in found if len(body) <= 3_000]


def bodies(count: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Path and body of so many uploads, the same for the same seed."""
    chance = random.Random(seed)
    paths: dict[str, Any] = {kind: spellings(kind) for kind in ENDPOINTS}
    for _ in range(count):
        kind, body = chance.choice(corpus())
        for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
            body = chance.choice(CHANGES)(chance, body)
        yield chance.choice(paths[kind if chance.random() < 0.9 else chance.choice(list(paths))]), body[: LIMIT + 1]


def a_token(chance: random.Random, body: bytes) -> bytes:
    tokens = list(TOKEN.finditer(body))
    if not tokens:
        return body
    found = chance.choice(tokens)
    return body[: found.start()] + chance.choice(TOKENS) + body[found.end() :]


def a_byte(chance: random.Random, body: bytes) -> bytes:
    place = chance.randrange(len(body) + 1)
    return (
        body[:place]
        + chance.choice([chance.choice(PIECES), chance.randbytes(1)])
        + body[place + chance.randint(0, 1) :]
    )


def a_gap(chance: random.Random, body: bytes) -> bytes:
    start, end = sorted((chance.randrange(len(body) + 1), chance.randrange(len(body) + 1)))
    return chance.choice([body[:start] + body[end:], body[:end] + body[start:end] + body[end:], body[:start]])


def another(chance: random.Random, body: bytes) -> bytes:
    """The first half of one and the second half of another."""
    _, other = chance.choice(corpus())
    return body[: chance.randrange(len(body) + 1)] + other[chance.randrange(len(other) + 1) :]


def wrapped(chance: random.Random, body: bytes) -> bytes:
    """Around it what may stand around a record."""
    before, after = chance.choice(
        [(b"[", b"]"), (b'{"data":', b"}"), (b'{"data":{"data":[', b"]}}"), (b"[" * 16, b"]" * 16), (b" \n", b"\t"),
         (b'{"health_data":[', b"]}"), (b'{"health_data":7,"device_info":[', b'],"alert_data":[null]}'),
         (b'{"deviceSn":"A","eventType":"X","healthData":', b"}")]
    )  # fmt: skip
    return before + body + after


def quoted(chance: random.Random, body: bytes) -> bytes:
    """JSON in a string, as watches send it."""
    text = json.dumps(body.decode(errors="surrogateescape"))
    return b'{"deviceSn":"A","eventType":"com.x.SOS_EVENT","healthData":' + text.encode(errors="replace") + b"}"


def repeated(chance: random.Random, body: bytes) -> bytes:
    return b"[" + b",".join([body] * chance.choice([2, 3, 40])) + b"]"


CHANGES = [a_token, a_token, a_token, a_token, a_byte, a_byte, a_gap, another, wrapped, quoted, repeated]
