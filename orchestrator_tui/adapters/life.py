"""Signs of life of the agents behind tracks: their processes, commits and transcripts, with ages (DESIGN §2.3).

Recently changed files are no sign: a build, an editor or another agent may have touched them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from orchestrator_tui.adapters.discovery import Session
from orchestrator_tui.adapters.process import ProcessIdentity, alive
from orchestrator_tui.core.facts import LifeSign
from orchestrator_tui.core.model import Track
from orchestrator_tui.runtime.ports import Clock

_POINTER_LIMIT = 4096


class SystemLife:
    """Looks without running anything; implements :class:`~orchestrator_tui.runtime.world.Life`.

    Args:
        clock: the time.
        repository: where relative paths of worktrees begin.
        sessions: the Claude Code sessions behind a batch, by its id.
        alive: whether a process still runs; replaced in tests.
    """

    def __init__(
        self,
        clock: Clock,
        repository: Path,
        sessions: Callable[[str], Iterable[Session]] = lambda _: (),
        alive: Callable[[ProcessIdentity], bool] = alive,
    ) -> None:
        self._clock, self._repository, self._sessions, self._alive = clock, repository, sessions, alive

    def look(self, track: Track) -> tuple[tuple[LifeSign, ...], bool]:
        """The signs of a track's agent, and whether its process is known to have ended.

        A process that runs is a sign of age 0. A commit counts where the track has a worktree of its own, by the
        reflog of that worktree. Where no process of the track itself is known, its session speaks for it.
        """
        process = next((ProcessIdentity(*one.process) for one in reversed(track.attempts) if one.process), None)
        lives = process is not None and self._alive(process)
        signs = [LifeSign("process", 0, f"pid {process.pid}")] if process is not None and lives else []
        reflog = reflog_of(self._repository / track.worktree) if track.worktree else None
        signs += self._aged("commits", [] if reflog is None else [reflog], "")
        if process is None:
            sessions = tuple(self._sessions(track.batch))
            pids = [one.process.pid for one in sessions if one.process is not None and self._alive(one.process)]
            signs += [LifeSign("process", 0, f"its session, pid {pid}") for pid in pids]
            transcripts = [one.transcript for one in sessions if one.transcript is not None]
            signs += self._aged("transcript", transcripts, "of its session")
        return tuple(signs), process is not None and not lives

    def _aged(self, kind: str, paths: Iterable[Path], detail: str) -> list[LifeSign]:
        newest = max((found for path in paths if (found := _modified_ms(path)) is not None), default=None)
        return [] if newest is None else [LifeSign(kind, max(0, self._clock.now().wall_ms - newest), detail)]


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
