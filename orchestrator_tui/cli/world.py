"""The ports of one process of ours put together: clock, task files, signs of life, processes, person (DESIGN §3)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from orchestrator_tui.adapters.actor import system_actor
from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.discovery import Discovery, Session
from orchestrator_tui.adapters.evidence import TrackEvidence
from orchestrator_tui.adapters.launch import SystemProcesses
from orchestrator_tui.adapters.life import SystemLife
from orchestrator_tui.adapters.memory import MemoryAgents, MemoryNudges
from orchestrator_tui.adapters.tasks.files import RepositoryTasks
from orchestrator_tui.adapters.tasks.watch import TaskWatch
from orchestrator_tui.adapters.teaching import why_empty
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.home import worktrees
from orchestrator_tui.journal.mail import HomeMail
from orchestrator_tui.runtime.world import World

OUTPUT = "output"
"""Directory beside the journal that gets the output of the agents started here."""


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
    discovery = Discovery(os.environ, lambda: trees(place), asked_for, clock)
    tasks = RepositoryTasks(
        discovery,
        clock,
        lambda: why_empty(discovery.found, os.environ, discovery.config, place.repository),
    )
    watch = TaskWatch(tasks.directories)
    tasks.again_in = watch.again_in
    world = World(
        clock=clock,
        files=tasks,
        life=SystemLife(clock, place.repository, lambda batch: _sessions(discovery, batch)),
        processes=SystemProcesses(output),
        agents=MemoryAgents(),
        nudges=MemoryNudges(),
        mail=HomeMail(place.home),
        actor=actor,
        new_id=lambda prefix: f"{prefix}-{os.urandom(6).hex()}",
        holder=f"{role} of {actor.name}, pid {os.getpid()}",
        repository=str(place.repository),
    )
    return Surroundings(world, discovery, watch, TrackEvidence(lambda: trees(place), output, os.environ))


def trees(place: Place) -> tuple[Path, ...]:
    """The main working tree, first, and the worktrees; outside of a repository the directory itself."""
    return worktrees(place.repository) or (place.repository,)


def _sessions(discovery: Discovery, batch: str) -> Iterable[Session]:
    for directory, sessions in discovery.found.by_list.items():
        if list_batch_id(directory) == batch:
            return sessions
    return ()
