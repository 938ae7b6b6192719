"""The paragraph of a task's description that tells its agent what was decided (DESIGN §4.2, route *task file*).

TaskGet never shows metadata to the model, but it shows the description (reference claude-code §0): so the answer
stands there too, in one paragraph between two lines that nothing else uses.
"""

from __future__ import annotations

OPENING = "=== orch-tui decision ==="
CLOSING = "=== end of orch-tui decision ==="


def decision_text(description: str, paragraph: str) -> str:
    """``description`` with ``paragraph`` as its one decision paragraph, at the end.

    A decision paragraph that is there already is replaced, wherever it stands; the same one twice changes nothing. An
    empty ``paragraph`` only removes. The rest of the description stays, but for blanks at its end.
    """
    base = without_decision(description)
    text = _inert(paragraph).strip()
    if not text:
        return base
    block = f"{OPENING}\n{text}\n{CLOSING}"
    return f"{base}\n\n{block}" if base else block


def without_decision(description: str) -> str:
    """``description`` without decision paragraphs and without blanks at its end.

    A paragraph reaches from the last opening line before a closing line; lines without their counterpart are the
    agent's own text and stay.
    """
    kept: list[str] = []
    openings: list[int] = []
    for line in description.split("\n"):
        marker = line.strip(" \t\r")
        if marker == CLOSING and openings:
            del kept[openings.pop() :]
            continue
        if marker == OPENING:
            openings.append(len(kept))
        kept.append(line)
    return "\n".join(kept).rstrip()


def _inert(paragraph: str) -> str:
    """A reason that a person typed must not end the paragraph early."""
    return paragraph.replace("===", "= = =")
