"""What a call would make of a file: what it writes or edits, beside the file as it is now where that is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.present.pieces import Piece, safe_line

COMPARED_LINES = 4_000
"""Lines of both sides that are compared line by line; longer ones are shown below each other."""
AROUND = 3
"""Unchanged lines around a change."""


@frozen
class FileNow:
    """A file as it is before a call changes it.

    Attributes:
        text: its content; "" where it does not exist yet.
        exists: whether it does.
        why: why its content cannot be shown, or "".
    """

    text: str = ""
    exists: bool = True
    why: str = ""


def written(given: Mapping[str, Any], now: FileNow | None) -> Iterator[Piece]:
    """The file that a Write call makes, or its difference to the one that is there."""
    content = given.get("content")
    text = content if isinstance(content, str) else ""
    if now is None or now.why:
        yield Piece(_why(now) or "all of the file as it would be:", "quiet")
        yield from _numbered(text)
    elif not now.exists:
        yield Piece(f"a new file of {plural(len(_lines(text)), 'line')}:", "quiet")
        yield from _numbered(text, "+", "track-done")
    elif now.text == text:
        yield Piece("the file is like this already", "quiet")
    else:
        yield Piece("replaces the file:", "quiet")
        yield from _changes(now.text, text, numbered=True)


def edited(given: Mapping[str, Any], now: FileNow | None) -> Iterator[Piece]:
    """The change of an Edit or MultiEdit call, with its place in the file where that is known."""
    edits = given.get("edits")
    listed = [one for one in edits if isinstance(one, Mapping)] if isinstance(edits, list) else [given]
    after = now.text if now is not None and now.exists and not now.why else None
    for one in listed:
        after = None if after is None else _replaced(after, one)
    if now is not None and after is not None:
        yield from _changes(now.text, after, numbered=True)
        return
    if now is not None:
        missing = "the file does not hold the old text now: the edit would fail" if now.exists else "a new file:"
        yield Piece(_why(now) or missing, "quiet")
    for place, one in enumerate(listed):
        if place:
            yield Piece("")
        if one.get("replace_all") is True:
            yield Piece("everywhere in the file:", "quiet")
        old, new = (str(one.get(key) or "") for key in ("old_string", "new_string"))
        if old.endswith("\n") == new.endswith("\n"):
            # Parts of a file need not end where its lines do.
            old, new = (f"{text.removesuffix(chr(10))}\n" if text else "" for text in (old, new))
        yield from _changes(old, new, numbered=False)


def _replaced(text: str, edit: Mapping[str, Any]) -> str | None:
    """``text`` after one edit; None where it does not apply."""
    old, new = edit.get("old_string"), edit.get("new_string")
    if not isinstance(old, str) or not isinstance(new, str) or not old or old not in text:
        return None
    return text.replace(old, new) if edit.get("replace_all") is True else text.replace(old, new, 1)


def _why(now: FileNow | None) -> str:
    return f"what the file holds now is not shown: {clean(now.why, 200)}" if now is not None and now.why else ""


def _changes(before: str, after: str, *, numbered: bool) -> Iterator[Piece]:
    """A change as a person reads it: removed and added lines with some around them."""
    old, new = _lines(before), _lines(after)
    room = len(str(max(len(old), len(new)))) if numbered else 0
    if len(old) + len(new) > COMPARED_LINES:
        for place, line in enumerate(old, start=1):
            yield from _changed("-", line, place, room)
        for place, line in enumerate(new, start=1):
            yield from _changed("+", line, place, room)
        return
    from difflib import SequenceMatcher

    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND):
        if group[0][1] or group[0][3]:
            yield Piece("…", "quiet", " " * (room + 1 if room else 0))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                for place in range(new_from, new_to):
                    yield from _changed(" ", new[place], place + 1, room)
            else:
                for place in range(old_from, old_to):
                    yield from _changed("-", old[place], place + 1, room)
                for place in range(new_from, new_to):
                    yield from _changed("+", new[place], place + 1, room)


_SIGNS = {"-": "track-failed", "+": "track-done", " ": ""}


def _changed(sign: str, line: str, number: int, room: int) -> Iterator[Piece]:
    yield Piece(safe_line(line.removesuffix("\n")), _SIGNS[sign], (f"{number:>{room}} " if room else "") + f"{sign} ")
    yield from _unended(line)


def _numbered(text: str, sign: str = "", token: str = "") -> Iterator[Piece]:
    lines = _lines(text)
    room = len(str(len(lines)))
    for number, line in enumerate(lines, start=1):
        yield Piece(safe_line(line.removesuffix("\n")), token, f"{number:>{room}} " + (f"{sign} " if sign else ""))
        yield from _unended(line)


def _unended(line: str) -> Iterator[Piece]:
    if not line.endswith("\n"):
        yield Piece("no line break at the end", "quiet", prose=True)


def _lines(text: str) -> list[str]:
    """The lines of a text with their ends: one that has no line break is another line."""
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]
