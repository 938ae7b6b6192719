"""The follower of agents that print plain text: the last line is what they do, and at the end what they say."""

from __future__ import annotations

from orchestrator_tui.adapters.runners.verdicts import said_beside, verdict_of
from orchestrator_tui.adapters.sessions.lines import LineSplitter
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.runtime.run_world import AttemptEnd, AttemptNews

ACTIVITY, SUMMARY = 120, 400
_LOOKED_AT = 4_000
"""Characters of a line that are looked at: what stands behind them would be cut anyway."""


class PlainFollower:
    """Reads lines. ``words`` are the verdicts that the agent of ``track`` may end with."""

    def __init__(self, words: frozenset[str], track: str = "") -> None:
        self._words, self._track = words, track
        self._lines = LineSplitter()
        self._verdict = ""
        self._last = ""

    def feed(self, data: bytes) -> AttemptNews | None:
        """The last line of these as activity; None when none is complete."""
        said = self._read(data)
        return AttemptNews(activity=sanitise_line(said, ACTIVITY)) if said else None

    def end(self, exit_code: int | None, reason: str, errors: bytes) -> AttemptEnd:
        """Done when it ended with 0; its last words, or those of its errors when it failed."""
        self._read(b"\n")
        done = exit_code == 0
        words = self._last or self._verdict
        if not done:
            words = last_line(errors) or words or reason
        return AttemptEnd("done" if done else "failed", self._verdict, sanitise_line(words, SUMMARY))

    def _read(self, data: bytes) -> str:
        said = ""
        for raw in self._lines.feed(data):
            line = _shown(raw)
            if not line:
                continue
            said = line
            word = verdict_of(line, self._words, self._track) if self._words else ""
            if word:
                self._verdict = word
                self._last = said_beside(line, self._words) or self._last
            else:
                self._last = line
        return said


def last_line(text: bytes) -> str:
    """The last line of a text with anything on it, as text, or ""."""
    return next((line for raw in reversed(text[-65_536:].splitlines()) if (line := _shown(raw))), "")


def _shown(raw: bytes) -> str:
    """A line as a terminal would end up with it: what stands before a carriage return was overwritten."""
    line = raw[: 4 * _LOOKED_AT].decode("utf-8", "replace").rstrip("\r\n \t")
    return line.rpartition("\r")[2].strip()[:_LOOKED_AT]
