"""Which sessions of a repository are looked at, with what the registry says of each right now."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.adapters.claude_home import RegisteredSession
from orchestrator_tui.adapters.discovery import FORGOTTEN_MS, Discovery, Found, Session
from orchestrator_tui.adapters.process import ProcessIdentity

RECENT_MS = 24 * 3_600_000
"""A session without a process is looked at when its transcript grew within this time, or when its list is asked for."""
MOST_SESSIONS = 200
"""Sessions without a process that are looked at; of more, those that grew last."""


class Followed:
    """The sessions that live, that worked lately, and whose task list is there or asked for."""

    def __init__(self, discovery: Discovery, alive: Callable[[ProcessIdentity], bool]) -> None:
        self._discovery, self._alive = discovery, alive
        self._found: Found | None = None
        self._registered: frozenset[str] = frozenset()
        self._asked_for: set[str] = set()
        self._sessions: dict[str, Session] = {}
        self._works_on: dict[ProcessIdentity, str] = {}
        self.went_on: dict[str, str] = {}
        """The session that the process of another one works on now instead, by that other."""

    @property
    def asked_for(self) -> frozenset[str]:
        """The lists whose sessions are looked at however long ago they worked."""
        return frozenset(self._asked_for)

    def ask_for(self, directory: str) -> None:
        """Look at the sessions of this list, too."""
        self._asked_for.add(directory)
        self._found = None

    def refresh(self) -> Mapping[str, Session]:
        """The sessions to look at, by id, those with a process first."""
        entries = {entry.id: entry for entry in sorted(self._discovery.registry.read(), key=lambda one: one.status_ms)}
        found = self._discovery.refresh()
        if not entries.keys() <= self._registered:
            # A process took up another session: its entry is written in place, so that no directory changed.
            found = self._discovery.look()
        self._registered = frozenset(entries)
        if found is not self._found:
            self._found = found
            self._sessions = {one.id: one for one in self._chosen(found)}
        for name, session in self._sessions.items():
            entry = entries.get(name)
            process = entry.process if entry is not None and self._alive(entry.process) else None
            if (entry, process) != (session.entry, session.process):
                self._sessions[name] = replace(session, entry=entry, process=process)
        self._trace(entries)
        return dict(self._sessions)

    def _chosen(self, found: Found) -> list[Session]:
        living = [one for one in found.sessions if one.process is not None]
        others = [one for one in found.sessions if one.process is None and self._matters(one)]
        others.sort(key=lambda one: _changed_ns(one.transcript), reverse=True)
        return [*living, *others[:MOST_SESSIONS]]

    def _matters(self, session: Session) -> bool:
        if session.directory in self._asked_for:
            return True
        within_ms = FORGOTTEN_MS if session.directory in self._discovery.found.by_list else RECENT_MS
        return self._discovery.is_recent(session, within_ms)

    def _trace(self, entries: Mapping[str, RegisteredSession]) -> None:
        """Remember which session each process works on, so that one it has left is told from one that was killed."""
        for entry in entries.values():
            before = self._works_on.get(entry.process)
            if before is not None and before != entry.id:
                self.went_on[before] = entry.id
            self.went_on.pop(entry.id, None)
        self._works_on = {entry.process: entry.id for entry in entries.values()}


def _changed_ns(path: Path | None) -> int:
    try:
        return 0 if path is None else os.stat(path).st_mtime_ns
    except OSError:
        return 0
