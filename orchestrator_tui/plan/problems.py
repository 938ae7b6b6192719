"""What is wrong with a plan or workflow file: one line each, naming file, line, key and the nearest match."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import sanitise_line

ERROR, WARNING, REMARK = "error", "warning", "remark"
_SHOWN = 120
_LISTED = 12
_BEGINNING = 3
"""So many letters of a word are enough to mean it, when no other begins with them."""


@frozen
class Problem:
    """One thing that is wrong, or may be: an ``error`` keeps a batch from starting, a ``warning`` does not.

    A ``remark`` is about what is most likely meant as it is written.

    ``line`` is 0 where no line is to blame; ``key`` is the place in the file, such as ``tracks[4].files``.
    """

    file: str
    line: int
    key: str
    message: str
    nearest: str = ""
    level: str = ERROR

    def __str__(self) -> str:
        """The one line that a person reads."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        meant = f'; did you mean "{self.nearest}"?' if self.nearest else ""
        return ": ".join(part for part in (place, self.key, self.message + meant) if part)


class Unreadable(ValueError):
    """A file of which nothing can be used; its text says why, ``line`` where (0 for the whole file)."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class Wrong(ValueError):
    """A value that its key does not take; ``nearest`` is what it may have been meant to be."""

    def __init__(self, message: str, nearest: str = "") -> None:
        super().__init__(message)
        self.nearest = nearest


def nearest_of(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known word nearest to ``word``, or ""."""
    folded = word.casefold()[:200]
    by_fold = {one.casefold(): one for one in sorted(set(known), reverse=True)}
    found = difflib.get_close_matches(folded, by_fold, n=1, cutoff=cutoff)
    if not found and len(folded) >= _BEGINNING:
        found = [one for one in by_fold if one.startswith(folded)]
    return by_fold[found[0]] if len(found) == 1 else ""


def some_of(known: Collection[str]) -> str:
    """Known words as a problem lists them: the first, and how many more there are."""
    first = ", ".join(list(known)[:_LISTED])
    return f"{first} and {len(known) - _LISTED} more" if len(known) > _LISTED else first


def shown(text: str) -> str:
    """A foreign text as it stands in a problem: on one line, bounded, in quotation marks."""
    return f'"{sanitise_line(text, _SHOWN)}"'


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether one of them keeps a batch from starting."""
    return any(one.level == ERROR for one in problems)
