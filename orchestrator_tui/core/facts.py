"""What was seen outside, as plain data for ``observe``: no reading, no clock, nothing trusted."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.canonical import json_text, sha256_hex
from orchestrator_tui.core.frozen import field_names, frozen

OUR_KEYS = frozenset({"decision", "messages"})
"""What we write into a task's metadata: our answer, and what was said to its agent."""

PROGRESS = "progress"
"""Where an agent says what it is just doing."""


@frozen
class TaskFact:
    """One task file as it is now (reference claude-code §2).

    ``source`` names the task for good inside its list. ``metadata`` holds whatever the file holds, unknown keys too.
    ``problem`` says why the file could not be read; everything else is then the last good reading, if there was one.
    """

    source: str
    task_id: str
    subject: str
    description: str
    status: str
    metadata: Mapping[str, Any]
    mtime_ms: int
    active_form: str = ""
    owner: str = ""
    blocked_by: tuple[str, ...] = ()
    problem: str = ""

    def fingerprint(self) -> str:
        """Identity of what the agent said: everything but our own keys and the description that we write into."""
        said = {key: value for key, value in self.metadata.items() if key not in OUR_KEYS}
        return sha256_hex(json_text([self.subject, self.status, self.active_form, self.owner, said]))[:16]

    def says_the_same(self, other: TaskFact) -> bool:
        """Whether ``other`` is the same, but for what its agent says that it is just doing and for when it said so."""
        if _LASTING(self) != _LASTING(other):
            return False
        return {**self.metadata, PROGRESS: ""} == {**other.metadata, PROGRESS: ""}


_LASTING = attrgetter(*(name for name in field_names(TaskFact) if name not in ("metadata", "active_form", "mtime_ms")))


@frozen
class ListSeen:
    """One look at one task list: the tasks that changed since the last look, and the sources that went away.

    ``whole`` tells that ``changed`` names every task of the list, as the first look of a watcher does: what the
    batch knows beside them went away while nobody watched.
    """

    changed: tuple[TaskFact, ...] = ()
    vanished: tuple[str, ...] = ()
    whole: bool = False


@frozen
class AgentFact:
    """One agent as it is now: as Claude Code's own files tell it (reference claude-code §3–5).

    Attributes:
        agent: who it is, its state and the evidence for it.
        title: what it is about, in words: a sub-agent's description, a session's name or title.
        cwd, worktree, branch: where it works; ``worktree`` and ``branch`` only where they are its own.
        activity: what it does or did last, in words (``Edit cart/sum.py``), and ``in_flight`` whether it still runs.
        last_wall_ms: when its transcript last grew; 0 when unknown.
        model, tokens, cost_usd: of all that it used; tokens are counted once an answer, cost is None when unknown.
        tasks: ids of the tasks that it reported on, the newest first.
        finished: a sub-agent has returned; a session's process has ended.
        killed: a session's process ended without closing its session: its entry in the registry was left behind.
    """

    agent: Agent
    title: str = ""
    cwd: str = ""
    worktree: str = ""
    branch: str = ""
    activity: str = ""
    in_flight: bool = False
    last_wall_ms: int = 0
    model: str = ""
    tokens: int = 0
    cost_usd: float | None = None
    tasks: tuple[str, ...] = ()
    finished: bool = False
    killed: bool = False


MOST_SAID = 300
"""Characters that are kept of what a call that failed gave to its agent."""


@frozen
class CallEnded:
    """A tool call whose result stands in a transcript.

    ``gate`` is the id that a gate of this very call has (:func:`orchestrator_tui.core.naming.call_gate_id`);
    ``answered_by`` is ``hook``, ``person`` (at the terminal), ``rules`` (Claude Code's own), or "" when it is not said;
    ``said`` is the beginning of what a call that failed gave to its agent instead of a result.
    """

    asker: str
    gate: str
    tool: str
    answered_by: str
    failed: bool
    wall_ms: int
    said: str = ""


@frozen
class StageSaid:
    """What one update of a task said of its stage; a later update may have overwritten it in the task's file.

    Attributes:
        source: the task.
        stage, status: None where the update left them as they were; a ``status`` of "" is none that is known.
        stage_name, skipped: "" and () where it said nothing of them.
        wall_ms: when the update was certainly written, in milliseconds of wall time.
    """

    source: str
    stage: int | None
    status: str | None
    stage_name: str = ""
    skipped: tuple[int, ...] = ()
    wall_ms: int = 0


@frozen
class AgentsSeen:
    """One look at the agents behind one task list: those that changed since the last look.

    Attributes:
        facts: agents that changed; all of them when ``whole``.
        calls: tool calls that ended since the last look.
        arrived: identifiers of decisions and messages that were found in what an agent was given, each with the
            agent's address and with what it went on with, in words.
        whole: ``facts`` names every agent of the list.
        said: what updates of the list's tasks said since the last look, in the order in which they were made.
    """

    facts: tuple[AgentFact, ...] = ()
    calls: tuple[CallEnded, ...] = ()
    arrived: tuple[tuple[str, str, str], ...] = ()
    whole: bool = False
    said: tuple[StageSaid, ...] = ()


@frozen
class LifeSign:
    """One sign that an agent lives: what it is (process, commits, transcript, tool), and how old, in milliseconds."""

    kind: str
    age_ms: int
    detail: str = ""
