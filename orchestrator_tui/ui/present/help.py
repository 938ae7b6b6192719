"""The help: every key of the registry, what works on the screen at hand first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width, wrap


@frozen
class HelpEntry:
    """One action: its keys, what it does, and why it cannot run now ("" when it can)."""

    keys: str
    words: str
    refused: str = ""


@frozen
class HelpGroup:
    """Actions that belong together."""

    title: str
    entries: tuple[HelpEntry, ...]


def help_lines(groups: Sequence[HelpGroup], width: int) -> tuple[Line, ...]:
    """The groups one below the other; words that are too long go on below themselves."""
    return tuple(_lines(groups, width))


def _lines(groups: Sequence[HelpGroup], width: int) -> Iterator[Line]:
    keys = max((cell_width(entry.keys) for group in groups for entry in group.entries), default=0)
    for place, group in enumerate(groups):
        if place:
            yield EMPTY
        yield (Part(" "), Part(group.title, "heading"))
        for entry in group.entries:
            told = entry.words + (f"  (now: {entry.refused})" if entry.refused else "")
            first, *rest = wrap(told, max(20, width - keys - 6)) or ("",)
            pad = " " * (keys - cell_width(entry.keys))
            token = "quiet" if entry.refused else ""
            yield (
                Part("   "),
                Part(entry.keys, "quiet" if entry.refused else "key"),
                Part(f"{pad}  "),
                Part(first, token),
            )
            for line in rest:
                yield (Part(" " * (keys + 5)), Part(line, token))
