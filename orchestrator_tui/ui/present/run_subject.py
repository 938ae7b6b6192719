"""What a gate of the engine is about beside its words: both sides of a conflict, the files, the change itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator_tui.core.model import Question
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.present.pieces import Piece, safe_line

MOST_FILES = 200
"""Files that are named; how many are left out is said."""

_MARKERS = {"<<<<<<<": "accent", "|||||||": "accent", "=======": "accent", ">>>>>>>": "accent"}
_CHANGES = {"+": "track-done", "-": "track-failed", "@": "accent"}


def has_subject(question: Question) -> bool:
    """Whether there is something of it to read: sides, files or a diff, not merely names and numbers."""
    subject = question.subject
    if not isinstance(subject, Mapping) or "tool" in subject:
        return False
    return bool(_sides(subject) or _files(subject) or _diff(subject))


def subject_title(question: Question) -> str:
    """What it is called."""
    return "Both sides" if _sides(_subject(question)) else "What it is about"


def subject_pieces(question: Question) -> Iterator[Piece]:
    """All of it, line by line: the sides of each file, then the files that have none, then the change."""
    subject = _subject(question)
    sides = _sides(subject)
    for path, text in sides.items():
        yield Piece(safe_line(path), "strong")
        yield from _side(text)
        yield Piece("")
    files = [path for path in _files(subject) if path not in sides]
    if files:
        yield Piece(plural(len(files), "file"), "heading")
        yield from (Piece(safe_line(path), "", "  ") for path in files[:MOST_FILES])
        if len(files) > MOST_FILES:
            yield Piece(f"{len(files) - MOST_FILES:,} more", "quiet", "  ")
        yield Piece("")
    for line in _diff(subject).split("\n") if _diff(subject) else ():
        yield Piece(safe_line(line), _CHANGES.get(line[:1], ""))


def subject_facts(question: Question) -> tuple[tuple[str, str], ...]:
    """Names and numbers that an approval is bound to: what goes where, by commit."""
    subject = _subject(question)
    return tuple(
        (name, clean(str(subject[key]), 80)[:40] if key in _PLACES else clean(str(subject[key]), 80)[:10])
        for key, name in _FACTS.items()
        if isinstance(subject.get(key), str) and subject[key]
    )


_FACTS = {
    "head": "commit",
    "tip": "what is merged so far",
    "merged": "merged as",
    "onto": "onto",
    "base": "which is at",
    "environment": "to",
}
_PLACES = frozenset({"onto", "environment"})


def _side(text: str) -> Iterator[Piece]:
    """One file with its conflict marks: which lines are whose stands in the marks themselves."""
    for number, line in enumerate(text.rstrip("\n").split("\n"), start=1):
        mark = next((token for start, token in _MARKERS.items() if line.startswith(start)), "")
        yield Piece(safe_line(line), mark, f"{number:>4} ")


def _subject(question: Question) -> Mapping[str, Any]:
    return question.subject if isinstance(question.subject, Mapping) else {}


def _sides(subject: Mapping[str, Any]) -> Mapping[str, str]:
    sides = subject.get("sides")
    return {str(path): str(text) for path, text in sides.items()} if isinstance(sides, Mapping) else {}


def _files(subject: Mapping[str, Any]) -> tuple[str, ...]:
    files = subject.get("files")
    return tuple(str(path) for path in files) if isinstance(files, (list, tuple)) else ()


def _diff(subject: Mapping[str, Any]) -> str:
    diff = subject.get("diff")
    return diff.rstrip("\n") if isinstance(diff, str) and "\n" in diff else ""
