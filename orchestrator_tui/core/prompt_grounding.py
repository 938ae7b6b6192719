"""Files with a history of failed edits as an agent is shown them: by the numbers of their lines (seed 004)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.prompt_parts import Part, Section, one_line

_HOW = (
    "Edits of these files went wrong before. Use line numbers above to describe edits precisely instead of re-matching "
    "character spans. If a line has changed since this snapshot, re-read the file before editing."
)


def grounding(files: Sequence[tuple[str, str]]) -> tuple[Section, ...]:
    """A section a file with its text, and how to use them; () without any."""
    if not files:
        return ()
    shown = [
        Section(f"GROUNDING — {one_line(name, 300)}", (Part(_numbered(text), f"the file {name}", "the file as it is"),))
        for name, text in files
    ]
    return (*shown, Section("How to edit them", (Part(_HOW),)))


def _numbered(text: str) -> str:
    return "\n".join(f"{number:5d}  {line}" for number, line in enumerate(text.splitlines(), start=1))
