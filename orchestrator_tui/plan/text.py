"""YAML as texts with positions: no aliases, tags or duplicate keys, and bounded work for any input (reliability S-5).

Only libyaml's (or PyYAML's) event stream is used, one event at a time, so that nothing is built before it is judged:
at most 256 KiB are read, the first event that goes too deep or beyond the count ends the reading, and every event
costs time in proportion to its own text. The work is thereby bounded by the size of the file, and no clock has to
watch it: what takes 12 seconds and a gigabyte elsewhere (alias bombs, ten thousand brackets) is refused at its first
forbidden event.

Scalars stay the text that was written: ``NO``, ``012`` and ``12:30`` mean what the model makes of them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from orchestrator_tui.core.text import sanitise, sanitise_line
from orchestrator_tui.plan.problems import Unreadable, shown

MAX_BYTES = 256 * 1024
"""A plan or workflow file may not be longer (S-5)."""

MAX_DEPTH = 32
"""Lists and mappings may not be nested deeper (S-3)."""

MAX_EVENTS = 50_000
"""More values than that are no plan; the reader stops there."""

MAX_KEY = 200
"""Characters of a key."""

MAX_PLACE = 500
"""Characters of a place; what is deeper is said of the last place that is not longer."""

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file in dictionaries, lists and texts; a value that was left empty is None.

    ``lines`` gives the line of everything by its place: ``tracks[4].files[0]`` → 31; ``""`` is the document.
    """

    content: Any
    lines: Mapping[str, int]

    def line(self, place: str) -> int:
        """The line of a place, else of the nearest one above it that the file has."""
        while place and place not in self.lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return self.lines.get(place, 1)


def read_text(path: Path, *, follow: bool = True) -> str:
    """The text of a regular file of bounded size, read without waiting for a writer (S-6).

    Args:
        follow: whether the file may be a symbolic link.

    Raises:
        Unreadable: it is missing, no regular file, too long, or not UTF-8.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Unreadable("cannot be read: its name holds a null character") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        return decoded(file.read(MAX_BYTES + 1))


def decoded(data: bytes) -> str:
    """The bytes of a file as text.

    Raises:
        Unreadable: they are too many, or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"is longer than {MAX_BYTES // 1024} KiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 at byte {error.start}") from error


def parse(text: str) -> Document:
    """The one document in ``text``.

    Raises:
        Unreadable: it is no YAML, empty, or has what is not accepted: aliases, anchors, tags, directives, a second
            document, a key twice, a key that is no word; or it is too deep or too large.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Unreadable(f"is longer than {MAX_BYTES // 1024} KiB")
    builder = _Builder()
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise Unreadable(f"not YAML: {sanitise_line(error.problem or 'it cannot be read', 200)}", line) from error
    except yaml.reader.ReaderError as error:
        line = _line_at(text, error.position)
        raise Unreadable(f"not YAML: {sanitise_line(str(error.reason), 200)}", line) from error
    except yaml.YAMLError as error:
        raise Unreadable(f"not YAML: {sanitise_line(str(error), 200)}", 1) from error
    if builder.documents == 0:
        raise Unreadable("is empty", 1)
    return Document(builder.content, builder.lines)


def _events(text: str) -> Iterator[Any]:
    loader = _Loader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _line_at(text: str, position: Any) -> int:
    return text.count("\n", 0, position) + 1 if isinstance(position, int) and position >= 0 else 1


@dataclass(slots=True)
class _Open:
    """A list or mapping that has begun and not ended."""

    content: Any
    place: str
    keys: dict[str, int] = field(default_factory=dict)
    key: str | None = None

    def add(self, value: Any) -> None:
        if isinstance(self.content, list):
            self.content.append(value)
        else:
            self.content[self.key] = value
            self.key = None


@dataclass(slots=True)
class _Builder:
    """Puts the events together, and refuses the first that is not accepted."""

    content: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    documents: int = 0
    events: int = 0
    stack: list[_Open] = field(default_factory=list)

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self.events += 1
        if self.events > MAX_EVENTS:
            raise Unreadable(f"has more than {MAX_EVENTS:,} values", line)
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable("aliases (*name) are not accepted", line)
        if isinstance(event, yaml.NodeEvent):
            self._node(event, line)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self.stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event, line)

    def _document(self, event: Any, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            raise Unreadable("a second document (---) is not accepted", line)
        if event.version or event.tags:
            raise Unreadable("directives (%YAML, %TAG) are not accepted", line)

    def _node(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            raise Unreadable(f"anchors (&{sanitise_line(event.anchor, 40)}) are not accepted", line)
        if event.tag is not None:
            raise Unreadable(f"tags ({sanitise_line(event.tag, 40)}) are not accepted", line)
        parent = self.stack[-1] if self.stack else None
        if parent is not None and isinstance(parent.content, dict) and parent.key is None:
            self._key(parent, event, line)
            return
        place = _place(parent)
        self.lines.setdefault(place, line)
        value = _value(event)
        if parent is None:
            self.content = value
        else:
            parent.add(value)
        if not isinstance(event, yaml.ScalarEvent):
            if len(self.stack) >= MAX_DEPTH:
                raise Unreadable(f"is nested deeper than {MAX_DEPTH} levels", line)
            self.stack.append(_Open(value, place))

    def _key(self, parent: _Open, event: Any, line: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable("a key must be a word", line)
        key = sanitise_line(event.value, MAX_KEY)
        if key in parent.keys:
            raise Unreadable(f"{shown(key)} is set twice, first in line {parent.keys[key]}", line)
        parent.keys[key] = line
        parent.key = key
        self.lines.setdefault(_place(parent), line)


def _place(parent: _Open | None) -> str:
    if parent is None:
        return ""
    if isinstance(parent.content, list):
        place = f"{parent.place}[{len(parent.content)}]"
    else:
        place = f"{parent.place}.{parent.key}" if parent.place else str(parent.key)
    return place if len(place) <= MAX_PLACE else parent.place


def _value(event: Any) -> Any:
    if isinstance(event, yaml.SequenceStartEvent):
        return []
    if isinstance(event, yaml.MappingStartEvent):
        return {}
    plain = event.implicit[0]
    return None if plain and event.value in ("", "~", "null") else sanitise(event.value)
