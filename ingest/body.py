"""The body of an upload: JSON or refused, and the elements in it."""

import json
from typing import Any, NoReturn

import msgspec
from rest_framework.exceptions import ParseError

from ingest.values import deeper_than


def decode(body: bytes, *, depth: int) -> dict[str, Any] | list[Any]:
    """The JSON object or list in `body`. Raises ParseError (400) for bad syntax, invalid UTF-8, NaN, Infinity, more
    than `depth` levels, another type, or nothing at all. Of a repeated key the last counts."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        content = _decode_odd(body)
    if not isinstance(content, (dict, list)):
        raise ParseError("the body is not a JSON object or list")
    if not content:
        raise ParseError("the body is empty")
    if body.count(b"{") + body.count(b"[") > depth and deeper_than(content, depth):
        raise ParseError(f"the body is deeper than {depth} levels")
    return content


def _decode_odd(body: bytes) -> Any:
    # Lone surrogates and numbers beyond a double are JSON that the fast decoder refuses: they spoil one record only.
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except RecursionError as error:
        raise ParseError("the body is too deep") from error
    except ValueError as error:
        raise ParseError("the body is not JSON") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


Path = tuple[str | int, ...]


def elements(content: dict[str, Any] | list[Any]) -> tuple[list[tuple[Path, Any]], dict[str, Any]]:
    """The records in a body with their places in it, and the object that stands beside them.

    They are the top level, `data` or `data.data`, each an object or a list.
    """
    if isinstance(content, list):
        return [((index,), element) for index, element in enumerate(content)], {}
    path: Path = ()
    found: Any = content
    beside: dict[str, Any] = {}
    for _ in range(2):
        inner = found.get("data") if isinstance(found, dict) else None
        if inner is None or (path and not isinstance(inner, (dict, list))):
            break
        beside, found, path = {**beside, **found}, inner, (*path, "data")
    if isinstance(found, list):
        return [((*path, index), element) for index, element in enumerate(found)], beside
    return [(path, found)], beside


def source(body: bytes, path: Path) -> bytes:
    """The text of the element at `path`, byte for byte as it was received."""
    text = body.decode()
    start, end = _spans(text, 0, None)
    for step in path:
        start, end = _spans(text, start, step)
    return text[start:end].encode()


_scan = json.JSONDecoder(strict=False)
_BLANK = " \t\n\r"


def _spans(text: str, start: int, step: str | int | None) -> tuple[int, int]:
    """Where the value at `start` begins and ends, or, with `step`, its child of that key (the last) or index."""
    start = _skip(text, start)
    if step is None:
        return start, _scan.raw_decode(text, start)[1]
    found: tuple[int, int] | None = None
    position, index = _skip(text, start + 1), 0
    while text[position] not in "]}":
        key: str | int = index
        if text[start] == "{":
            key, position = _scan.raw_decode(text, position)
            position = _skip(text, position) + 1
        position = _skip(text, position)
        end = _scan.raw_decode(text, position)[1]
        if key == step:
            found = (position, end)
        position, index = _skip(text, end), index + 1
        if text[position] == ",":
            position = _skip(text, position + 1)
    if found is None:
        raise KeyError(step)
    return found


def _skip(text: str, position: int) -> int:
    while text[position] in _BLANK:
        position += 1
    return position
