"""The bytes of a task file as a JSON object, whatever bytes they are (S-3, reliability §B.5)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

DEPTH_LIMIT = 32
"""Levels of nested lists and objects (S-3)."""
VALUE_LIMIT = 20_000
"""Values in one file; more would cost more time than S-3 allows a file."""
NOTE_LIMIT = 8
"""Lines said about one odd file."""

_SEPARATOR_LIMIT = 131_072
_DIGITS_LIMIT = 30
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_MARK = re.compile(rb"[\[\]{},]")
_STEP = {b"[": 1, b"{": 1, b"]": -1, b"}": -1, b",": 0}
_UNUSUAL_NUMBER = re.compile(rb"\d{31}|\d[eE]\+?\d{3}")


class Unreadable(Exception):
    """A file that says nothing. ``reason`` is one line; ``torn`` means that reading it again may help."""

    def __init__(self, reason: str, *, torn: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.torn = torn


@dataclass(slots=True)
class Notes:
    """What is odd about a file that can be read all the same."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Say it once; after some lines no more is said about one file."""
        if len(self.lines) < NOTE_LIMIT and line not in self.lines:
            self.lines.append(line)


def parse_document(data: bytes, notes: Notes) -> dict[str, Any]:
    """The JSON object in these bytes as it stands, unknown keys and lone surrogates included.

    Raises:
        Unreadable: not UTF-8, not JSON, no object, too deep, too many values, or numbers that JSON does not know.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        notes.add("starts with a byte order mark")
    if not data.strip():
        raise Unreadable("empty", torn=True)
    _refuse_excess(data)
    value = _load(data, notes)
    if not isinstance(value, dict):
        raise Unreadable(f"{kind_of(value)}, not an object")
    return value


def kind_of(value: Any) -> str:
    """A JSON value's kind in words: "a list", "a number", "null"."""
    if isinstance(value, bool):
        return "true or false"
    if value is None:
        return "null"
    return {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}[type(value)]


def _refuse_excess(data: bytes) -> None:
    """Judge number and depth of values before parsing, by the brackets and commas outside of texts."""
    openings = data.count(b"[") + data.count(b"{")
    separators = openings + data.count(b",")
    # With very many of them it does not matter where they stand, and looking would take too long.
    if separators > _SEPARATOR_LIMIT:
        raise Unreadable(f"holds over {VALUE_LIMIT:,} values")
    if separators <= VALUE_LIMIT and openings <= DEPTH_LIMIT:
        return
    depth = count = 0
    for mark in _MARK.finditer(_STRING.sub(b"", data)):
        depth += _STEP[mark[0]]
        count += _STEP[mark[0]] >= 0
        if depth > DEPTH_LIMIT:
            raise Unreadable(f"nested over {DEPTH_LIMIT} levels deep")
        if count > VALUE_LIMIT:
            raise Unreadable(f"holds over {VALUE_LIMIT:,} values")


def _load(data: bytes, notes: Notes) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            notes.add("a key stands twice in one object; the last one counts")
        return found

    unusual = _UNUSUAL_NUMBER.search(data) is not None
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_constant=_no_constant,
            parse_float=_finite if unusual else None,
            parse_int=_short_integer if unusual else None,
            object_pairs_hook=pairs,
        )
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 at byte {error.start}", torn=True) from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON at line {error.lineno}, column {error.colno}", torn=True) from None


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(f"holds {name}, which is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Unreadable("holds a number too large to keep")
    return value


def _short_integer(digits: str) -> int:
    if len(digits) > _DIGITS_LIMIT:
        raise Unreadable(f"holds a number of {len(digits):,} digits")
    return int(digits)
