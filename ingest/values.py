"""Reading one wire value: lenient where the wire is, strict about what can not be."""

import math
import re
import reprlib
import unicodedata
from typing import Any

import msgspec

NUMERIC = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
DIGITS_MOST = 20
NESTED_DEPTH = 16
COMPOSED_MOST = 1_200
BIGINT = 2**63 - 1
LARGEST = 1e15


class Impossible(ValueError):
    """Raised when a value can not be part of a record; the text is the dead letter's reason."""


def implausible(name: str, value: Any) -> Impossible:
    """The reason for a value out of its type or range, shortened and without control characters."""
    shown = value if isinstance(value, str) else _shown(value)
    shown = "".join(c if c.isprintable() else "?" for c in shown[:40])
    return Impossible(f"implausible: {name} {shown}")


def _shown(value: Any) -> str:
    # A container may be as deep, and a number as long, as a body can hold.
    return "a number of many digits" if type(value) is int and abs(value) >= 10**DIGITS_MOST else reprlib.repr(value)


def text(name: str, value: Any, *, most: int) -> str | None:
    """Stripped NFC text of at most `most` characters, None when empty. Whole numbers become their digits."""
    if type(value) is int:
        value = _digits(name, value)
    if not isinstance(value, str):
        raise implausible(name, value)
    value = value.strip()
    if len(value) > 4 * most:
        raise Impossible(f"implausible: {name} is longer than {most} characters")
    if not value.isascii():
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise Impossible(f"implausible: {name} holds a lone surrogate")
        if len(value) <= COMPOSED_MOST:
            # Composing takes the square of the length when marks stand out of order.
            value = unicodedata.normalize("NFC", value).strip()
    if "\x00" in value:
        raise Impossible(f"implausible: {name} holds NUL")
    if len(value) > most:
        raise Impossible(f"implausible: {name} is longer than {most} characters")
    return value or None


def _digits(name: str, value: int) -> str:
    if abs(value) >= 10**DIGITS_MOST:
        raise Impossible(f"implausible: {name} has more than {DIGITS_MOST} digits")
    return str(value)


def number(name: str, value: Any, least: float = -LARGEST, most: float = LARGEST) -> float | None:
    """A finite number from `least` to `most`, from a number or a numeric string; None when empty."""
    found = value
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
        if not NUMERIC.fullmatch(value):
            raise implausible(name, value)
        found = float(value)
    elif type(value) is int:
        _digits(name, value)
    elif type(value) is not float:
        raise implausible(name, value)
    if not least <= found <= most or not math.isfinite(found):
        raise implausible(name, value)
    return float(found)


def integer(name: str, value: Any, least: int, most: int) -> int | None:
    """A whole number from `least` to `most`; a fraction is rounded, as devices send "75.0"."""
    if type(value) is int and least <= value <= most:
        return value
    found = number(name, value, least, most)
    return None if found is None else round(found)


def measured(name: str, value: Any, most: int) -> int | None:
    """A reading from 1 to `most`; 0 is "not measured"."""
    return integer(name, value, 0, most) or None


def identifier(name: str, value: Any) -> int | None:
    """A customer, organisation or user: a positive 64-bit integer, exact above 2^53; 0 and "" are unknown."""
    if isinstance(value, str):
        value = value.strip()
        if value in {"", "null"}:
            return None
        if not (value.isascii() and value.isdigit()) or len(value) > DIGITS_MOST:
            raise implausible(name, value)
        value = int(value)
    if type(value) is not int or not 0 <= value <= BIGINT:
        raise implausible(name, value)
    return value or None


def nested(name: str, value: Any) -> str | None:
    """Nested data as JSON text, from an object, a list, or JSON in a string; None for null, "null" and ""."""
    if isinstance(value, str):
        content = value.strip()
        if content in {"", "null"}:
            return None
        try:
            decoded = msgspec.json.decode(content)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            raise Impossible(f"implausible: {name} is not JSON") from error
    else:
        decoded = value
        try:
            content = msgspec.json.encode(value).decode()
        except (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError) as error:
            raise Impossible(f"implausible: {name} is not JSON") from error
    if decoded is None:
        return None
    if not isinstance(decoded, (dict, list)):
        raise implausible(name, decoded)
    if deeper_than(decoded, NESTED_DEPTH):
        raise Impossible(f"implausible: {name} is deeper than {NESTED_DEPTH}")
    return content


def deeper_than(value: Any, most: int) -> bool:
    """Whether containers in `value` nest more than `most` deep; iterative, so that no input can exhaust the stack."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(most):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
