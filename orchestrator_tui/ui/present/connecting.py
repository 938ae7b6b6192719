"""What connecting the agents' program would change, and what it changed, in few lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator_tui.ui.present.cells import clean

IN_PLACE = "Everything is in place; there is nothing to change."
MOST_WORDS = 8
"""Words of one file that are listed; how many more there are is said."""


def offer_lines(changes: Sequence[tuple[str, Sequence[str]]], remarks: Sequence[str] = ()) -> Iterator[str]:
    """What would change: each file, and below it what goes in; then what else is to be known."""
    if not changes:
        yield IN_PLACE
    for path, words in changes:
        yield clean(path, 300)
        yield from (f"  + {clean(word, 120)}" for word in words[:MOST_WORDS])
        if len(words) > MOST_WORDS:
            yield f"  + {len(words) - MOST_WORDS} more"
    if remarks:
        yield ""
    yield from (f"! {clean(remark, 300)}" for remark in remarks)


def result_text(said: str) -> str:
    """What was done, a line each."""
    return "\n".join(clean(line, 300) for line in said.splitlines() if line.strip())
