"""The host of a run put together: engine, git, jobs and agents behind their ports (DESIGN §3)."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.actor import system_actor
from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.git.port import RunGit
from orchestrator_tui.adapters.git.settings import AGENT_ENVIRONMENT
from orchestrator_tui.adapters.jobs.jobs import Jobs
from orchestrator_tui.adapters.jobs.port import RunJobs
from orchestrator_tui.adapters.launch import SystemProcesses
from orchestrator_tui.adapters.life import SystemLife
from orchestrator_tui.adapters.memory import MemoryAgents
from orchestrator_tui.adapters.results import ResultFiles
from orchestrator_tui.adapters.runners.choose import runner_for
from orchestrator_tui.adapters.tasks.files import RepositoryTasks
from orchestrator_tui.adapters.tasks.one import OneList
from orchestrator_tui.cli.claude_files import wanted
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.cli.reporting import write_checkpoint, write_reports
from orchestrator_tui.cli.world import JOBS, OUTPUT, panes
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.secret_values import secret_values
from orchestrator_tui.journal.mail import HomeMail
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.commands_run import command_environment
from orchestrator_tui.runtime.grounding import JournalledPast
from orchestrator_tui.runtime.host import Host
from orchestrator_tui.runtime.rules import load_rules
from orchestrator_tui.runtime.run_world import RunWorld
from orchestrator_tui.runtime.world import World

RUNS = "runs"
"""Directory beside the journal with the task lists of runs."""

RESULTS = "results"
"""Directory beside the journal with results of checks that outlive their batch."""

GRACE_S = 10.0
"""How long each step of the ladder waits by which an agent is stopped (reliability P-4)."""


def host(place: Place, journal: SqliteJournal, batch: Batch, limits: Limits, grace_s: float = GRACE_S) -> Host:
    """The host of a run that is recorded in the journal of a place."""
    assert batch.run is not None
    clock = SystemClock()
    jobs = Jobs(place.directory / JOBS / batch.id)
    run_world = RunWorld(
        git=RunGit(batch.id, clock),
        jobs=RunJobs(jobs, grace_s),
        runner=runner_for(batch.run.plan, os.environ, wanted(os.environ, place.home)),
        directory=str(place.directory / JOBS / batch.id),
        results=ResultFiles(place.directory / RESULTS),
        past=JournalledPast(journal),
        environment={**command_environment(os.environ), **AGENT_ENVIRONMENT},
        secrets=secret_values(os.environ),
    )
    return Host(
        journal,
        _world(place, batch, clock),
        run_world,
        load_rules(),
        limits,
        batch.id,
        str(place.home),
        lambda one: write_reports(place, one, clock.now()),
        keep=lambda one, names: write_checkpoint(place, one, names, clock.now()),
        skill=_skill,
    )


def _world(place: Place, batch: Batch, clock: SystemClock) -> World:
    """What the engine sees of the machine: the run's own task list, and nothing that others watch."""
    actor = system_actor(os.environ)
    return World(
        clock=clock,
        files=RepositoryTasks(OneList(Path(batch.source)), clock, tuple),
        life=SystemLife(clock, place.repository, lambda name: ()),
        processes=SystemProcesses(place.directory / OUTPUT),
        agents=MemoryAgents(),
        nudges=panes(),
        mail=HomeMail(place.home),
        actor=actor,
        new_id=lambda prefix: f"{prefix}-{os.urandom(6).hex()}",
        holder=f"host of {actor.name}, pid {os.getpid()}",
        repository=str(place.repository),
    )


def _skill(name: str) -> str:
    from orchestrator_tui.adapters.runners.skills import skill_text

    return skill_text(name)
