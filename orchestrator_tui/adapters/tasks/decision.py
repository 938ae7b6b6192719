"""The paragraphs of a task's description that tell its agent what was decided and what was said (DESIGN §4.2).

TaskGet never shows metadata to the model, but it shows the description (reference claude-code §0): so the answer
stands there too, in one paragraph between two lines that nothing else uses.
"""

from __future__ import annotations

DECISION = "decision"
MESSAGE = "message"


def opening(kind: str) -> str:
    """The line before a paragraph of this kind."""
    return f"=== orch-tui {kind} ==="


def closing(kind: str) -> str:
    """The line behind a paragraph of this kind."""
    return f"=== end of orch-tui {kind} ==="


def described(description: str, paragraph: str, kind: str) -> str:
    """``description`` with ``paragraph`` as its one paragraph of this kind, at the end.

    A paragraph of this kind that is there already is replaced, wherever it stands; the same one twice changes nothing.
    An empty ``paragraph`` only removes. The rest of the description stays, but for blanks at its end.
    """
    base = _without(description, kind)
    text = _inert(paragraph).strip()
    if not text:
        return base
    block = f"{opening(kind)}\n{text}\n{closing(kind)}"
    return f"{base}\n\n{block}" if base else block


def _without(description: str, kind: str) -> str:
    """``description`` without paragraphs of this kind and without blanks at its end.

    A paragraph reaches from the last opening line before a closing line; lines without their counterpart are the
    agent's own text and stay.
    """
    first, last = opening(kind), closing(kind)
    kept: list[str] = []
    openings: list[int] = []
    for line in description.split("\n"):
        marker = line.strip(" \t\r")
        if marker == last and openings:
            del kept[openings.pop() :]
            if kept and not kept[-1].strip():
                # The blank line before it was ours: paragraphs of two kinds must not drift apart.
                del kept[-1]
            continue
        if marker == first:
            openings.append(len(kept))
        kept.append(line)
    return "\n".join(kept).rstrip()


def _inert(paragraph: str) -> str:
    """A reason that a person typed must not end the paragraph early."""
    return paragraph.replace("===", "= = =")
