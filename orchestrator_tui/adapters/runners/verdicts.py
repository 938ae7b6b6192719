"""The verdict that an agent ends with: one of its stage's words, on a line of its own; the last one counts."""

from __future__ import annotations

import re

# What agents put around a word that was to stand alone: headings, quotes, emphasis, code, "Verdict:".
_ADORNED = re.compile(
    r"[\s>#*_`~|-]*(?:(?:final )?verdict\W{0,4}[:=]\W{0,4})?[\s*_`\"'(\[]*(.*?)[\s*_`\"')\].!|]*", re.IGNORECASE
)
# Seed 004: "STATUS: partial — csv writer | REMAINING: quoting".
_STATUS = re.compile(r"[\s>#*_`-]*STATUS[*_`]*:[*_`\s]*(\w+)[*_`]*(?:\s+[—–|-]\s*(.*))?")
_PROMISE = re.compile(r"<promise>\s*(\w+)\s*(?::\s*([^<]*?)\s*)?</promise>")
"""How agents of seed 003 say it: ``<promise>READY_FOR_QA: task-1</promise>``."""

_LONGEST_LINE = 400


def verdict_of(line: str, words: frozenset[str], track: str = "") -> str:
    """The word that this line is, or "". Only the word as it was given counts, not a sentence with it.

    A promise that names another track than ``track`` is none.
    """
    if len(line) > _LONGEST_LINE:
        return ""
    plain = line.strip()
    if plain in words:
        return plain
    status = _STATUS.fullmatch(plain)
    if status is not None and status.group(1) in words:
        return status.group(1)
    promise = _PROMISE.fullmatch(plain)
    if promise is not None:
        word, about = promise[1], promise[2] or ""
        return word if word in words and (not about or not track or about == track) else ""
    found = _ADORNED.fullmatch(plain)
    return found.group(1) if found is not None and found.group(1) in words else ""


def said_beside(line: str, words: frozenset[str]) -> str:
    """What a line of status says beside its word, such as what remains; "" where it says nothing else."""
    status = _STATUS.fullmatch(line.strip()) if len(line) <= _LONGEST_LINE else None
    return (status.group(2) or "").strip() if status is not None and status.group(1) in words else ""


def last_verdict(text: str, words: frozenset[str], track: str = "") -> str:
    """The verdict of a whole text: that of its last line that is one."""
    if not words:
        return ""
    return next((word for line in reversed(text.splitlines()) if (word := verdict_of(line, words, track))), "")
