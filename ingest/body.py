"""The body of an upload: JSON or refused, and the elements in it."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec
from rest_framework.exceptions import ParseError

from ingest.values import deeper_than

MOST_DIGITS = 400


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
        return json.loads(body.decode(), parse_constant=_refuse, parse_int=_whole)
    except RecursionError as error:
        raise ParseError("the body is too deep") from error
    except ValueError as error:
        raise ParseError("the body is not JSON") from error


def _whole(digits: str) -> int | float:
    # Python refuses to read very long integers; as a float such a number is infinite, which no value may be.
    return int(digits) if len(digits) < MOST_DIGITS else float(digits)


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


class Source:
    """The text of a body, to give back its elements byte for byte as they were received."""

    def __init__(self, body: bytes | str) -> None:
        self._body = body
        self._text = ""
        self._spans: dict[Path, tuple[int, int]] = {}

    def at(self, path: Path) -> bytes:
        """The element at `path`; its neighbours are found on the way, so that all of them cost one pass."""
        if not self._spans:
            self._text = self._body.decode() if isinstance(self._body, bytes) else self._body
            start = _skip(self._text, 0)
            self._spans[()] = (start, _end(self._text, start))
        if path not in self._spans:
            self.at(path[:-1])
            parent = self._spans[path[:-1]][0]
            self._spans |= {(*path[:-1], step): span for step, span in _children(self._text, parent)}
        start, end = self._spans[path]
        return self._text[start:end].encode()


_scan = json.JSONDecoder(strict=False, parse_int=_whole)
_BLANK = " \t\n\r"


def _end(text: str, start: int) -> int:
    return _scan.raw_decode(text, start)[1]


def _children(text: str, start: int) -> Iterator[tuple[str | int, tuple[int, int]]]:
    """Key or index of each child of the container at `start`, and where it begins and ends; of a repeated key the
    last comes last."""
    position, index = _skip(text, start + 1), 0
    while text[position] not in "]}":
        step: str | int = index
        if text[start] == "{":
            step, position = _scan.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)
        end = _end(text, position)
        yield step, (position, end)
        position, index = _skip(text, end), index + 1
        if text[position] == ",":
            position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    while text[position] in _BLANK:
        position += 1
    return position
