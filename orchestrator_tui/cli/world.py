"""The ports of one process of ours put together: clock, task files, signs of life, processes, person (DESIGN §3)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.adapters.actor import system_actor
from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.discovery import Discovery, Session
from orchestrator_tui.adapters.evidence import TrackEvidence
from orchestrator_tui.adapters.launch import SystemProcesses
from orchestrator_tui.adapters.life import SystemLife
from orchestrator_tui.adapters.process import ProcessIdentity
from orchestrator_tui.adapters.tasks.files import RepositoryTasks
from orchestrator_tui.adapters.tasks.watch import TaskWatch
from orchestrator_tui.adapters.teaching import why_empty
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.cli.late import LateAgents, LateNudges
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.home import repository_root, worktrees
from orchestrator_tui.journal.mail import HomeMail
from orchestrator_tui.runtime.ports import Clock
from orchestrator_tui.runtime.world import World

if TYPE_CHECKING:
    from orchestrator_tui.adapters.nudges import ClaudeNudges
    from orchestrator_tui.adapters.runners.sessions import RunSessions
    from orchestrator_tui.adapters.sessions.agents import ClaudeAgents

JOBS = "jobs"
"""Directory beside the journal with the jobs of each run and the folders of its attempts."""

OUTPUT = "output"
"""Directory beside the journal that gets the output of the agents started here."""

TREES_MS = 5_000
"""How long the worktrees of a repository are taken for known: one that was moved shows only in its own file."""


@frozen
class Surroundings:
    """A world, and the parts of it that its composer needs as what they are."""

    world: World
    discovery: Discovery
    watch: TaskWatch
    evidence: TrackEvidence


def surroundings(place: Place, asked_for: Sequence[Path], role: str) -> Surroundings:
    """The machine as seen from one repository; ``role`` says what this process is, for those who ask who holds."""
    clock, actor = SystemClock(), system_actor(os.environ)
    output = place.directory / OUTPUT
    discovery = Discovery(
        os.environ, Trees(place, clock), asked_for, clock, root=repository_root, of_a_run=_OfARun(place)
    )
    tasks = RepositoryTasks(
        discovery,
        clock,
        lambda: why_empty(discovery.found, os.environ, discovery.config, place.repository),
    )
    agents = LateAgents(lambda: _agents(discovery, clock, place, watch.again_in))
    watch = TaskWatch(lambda: (*tasks.directories(), *agents.directories()))
    tasks.again_in = watch.again_in
    world = World(
        clock=clock,
        files=tasks,
        life=SystemLife(clock, place.repository, lambda batch: _sessions(discovery, batch), agents=agents.life),
        processes=SystemProcesses(output),
        agents=agents,
        nudges=panes(),
        mail=HomeMail(place.home),
        actor=actor,
        new_id=lambda prefix: f"{prefix}-{os.urandom(6).hex()}",
        holder=f"{role} of {actor.name}, pid {os.getpid()}",
        repository=str(place.repository),
    )
    evidence = TrackEvidence(lambda: trees(place), output, os.environ)
    return Surroundings(world, discovery, watch, evidence)


def panes() -> LateNudges:
    """The terminals in which agents sit: to go to them, and to say something to an agent that is idle."""
    return LateNudges(_nudges)


def trees(place: Place) -> tuple[Path, ...]:
    """The main working tree, first, and the worktrees; outside of a repository the directory itself."""
    return worktrees(place.repository) or (place.repository,)


class Trees:
    """:func:`trees`, read anew when a worktree came or went, or some time has passed."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self._place, self._clock = place, clock
        self._linked = place.repository / ".git" / "worktrees"
        self._known: tuple[int, Instant, tuple[Path, ...]] | None = None

    def __call__(self) -> tuple[Path, ...]:
        try:
            changed = os.stat(self._linked).st_mtime_ns
        except OSError:
            changed = 0
        now = self._clock.now()
        if self._known is None or self._known[0] != changed or elapsed_ms(self._known[1], now) >= TREES_MS:
            self._known = changed, now, trees(self._place)
        return self._known[2]


def _agents(discovery: Discovery, clock: SystemClock, place: Place, again_in: Callable[[int], None]) -> ClaudeAgents:
    """The agents of the repository, with what settings say of their hooks and tmux of their panes."""
    from orchestrator_tui.adapters.connection.state import connected
    from orchestrator_tui.adapters.sessions.agents import ClaudeAgents
    from orchestrator_tui.adapters.tmux import Tmux

    tmux = Tmux(os.environ)

    def pane(process: ProcessIdentity) -> str:
        found = tmux.pane_of(process)
        return "" if found is None else found.target

    def hears_us(directory: str, version: str) -> bool:
        return connected(os.environ, directory, place.home, version)

    return ClaudeAgents(discovery, clock, hears_us, pane, again_in)


class _OfARun:
    """Whether a session is one of a run's attempts; what tells it is loaded when a session looks like one."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._sessions: RunSessions | None = None

    def __call__(self, session: str) -> bool:
        # The version of the id: Claude Code gives itself random ones, ours are made from names.
        if session[14:15] != "5":
            return False
        if self._sessions is None:
            from orchestrator_tui.adapters.runners.sessions import RunSessions

            self._sessions = RunSessions(self._place.directory / JOBS)
        return self._sessions(session)


def _nudges() -> ClaudeNudges:
    from orchestrator_tui.adapters.nudges import ClaudeNudges

    return ClaudeNudges(os.environ)


def _sessions(discovery: Discovery, batch: str) -> Iterable[Session]:
    for directory, sessions in discovery.found.by_list.items():
        if list_batch_id(directory) == batch:
            return sessions
    return ()
