"""JSON text with positions: what stands where in an object or list, so that a change touches nothing beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from orchestrator_tui.core.frozen import frozen

_BLANKS = re.compile(r"[ \t\r\n]*")
_WORDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}


class Malformed(Exception):
    """The text is not what it has to be. ``line`` counts from 1, 0 for the whole text; ``reason`` is one line."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@frozen
class Item:
    """A member of an object or an element of a list.

    Attributes:
        key: a member's key, "" for an element.
        start: where its key (a member) or its value (an element) begins.
        at: where its value begins.
        end: right behind its value.
        value: its value.
    """

    key: str
    start: int
    at: int
    end: int
    value: Any


@frozen
class Span:
    """An object or list in a text: where it begins and ends, and what is in it."""

    start: int
    end: int
    items: tuple[Item, ...]

    def named(self, key: str) -> Item | None:
        """The member of that key."""
        return next((item for item in self.items if item.key == key), None)


def root(text: str) -> Span:
    """The object that a whole text is; a text of blanks alone has none and is none.

    Raises:
        Malformed: the text is no JSON, or no object.
    """
    start = _skip(text, 0)
    value, end = _value(text, start)
    rest = _skip(text, end)
    if rest != len(text):
        raise Malformed(line_of(text, rest), f"there is more behind the end: {_peek(text, rest)}")
    if not isinstance(value, dict):
        raise Malformed(line_of(text, start), f"it is {kind(value)}, not an object")
    return members(text, start)


def members(text: str, at: int) -> Span:
    """The members of the object that begins at ``at``, in a text that :func:`root` has read.

    Raises:
        Malformed: a key stands there twice.
    """
    items = tuple(_items(text, at, keyed=True))
    seen: set[str] = set()
    for item in items:
        if item.key in seen:
            raise Malformed(line_of(text, item.start), f'"{item.key}" stands there a second time')
        seen.add(item.key)
    return Span(at, _end(text, at, items), items)


def elements(text: str, at: int) -> Span:
    """The elements of the list that begins at ``at``, in a text that :func:`root` has read."""
    items = tuple(_items(text, at, keyed=False))
    return Span(at, _end(text, at, items), items)


def line_of(text: str, at: int) -> int:
    """The line that a position is on, from 1."""
    return text.count("\n", 0, at) + 1


def kind(value: Any) -> str:
    """What a value is, in words."""
    return _WORDS.get(type(value), "a number")


def _items(text: str, at: int, *, keyed: bool) -> Iterator[Item]:
    position = _skip(text, at + 1)
    while text[position] not in "}]":
        key, start = "", position
        if keyed:
            key, position = _value(text, position)
            position = _skip(text, _skip(text, position) + 1)
        value, end = _value(text, position)
        yield Item(key, start, position, end, value)
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _end(text: str, at: int, items: tuple[Item, ...]) -> int:
    return _skip(text, items[-1].end if items else at + 1) + 1


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise Malformed(error.lineno, _reason(text, error)) from None
    except RecursionError:
        raise Malformed(line_of(text, at), "it is nested too deeply") from None
    except ValueError as error:
        raise Malformed(0, str(error)) from None


def _reason(text: str, error: json.JSONDecodeError) -> str:
    here = _skip(text, error.pos)
    if text.startswith(("//", "/*"), here):
        return "comments are no JSON"
    said = error.msg[0].lower() + error.msg[1:]
    return f"{said}, at {_peek(text, error.pos)}"


def _peek(text: str, at: int) -> str:
    return repr(text[at : at + 20].splitlines()[0]) if text[at : at + 20].strip() else "its end"


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_constant)
