"""Which sessions of Claude Code are those of attempts: their run follows them, so that nobody watches them beside."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.runners.claude_files import SESSION

_VERSION_AT, _VERSION = 14, "5"


def may_be_of_a_run(session: str) -> bool:
    """Whether an id can be one that we gave: Claude Code gives itself random ones."""
    return len(session) == 36 and session[_VERSION_AT] == _VERSION


class RunSessions:
    """Tells the sessions of runs. ``directory`` holds a folder for each run, in which ``attempts`` has one for each."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: set[str] = set()

    def __call__(self, session: str) -> bool:
        """Whether an attempt of any run has noted this session as its own, which it does before it starts."""
        if not may_be_of_a_run(session):
            return False
        if session not in self._known:
            for noted in self._directory.glob(f"*/attempts/*/{SESSION}"):
                try:
                    self._known.add(noted.read_text(encoding="utf-8", errors="replace").strip())
                except OSError:
                    # It is being removed with its run.
                    continue
        return session in self._known
