"""A JSON text that is being changed by insertions and removals, in the style in which it is written.

Only what is asked for changes: every other character stays, blanks and escapes included. What was changed is kept as
splices of the original, so that it can be shown, and undone to the byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from orchestrator_tui.adapters.connection import scan
from orchestrator_tui.adapters.connection.scan import Item, Malformed, Span
from orchestrator_tui.core.frozen import frozen

DEFAULT_INDENT = "  "
_INDENT = re.compile(r"\{[ \t]*\r?\n([ \t]+)")


@frozen
class Splice:
    """At ``start`` of the original, ``removed`` gave way to ``inserted``."""

    start: int
    removed: str
    inserted: str


def undo(text: str, splices: Sequence[Splice]) -> str | None:
    """The original of a text that came of ``splices``; None when it did not."""
    shift, parts, position = 0, [], 0
    for splice in splices:
        at = splice.start + shift
        if at < position or not text.startswith(splice.inserted, at):
            return None
        parts += [text[position:at], splice.removed]
        position = at + len(splice.inserted)
        shift += len(splice.inserted) - len(splice.removed)
    return "".join([*parts, text[position:]])


class Draft:
    """A text, and how it came from its original.

    Paths lead from the root through the keys of objects: ``("hooks", "Stop")``.
    """

    def __init__(self, text: str) -> None:
        """
        Raises:
            Malformed: the text is no JSON object; blanks alone count as an empty one.
        """
        self.text = text
        self._original = text
        # What the text is made of: stretches of the original, and texts of ours.
        self._pieces: list[tuple[int, int] | str] = [(0, len(text))]
        if not text.strip(" \t\r\n"):
            self._splice(0, len(text), "{}\n")
        scan.root(self.text)
        found = _INDENT.search(self.text)
        self._compact = found is None and "\n" not in self.text.strip(" \t\r\n") and len(self.text.strip(" \t\r\n")) > 2
        self._indent = DEFAULT_INDENT if found is None else found[1]
        first = self.text.find("\n")
        self._newline = "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"
        self._colon = ":" if self._compact and '": ' not in self.text else ": "

    @property
    def splices(self) -> tuple[Splice, ...]:
        """What was changed, in the original's order."""
        found, position, inserted = [], 0, ""
        for piece in (*self._pieces, (len(self._original), len(self._original))):
            if isinstance(piece, str):
                inserted += piece
                continue
            start, end = piece
            if inserted or start > position:
                found.append(Splice(position, self._original[position:start], inserted))
                inserted = ""
            position = end
        return tuple(found)

    # --- looking -------------------------------------------------------------------------------------------

    def find(self, path: Sequence[str]) -> Item | None:
        """What stands at a path; None when nothing does.

        Raises:
            Malformed: something on the way to it is no object, or has a key twice.
        """
        span, item = scan.root(self.text), None
        for place, key in enumerate(path):
            item = span.named(key)
            if item is None:
                return None
            if place < len(path) - 1:
                span = scan.members(self.text, self._of_kind(item, dict, path[: place + 1]).at)
        return item

    def object(self, path: Sequence[str]) -> Span | None:
        """The object at a path; None when nothing is there.

        Raises:
            Malformed: as :meth:`find`, or it is no object.
        """
        if not path:
            return scan.root(self.text)
        item = self.find(path)
        return None if item is None else scan.members(self.text, self._of_kind(item, dict, path).at)

    def list(self, path: Sequence[str]) -> Span | None:
        """The list at a path; None when nothing is there.

        Raises:
            Malformed: as :meth:`find`, or it is no list.
        """
        item = self.find(path)
        return None if item is None else scan.elements(self.text, self._of_kind(item, list, path).at)

    def _of_kind(self, item: Item, wanted: type, path: Sequence[str]) -> Item:
        if isinstance(item.value, wanted):
            return item
        raise Malformed(
            scan.line_of(self.text, item.at),
            f'"{".".join(path)}" is {scan.kind(item.value)}, not {scan.kind(wanted())}',
        )

    # --- changing ------------------------------------------------------------------------------------------

    def add_member(self, path: Sequence[str], key: str, value: Any) -> None:
        """Put a member behind the others of the object at ``path``, which has no such key yet."""
        span = self.object(path)
        assert span is not None
        self._add(span, lambda indent: json.dumps(key, ensure_ascii=False) + self._colon + self._render(value, indent))

    def add_element(self, path: Sequence[str], value: Any) -> None:
        """Put an element behind the others of the list at ``path``."""
        span = self.list(path)
        assert span is not None
        self._add(span, lambda indent: self._render(value, indent))

    def replace(self, item: Item, value: Any) -> None:
        """Put ``value`` in the place of an item's value."""
        indent = None if self._inline(item) else self._line_indent(item.start)
        self._splice(item.at, item.end, self._render(value, indent))

    def remove(self, span: Span, unwanted: Callable[[Item], bool]) -> int:
        """Take items out of an object or list with their commas; returns how many."""
        gone = [unwanted(item) for item in span.items]
        if all(gone):
            if gone:
                self._splice(span.start + 1, span.end - 1, "")
            return len(gone)
        first = gone.index(False)
        for place in range(len(gone) - 1, first, -1):
            if gone[place]:
                self._splice(span.items[place - 1].end, span.items[place].end, "")
        if first:
            self._splice(span.items[0].start, span.items[first].start, "")
        return sum(gone)

    # --- the text ------------------------------------------------------------------------------------------

    def _add(self, span: Span, render: Callable[[str | None], str]) -> None:
        if not span.items:
            if self._compact:
                self._splice(span.start + 1, span.end - 1, render(None))
                return
            outer = self._line_indent(span.start)
            inner = outer + self._indent
            line = self._newline
            self._splice(span.start + 1, span.end - 1, f"{line}{inner}{render(inner)}{line}{outer}")
            return
        last = span.items[-1]
        if self._inline(last):
            comma = "," if self._compact and self._colon == ":" else ", "
            self._splice(last.end, last.end, comma + render(None))
        else:
            indent = self._line_indent(last.start)
            self._splice(last.end, last.end, f",{self._newline}{indent}{render(indent)}")

    def _render(self, value: Any, indent: str | None) -> str:
        """``value`` as text; ``indent`` is that of the line it begins on, None for one line."""
        if indent is None:
            separators = (",", ":") if self._colon == ":" else (", ", ": ")
            return json.dumps(value, ensure_ascii=False, separators=separators)
        return json.dumps(value, ensure_ascii=False, indent=self._indent).replace("\n", self._newline + indent)

    def _inline(self, item: Item) -> bool:
        """Whether an item stands behind something else on its line."""
        return bool(self.text[self._line_start(item.start) : item.start].strip(" \t"))

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_indent(self, at: int) -> str:
        line = self.text[self._line_start(at) : at]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _splice(self, start: int, end: int, inserted: str) -> None:
        self.text = self.text[:start] + inserted + self.text[end:]
        pieces: list[tuple[int, int] | str] = []
        position, placed = 0, False
        for piece in self._pieces:
            size = len(piece) if isinstance(piece, str) else piece[1] - piece[0]
            before = _cut(piece, 0, max(0, min(size, start - position)))
            behind = _cut(piece, max(0, min(size, end - position)), size)
            if before is not None:
                pieces.append(before)
            if not placed and position + size >= start:
                pieces.append(inserted)
                placed = True
            if behind is not None:
                pieces.append(behind)
            position += size
        self._pieces = [piece for piece in pieces if piece]


def _cut(piece: tuple[int, int] | str, start: int, end: int) -> tuple[int, int] | str | None:
    if start >= end:
        return None
    return piece[start:end] if isinstance(piece, str) else (piece[0] + start, piece[0] + end)
