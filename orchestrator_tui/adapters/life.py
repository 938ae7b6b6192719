"""Signs of life of the agents behind tracks: processes, commits, transcripts, calls in flight, with ages (DESIGN §2.3).

Recently changed files are no sign: a build, an editor or another agent may have touched them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from orchestrator_tui.adapters.discovery import Session
from orchestrator_tui.adapters.process import ProcessIdentity, alive
from orchestrator_tui.core.agents import address
from orchestrator_tui.core.facts import LifeSign
from orchestrator_tui.core.model import Track
from orchestrator_tui.runtime.ports import Clock

TOOL = "tool in flight"
"""A call that an agent waits for: it may write nothing for as long as that takes."""

_POINTER_LIMIT = 4096


class KnownLife(Protocol):
    """What the files of an agent tell of its life (:class:`~orchestrator_tui.adapters.sessions.agents.AgentLife`)."""

    @property
    def process(self) -> ProcessIdentity | None:
        """Its own process, while that runs; a sub-agent has none: that its session runs does not show that it works."""

    @property
    def gone(self) -> bool:
        """Whether it has come to its end."""

    @property
    def changed_ms(self) -> int:
        """When its transcript grew last, in milliseconds of wall time; 0 when unknown."""

    @property
    def call(self) -> str:
        """The call that it has in flight, in words; "" when none is."""

    @property
    def call_ms(self) -> int:
        """Since when that call runs, in milliseconds of wall time; 0 when unknown."""


class SystemLife:
    """Looks without running anything; implements :class:`~orchestrator_tui.runtime.world.Life`.

    Args:
        clock: the time.
        repository: where relative paths of worktrees begin.
        sessions: the Claude Code sessions behind a batch, by its id.
        alive: whether a process still runs; replaced in tests.
        agents: what is known of the agent with an address; None when nothing is.
    """

    def __init__(
        self,
        clock: Clock,
        repository: Path,
        sessions: Callable[[str], Iterable[Session]] = lambda _: (),
        alive: Callable[[ProcessIdentity], bool] = alive,
        agents: Callable[[str], KnownLife | None] = lambda _: None,
    ) -> None:
        self._clock, self._repository = clock, repository
        self._sessions, self._agents, self._alive = sessions, agents, alive

    def look(self, track: Track) -> tuple[tuple[LifeSign, ...], bool]:
        """The signs of a track's agent, and whether it is known to have ended.

        A process that runs is a sign of age 0. A commit counts where the track has a worktree of its own, by the
        reflog of that worktree. Where no process of the track itself is known, its agent's files speak for it, and
        where its agent is not known, those of its session.
        """
        process = next((ProcessIdentity(*one.process) for one in reversed(track.attempts) if one.process), None)
        lives = process is not None and self._alive(process)
        signs = [LifeSign("process", 0, f"pid {process.pid}")] if process is not None and lives else []
        reflog = reflog_of(self._repository / track.worktree) if track.worktree else None
        signs += self._aged("commits", [] if reflog is None else [reflog], "")
        if process is not None:
            return tuple(signs), not lives
        agent = None if track.agent is None else self._agents(address(track.agent.session, track.agent.id))
        if agent is not None:
            return (*signs, *self._of_agent(agent)), agent.gone
        return (*signs, *self._of_sessions(track)), False

    def _of_agent(self, agent: KnownLife) -> Iterable[LifeSign]:
        if agent.process is not None and self._alive(agent.process):
            yield LifeSign("process", 0, f"pid {agent.process.pid}")
        if agent.call:
            yield LifeSign(TOOL, self._age(agent.call_ms), agent.call)
        if agent.changed_ms:
            yield LifeSign("transcript", self._age(agent.changed_ms), "its own")

    def _of_sessions(self, track: Track) -> Iterable[LifeSign]:
        sessions = tuple(self._sessions(track.batch))
        pids = [one.process.pid for one in sessions if one.process is not None and self._alive(one.process)]
        yield from (LifeSign("process", 0, f"its session, pid {pid}") for pid in pids)
        transcripts = [one.transcript for one in sessions if one.transcript is not None]
        yield from self._aged("transcript", transcripts, "of its session")

    def _aged(self, kind: str, paths: Iterable[Path], detail: str) -> list[LifeSign]:
        newest = max((found for path in paths if (found := _modified_ms(path)) is not None), default=None)
        return [] if newest is None else [LifeSign(kind, self._age(newest), detail)]

    def _age(self, wall_ms: int) -> int:
        return max(0, self._clock.now().wall_ms - wall_ms) if wall_ms else 0


def reflog_of(worktree: Path) -> Path | None:
    """The reflog of a worktree's HEAD, which every commit there touches; None where it is no worktree."""
    pointer = worktree / ".git"
    try:
        if pointer.is_dir():
            return pointer / "logs" / "HEAD"
        descriptor = os.open(pointer, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        text = os.read(descriptor, _POINTER_LIMIT).decode(errors="replace")
    except OSError:
        return None
    finally:
        os.close(descriptor)
    name, _, git = text.strip().partition(":")
    return worktree / git.strip() / "logs" / "HEAD" if name == "gitdir" else None


def _modified_ms(path: Path) -> int | None:
    try:
        return os.stat(path).st_mtime_ns // 1_000_000
    except (OSError, ValueError):
        return None
