"""``orch-tui --all``: one queue over every repository of this machine that is watched, or where Claude Code works."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.discovery import machine_sessions
from orchestrator_tui.cli.cockpit import compose
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Track
from orchestrator_tui.journal.home import journal_directory, repository_root, state_home
from orchestrator_tui.journal.machine import journalled_repositories
from orchestrator_tui.runtime.ports import Evidence, Session
from orchestrator_tui.runtime.several import SeveralSessions


def compose_all(limits: Limits) -> tuple[Session, Evidence]:
    """The live session of all repositories, and what can be looked up of their tracks."""
    several = _Several(limits)
    session = SeveralSessions(SystemClock(), several.find)
    return session, several


class _Several:
    """Implements :class:`~orchestrator_tui.runtime.ports.Evidence` over the repositories that were opened."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._opened: list[tuple[Session, Evidence]] = []

    def find(self) -> Mapping[str, Callable[[], Session]]:
        """Every repository with a journal or a living session, by path."""
        return {name: partial(self._open, place) for name, place in _places(state_home(os.environ)).items()}

    def diff(self, track: Track) -> str:
        """The track's changes, looked up where its batch is."""
        return self._of(track.batch).diff(track)

    def output(self, track: Track) -> str:
        """The last of what the track's agent printed, looked up where its batch is."""
        return self._of(track.batch).output(track)

    def content(self, batch: str, path: str) -> str:
        """A file of the repository that this batch works in."""
        return self._of(batch).content(batch, path)

    def _open(self, place: Place) -> Session:
        session, evidence = compose(place, (), self._limits)
        self._opened.append((session, evidence))
        return session

    def _of(self, batch: str) -> Evidence:
        for session, evidence in self._opened:
            if batch in session.snapshot().state.batches:
                return evidence
        raise OSError(f"the repository of {batch} is not shown any more")


def _places(home: Path) -> dict[str, Place]:
    """The repositories by their paths: what a repository is called here must not depend on which others there are."""
    working = machine_sessions(os.environ, repository_root)
    paths = sorted({*working, *journalled_repositories(home)})
    return {str(path): Place(path, path, home, journal_directory(home, path)) for path in paths}
