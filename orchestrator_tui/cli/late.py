"""Ports that are loaded when they are first used, behind the first frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.runtime.world import AgentsSight

if TYPE_CHECKING:
    from orchestrator_tui.adapters.nudges import ClaudeNudges
    from orchestrator_tui.adapters.sessions.agents import AgentLife, ClaudeAgents


class LateAgents:
    """Implements :class:`~orchestrator_tui.runtime.world.Agents` by what ``make`` makes at the first look."""

    def __init__(self, make: Callable[[], ClaudeAgents]) -> None:
        self._make = make
        self._agents: ClaudeAgents | None = None

    def scan(self, awaited: frozenset[str]) -> tuple[AgentsSight, ...]:
        """Look at all of them."""
        return self._made().scan(awaited)

    def forget(self, directory: str) -> None:
        """Report the agents of this list as a whole at the next look."""
        self._made().forget(directory)

    def directories(self) -> tuple[str, ...]:
        """Where a change may matter; nowhere before the first look."""
        return () if self._agents is None else self._agents.directories()

    def life(self, whom: str) -> AgentLife | None:
        """What is known of the life of the agent with this address."""
        return None if self._agents is None else self._agents.life(whom)

    def _made(self) -> ClaudeAgents:
        if self._agents is None:
            self._agents = self._make()
        return self._agents


class LateNudges:
    """Implements :class:`~orchestrator_tui.runtime.world.Nudges` and :class:`~orchestrator_tui.runtime.ports.Panes`."""

    def __init__(self, make: Callable[[], ClaudeNudges]) -> None:
        self._make = make

    def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
        """Say something to an idle agent. Raises OSError."""
        return self._make().nudge(agent, text)

    def jump(self, agent: Agent) -> str:
        """Go to the pane of an agent. Raises OSError."""
        return self._make().jump(agent)
