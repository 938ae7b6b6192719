"""What a terminal of Claude Code shows: whether its input line is free, by a captured screen and its cursor.

An input line stands between two rules, begins with ``❯`` and holds the cursor. Dialogs, menus, the transcript view and
shell mode put something else under the cursor. What is written there in faint type is a suggestion, not typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from orchestrator_tui.core.frozen import frozen

PROMPT = "❯"
_PROMPT_CELLS = 2
_RULE = "───"
_WORKING = "esc to interrupt"
_CHOOSING = ("to cancel", "to select", "to navigate", "to confirm")
_STYLE = re.compile(r"\x1b\[([\d;:]*)m")
_OTHER_ESCAPE = re.compile(r"\x1b(?:\[[\d;:?]*[A-Za-ln-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()][A-Z0-9])")
_PASTED = re.compile(r"\[Pasted text #\d+")


@frozen
class InputLine:
    """The input line of a screen: what is typed into it, and whether the session says that it works."""

    text: str
    working: bool

    def holds(self, text: str) -> bool:
        """Whether this text, which may be shown shortened, was put in."""
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        return _PASTED.search(self.text) is not None or "".join(first.split())[:24] in "".join(self.text.split())


def input_line(screen: Sequence[str], cursor: tuple[int, int]) -> InputLine | None:
    """The input line of a screen that was captured with its styles; None when the cursor is not in one.

    Args:
        screen: its lines from the top.
        cursor: column and row of the cursor, from 0.
    """
    column, row = cursor
    if not 0 <= row < len(screen):
        return None
    lines = [_OTHER_ESCAPE.sub("", line) for line in screen]
    plain = [_STYLE.sub("", line) for line in lines]
    top = next((at for at in range(row - 1, -1, -1) if plain[at].startswith(_RULE)), None)
    bottom = next((at for at in range(row + 1, len(plain)) if plain[at].startswith(_RULE)), None)
    if top is None or bottom is None or not plain[top + 1].startswith(PROMPT):
        return None
    footer = "\n".join(plain[bottom + 1 :])
    if any(words in footer for words in _CHOOSING):
        return None
    suggested = (column, row) == (_PROMPT_CELLS, top + 1) and bottom == top + 2 and _is_suggestion(lines[top + 1])
    typed = "" if suggested else "\n".join(plain[top + 1 : bottom]).removeprefix(PROMPT)
    return InputLine(typed.replace("\u00a0", " ").strip(), _WORKING in footer)


def _is_suggestion(line: str) -> bool:
    """Whether all that stands behind the prompt is faint, but for the character under the cursor."""
    shown = [(letter, faint) for letter, faint in _letters(line)][_PROMPT_CELLS + 1 :]
    visible = [faint for letter, faint in shown if not letter.isspace()]
    return bool(visible) and all(visible)


def _letters(line: str) -> Iterator[tuple[str, bool]]:
    """The characters of a line, each with whether it is faint."""
    faint, position = False, 0
    for style in _STYLE.finditer(line):
        yield from ((letter, faint) for letter in line[position : style.start()])
        position = style.end()
        faint = _is_faint(style[1], faint)
    yield from ((letter, faint) for letter in line[position:])


def _is_faint(codes: str, before: bool) -> bool:
    faint = before
    parts = codes.split(";") if codes else ["0"]
    while parts:
        code = parts.pop(0)
        if code in ("38", "48", "58"):
            # A colour in several numbers: 5;N or 2;R;G;B.
            del parts[: 2 if parts[:1] == ["5"] else 4]
        elif code in ("", "0", "22"):
            faint = False
        elif code == "2":
            faint = True
    return faint
