"""How an orch-agent command ends when it cannot do what was asked: one line for stderr, and an exit code."""

from __future__ import annotations

from orchestrator_tui.core.text import sanitise_line

DONE = 0
UNFINISHED = 1
"""It could not be done now; the same call may succeed later."""
BAD_USAGE = 2
REFUSED = 3
PENDING = 4
"""The question stands and nobody has decided."""
OVER = 5
"""The question will not be answered: withdrawn, changed, cancelled."""


class Stop(Exception):
    """Ends the command with ``code`` after one line of ``text`` on stderr."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def nearest(word: str, known: list[str]) -> str:
    """``; did you mean …?`` for the nearest of ``known``, or "" when none is near."""
    import difflib  # Only for those who mistyped.

    found = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""


def quoted(text: str, limit: int = 80) -> str:
    """Text from outside as it can stand in such a line."""
    return f"'{sanitise_line(text, limit)}'"
