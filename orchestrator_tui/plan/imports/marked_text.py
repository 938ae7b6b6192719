"""Short texts of Markdown as plans use them: without their marks, and lists in one cell taken apart."""

from __future__ import annotations

import re

NOTHING = frozenset({"", "-", "—", "–", "none", "n/a"})
"""What stands where nothing is meant, in lower case."""

_WHOLE = r"`[^`\n]*`|\{(?:[^{}\n]|\{[^{}\n]*\})*\}|\[[^\[\]\n]*\]"
LISTED = re.compile(rf"(?:{_WHOLE}|[^,;\n])+")
COMMANDS = re.compile(rf"(?:{_WHOLE}|,(?!\s)|[^,;\n])+")
LINES_OF_COMMANDS = re.compile(rf"(?:{_WHOLE}|,(?!\s)|[^,\n])+")
"""The entries of a list: what stands in backquotes, braces or brackets is one, whatever it holds, and a command keeps
``E,F`` together; where only commas part them, it keeps ``cd web; make`` together as well."""

_BREAK = re.compile(r"<br\s*/?>")
_MARKED = re.compile(r"(\*\*?)([^*/\s]|[^*/\s][^*]*[^*/\s])\1")
"""What is printed bold or slanted; ``**/src/**`` is none of it."""


def plain(text: str) -> str:
    """A text without the marks around all of it; a pattern of files has stars of its own."""
    text = text.strip()
    while (found := _MARKED.fullmatch(text)) is not None:
        text = found[2]
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == "`" and "`" not in text[1:-1] else text


def listed(cell: str, entries: re.Pattern[str] = LISTED) -> list[str]:
    """The entries of a list in one line or cell, without those that mean nothing."""
    parts = [plain(one) for one in entries.findall(_BREAK.sub("\n", cell))]
    return [one for one in parts if one.lower() not in NOTHING]
