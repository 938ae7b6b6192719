"""Agents as they are known to us: whose process, in which state and by what evidence, and where it can be reached."""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen

BUSY, IDLE, PERMISSION, INPUT, GONE, UNKNOWN = "busy", "idle", "permission", "input", "gone", "unknown"
"""What an agent does now: works; waits for its person's next word, for a permission, for an answer; has ended."""

INTERACTIVE, HEADLESS, JOB, FOREGROUND, BACKGROUND, TEAMMATE = (
    "interactive",
    "headless",
    "job",
    "foreground",
    "background",
    "teammate",
)
"""How an agent runs: a session at a terminal, by ``-p`` or SDK, as a background job; a sub-agent that its parent waits
for or not; a member of a team."""


@frozen
class Agent:
    """One Claude Code agent: a session's own (``id`` is ""), or a sub-agent or teammate of that session.

    Attributes:
        session: id of its session.
        id: its own id inside the session; "" for the session's main agent.
        parent: id of the agent that started it; "" for the main agent.
        mode: one of the ways to run above, "" when unknown.
        name: what it is called: a session's name, a sub-agent's type, a member's name.
        status: one of the states above.
        evidence: what says so, in words.
        connected: its session runs our hooks, so that it can be told things.
        pane: where it sits in tmux (``session:@window.%pane``), or "".
        team: the team whose inbox of ``name`` it reads, or "".
        version: its Claude Code's version, or "".
    """

    session: str
    id: str = ""
    parent: str = ""
    mode: str = ""
    name: str = ""
    status: str = UNKNOWN
    evidence: tuple[str, ...] = ()
    connected: bool = False
    pane: str = ""
    team: str = ""
    version: str = ""


def address(session: str, agent: str = "") -> str:
    """How an agent is addressed in events: its session, and its own id behind a slash."""
    return f"{session}/{agent}" if agent else session


def session_of(to: str) -> str:
    """The session of an address."""
    return to.partition("/")[0]


def agent_of(to: str) -> str:
    """The sub-agent of an address; "" for the session's main agent."""
    return to.partition("/")[2]
