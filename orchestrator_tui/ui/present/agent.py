"""The Claude Code agent behind a track: what it does now, what says so, and whether it can hear us."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator_tui.core import agents
from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.ui.present.cells import Line, Part, clean

NEWS = {
    agents.BUSY: "works",
    agents.IDLE: "is idle",
    agents.PERMISSION: "asks for a permission at its terminal",
    agents.INPUT: "asks a question at its terminal",
    agents.GONE: "is gone",
    agents.UNKNOWN: "does what nobody can see",
}
"""The same as news."""

STATUS = {
    agents.BUSY: "busy",
    agents.IDLE: "idle, waits for its person",
    agents.PERMISSION: "asks for a permission at its terminal",
    agents.INPUT: "asks a question at its terminal",
    agents.GONE: "gone",
    agents.UNKNOWN: "unknown",
}
"""What an agent does now, in words a newcomer knows."""

_MODES = {
    agents.INTERACTIVE: "session at a terminal",
    agents.HEADLESS: "session without a terminal",
    agents.JOB: "background session",
    agents.FOREGROUND: "sub-agent",
    agents.BACKGROUND: "sub-agent in the background",
    agents.TEAMMATE: "teammate",
}


def stands_still(agent: Agent | None) -> str:
    """What keeps an agent from working, in words; "" while it works or nothing is known."""
    if agent is None or agent.status in (agents.BUSY, agents.UNKNOWN):
        return ""
    return STATUS.get(agent.status, "")


def agent_facts(track: Track) -> Iterator[tuple[str, str]]:
    """What is known of a track's agent, fact by fact; nothing where no agent is known."""
    agent = track.agent
    if agent is None:
        return
    kind = _MODES.get(agent.mode, "agent")
    named = clean(agent.name, 120)
    yield "is", f"{kind} {named}".rstrip()
    told = "; ".join(clean(one, 200) for one in agent.evidence)
    yield "now", STATUS.get(agent.status, clean(agent.status, 40)) + (f" ({told})" if told else "")
    yield "hears us", _hears_us(agent)
    yield "session", clean(agent.session, 80)
    yield "agent", clean(agent.id, 80)
    yield "pane", f"tmux {clean(agent.pane, 60)}" if agent.pane else ""
    yield "team", clean(agent.team, 80)
    yield "version", clean(agent.version, 40)


def _hears_us(agent: Agent) -> str:
    if agent.status == agents.GONE:
        return "no more: it is gone"
    return "yes, its session runs our hooks" if agent.connected else "no; C connects its Claude Code"


def part_lines(track: Track, batch: Batch) -> Iterator[Line]:
    """The agents that work on parts of a track, one line each: what it is about, and what it does."""
    for other in batch.tracks.values():
        if other.part_of != track.slug:
            continue
        doing = stands_still(other.agent) or (clean(other.activity.text, 120) if other.activity else "")
        yield (Part(f"{clean(other.slug, 40):<24}"), Part(doing or other.state.replace("_", " "), "quiet"))
