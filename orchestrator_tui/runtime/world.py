"""What the engine asks of the world: task files, life signs, processes, identifiers (DESIGN §3, ports)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.commands import Actor
from orchestrator_tui.core.facts import AgentsSeen, LifeSign, ListSeen
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Gate, Track
from orchestrator_tui.runtime.ports import Clock


@frozen
class ListSight:
    """One task list at one look: its real directory, its name, and what changed in it since the last look."""

    directory: str
    name: str
    seen: ListSeen


class TaskFiles(Protocol):
    """The task lists of Claude Code and of shell agents, on disk."""

    def scan(self) -> tuple[ListSight, ...]:
        """Look at every list; the look is the truth, hints only bring it forward (reliability W-1)."""

    def follow(self, directories: Iterable[str]) -> None:
        """Look at these lists too, whoever found them; one that is not there is told as a whole without a task."""

    def forget(self, directory: str) -> None:
        """Report every task of this list as changed again at the next look (a batch that we now hold)."""

    def write_decision(self, directory: str, gate: Gate) -> str:
        """Write the decided answer into the gate's task; "" when it is there now, else why it is not."""

    def holds_decision(self, directory: str, gate: Gate) -> bool:
        """Whether the task file holds this very decision (the probe after a crash)."""

    def write_message(self, directory: str, source: str, message: Mapping[str, Any]) -> str:
        """Write a message into the task; "" when it is there now, else why it is not."""

    def empty_reason(self) -> tuple[str, ...]:
        """Why there is nothing to show and what to do about it, line by line; () when there are tasks."""


@frozen
class AgentsSight:
    """The agents behind one task list at one look, whether that list exists yet or not.

    ``title`` is what to call a batch that has no better name; ``alive`` tells that a process of theirs runs now.
    """

    directory: str
    title: str
    alive: bool
    seen: AgentsSeen


class Agents(Protocol):
    """The sessions of Claude Code and the agents in them, as registry, transcripts and teams show them."""

    def scan(self, awaited: frozenset[str]) -> tuple[AgentsSight, ...]:
        """Look at all of them; ``awaited`` are the decisions and messages whose arrival is looked for."""

    def forget(self, directory: str) -> None:
        """Report the agents of this list as a whole at the next look."""


class Nudges(Protocol):
    """Ways to make an agent look that no decision may depend on (DESIGN §4.2): a pane of tmux, a team's inbox."""

    def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
        """Say ``text`` to an idle agent: the route that was taken (``tmux``, ``inbox``) and in words what was done.

        Raises:
            BlockingIOError: it is under way; the same call made again tells what became of it.
            OSError: it cannot be done now, and why: it is busy, it shows a dialog, there is no way to it.
        """


class Mail(Protocol):
    """The mail check that every tool call of a connected session makes (DESIGN §4.2, cost)."""

    def post(self, session: str) -> None:
        """Make the next tool call of this session look for what waits for it.

        Raises:
            OSError: it cannot be written.
        """


class Hints(Protocol):
    """Who tells that files may have changed. Hints may be lost; nothing depends on them but speed."""

    @property
    def mode(self) -> str:
        """How changes are noticed, in words: by events, by polling, and why."""

    def start(self, changed: Callable[[], None]) -> None:
        """Begin to call ``changed`` from any thread."""

    def close(self) -> None:
        """Stop. Idempotent."""


class Life(Protocol):
    """Signs of life of the agents behind tracks, with their ages (DESIGN §2.3)."""

    def look(self, track: Track) -> tuple[tuple[LifeSign, ...], bool]:
        """The signs of a track's agent, and whether its process is known to have ended."""


class Processes(Protocol):
    """Processes by identity, never by a bare pid (reliability P-2)."""

    def claimant_gone(self, claimant: str) -> bool:
        """Whether the process that claimed a delivery (``pid:start time``) has ended."""

    def own_claim(self) -> str:
        """This process as a claimant."""

    def launch(self, argv: Sequence[str], cwd: str) -> tuple[int, str, str]:
        """Start a detached process in its own session; its identity (pid, start time, boot id).

        Raises:
            OSError: it cannot be started.
        """


@frozen
class World:
    """All the ports that one engine has."""

    clock: Clock
    files: TaskFiles
    life: Life
    processes: Processes
    agents: Agents
    nudges: Nudges
    mail: Mail
    actor: Actor
    new_id: Callable[[str], str]
    holder: str
    repository: str
