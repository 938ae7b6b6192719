"""What is about to change in other programs' files, in words and as a unified diff; no secret beside it is shown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from orchestrator_tui.adapters.connection.draft import Splice
from orchestrator_tui.adapters.connection.plan import Change
from orchestrator_tui.core.text import sanitise

CONTEXT_LINES = 2
LONGEST_LINE = 400
"""Characters from which a line is no line for people: files on one line are shown by what goes in."""
LONGEST_NEW = 60
"""Lines from which a new file of ours is not shown whole."""

_SECRET = re.compile(
    r'("[^"]*(?:key|token|secret|password|auth|credential)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE
)
_INSTEAD = r'\1"…"'


def view_lines(changes: Iterable[Change], sign: str) -> Iterator[str]:
    """The changes for a person, file by file: words behind ``sign``, then what goes in and out."""
    for change in changes:
        if not change.changes:
            continue
        what = "new file" if change.before is None else "removed" if change.after is None else "changed"
        link = "" if str(change.target.path) == change.path else f" → {change.path}"
        yield f"{change.target.path}{link}  ({what})"
        yield from (f"  {sign} {word}" for word in change.words)
        shown = difference(change)
        if change.before is None and len(shown) > LONGEST_NEW:
            shown = (f"{len(_lines(change.after))} lines; --json shows them",)
        yield from (f"    {line}" for line in shown)
        yield ""


def json_view(change: Change) -> dict[str, Any]:
    """One change for scripts."""
    return {
        "path": str(change.target.path),
        "file": change.path,
        "changes": change.changes,
        "words": list(change.words),
        "left": list(change.left),
        "diff": "\n".join(difference(change)),
    }


def difference(change: Change) -> Sequence[str]:
    """What goes in and out of one file; no line shows the value of a secret."""
    if not change.changes:
        return ()
    before, after = _lines(change.before), _lines(change.after)
    name = str(change.target.path)
    found = list(difflib.unified_diff(before, after, name, name, n=CONTEXT_LINES, lineterm=""))
    if any(len(line) > LONGEST_LINE for line in found):
        found = list(_inside_lines(change.before or "", change.splices))
    return [_safe(line) for line in found]


def _inside_lines(text: str, splices: Sequence[Splice]) -> Iterator[str]:
    for splice in splices:
        line = text.count("\n", 0, splice.start) + 1
        column = splice.start - (text.rfind("\n", 0, splice.start) + 1) + 1
        yield f"@@ line {line}, column {column} @@"
        yield from (f"-{one}" for one in splice.removed.splitlines())
        yield from (f"+{one}" for one in splice.inserted.splitlines())


def _lines(text: str | None) -> list[str]:
    return [] if text is None else text.removeprefix("\ufeff").splitlines()


def _safe(line: str) -> str:
    return sanitise(_SECRET.sub(_INSTEAD, line))
