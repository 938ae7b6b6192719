"""Ports that are loaded when they are first used."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.adapters.discovery import Discovery
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.adapters.sessions.agents import ClaudeAgents
from orchestrator_tui.cli.late import LateAgents, LateNudges
from orchestrator_tui.cli.world import panes
from orchestrator_tui.core.agents import Agent


def test_agents_are_made_at_the_first_look_and_once(tmp_path: Path) -> None:
    made: list[ClaudeAgents] = []

    def make() -> ClaudeAgents:
        clock = ManualClock()
        discovery = Discovery({"CLAUDE_CONFIG_DIR": str(tmp_path)}, lambda: (tmp_path,), (), clock)
        made.append(ClaudeAgents(discovery, clock))
        return made[-1]

    late = LateAgents(make)
    assert (late.directories(), late.life("s1"), made) == ((), None, [])
    assert late.scan(frozenset()) == ()
    late.forget("/list")
    (sight,) = late.scan(frozenset())
    assert (sight.directory, len(made)) == ("/list", 1)
    assert late.directories() == (str(tmp_path / "sessions"), str(tmp_path / "teams"))
    assert late.life("s1") is None


def test_nudges_say_why_there_is_no_way() -> None:
    for act in (lambda agent: panes().nudge(agent, "look"), panes().jump):
        with pytest.raises(OSError, match="no process works on its session now"):
            act(Agent("s1", mode="interactive", status="idle"))
    assert isinstance(panes(), LateNudges)
