"""What an agent does by its transcript: the call in flight, calls that ended, texts that reached it (DESIGN §2.1).

Fed with the transcript's lines in their order. Nothing in them is trusted: every text is made safe and short, every
table has an end, and a line of an unknown shape is passed over.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator_tui.adapters.sessions import entries
from orchestrator_tui.adapters.sessions.arrivals import Arrivals, identifiers
from orchestrator_tui.adapters.sessions.totals import TITLES, Totals
from orchestrator_tui.adapters.sessions.words import tool_words
from orchestrator_tui.core.agents import address
from orchestrator_tui.core.facts import MOST_SAID, CallEnded, StageSaid, TaskFact
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.naming import call_gate_id, task_source
from orchestrator_tui.core.stage_said import said_by
from orchestrator_tui.core.text import sanitise_line

MOST_CALLS = 64
"""Calls in flight, and calls that ended and were not asked for yet, that are remembered."""
MOST_SUBAGENTS = 512
"""Sub-agents that are remembered by the calls that started them."""

_CREATED = re.compile(r"Task #(\d{1,9}) created")
_ENDED_AGENT = re.compile(r"<task-id>([\w-]{1,80})</task-id>.{0,2000}?<status>(\w{1,40})</status>", re.DOTALL)
_GOES_ON = frozenset({None, "tool_use", "pause_turn"})
_BY_ITSELF = ("<local-command-", "<command-name>", "<command-message>", "<system-reminder>")
_INTERRUPTED = "[Request interrupted"
_REJECTED = "User rejected tool use"
_DENIED = "Permission for this tool use was denied. The tool use was rejected"
"""What a sub-agent is told whose call its person refused at the terminal, where nothing else tells that."""
_PLACE = ("cwd", "gitBranch", "version", "entrypoint", "teamName", "agentName")
_AGENT_TOOLS = frozenset({"Agent", "Task"})
_GIVEN = ("user", "attachment", "system")


@frozen
class Call:
    """One tool call in flight; ``said`` is what it says of a task's stage, once it is carried out."""

    tool: str
    words: str
    gate: str
    wall_ms: int
    task: str = ""
    background: bool = False
    said: StageSaid | None = None


class Transcript:
    """One agent's transcript as far as it was fed.

    Args:
        session, agent: whose it is; the agent is "" for the session's own.
        from_start: the first line that is fed is the transcript's first.

    Attributes:
        activity: the last call in words, "" when there was none.
        turn_over: its last answer ended its turn, and nothing was given to it since.
        waits_for: background agents that Claude Code said it waits for at the end of that turn.
        turn_over_ms: when the turn ended, 0 while it goes on.
        cwd, branch, version, entrypoint, team, member: as the newest lines say; "" while none does.
        children: by the id of the call that started a sub-agent, whether that runs in the background.
        returned: ids of calls whose sub-agent came back with its result.
        arrivals: which decisions and messages reached the agent.
        ended_agents: how sub-agents ended, by their own id, where a notification said so.
    """

    def __init__(self, session: str, agent: str = "", *, from_start: bool = True) -> None:
        self._session, self._agent, self._asker = session, agent, address(session, agent)
        self.totals = Totals()
        self.activity = ""
        self.turn_over, self.turn_over_ms, self.waits_for = False, 0, 0
        self.cwd = self.branch = self.version = self.entrypoint = self.team = self.member = ""
        self.children: dict[str, bool] = {}
        self.returned: dict[str, None] = {}
        self.ended_agents: dict[str, str] = {}
        self._placed: tuple[Any, ...] = ()
        self._message = ""
        self._calls: dict[str, Call] = {}
        self._by_hook: dict[str, None] = {}
        self._ended: deque[CallEnded] = deque(maxlen=MOST_CALLS)
        self._said: deque[StageSaid] = deque(maxlen=MOST_CALLS)
        self.arrivals = Arrivals(from_start=from_start)

    @property
    def in_flight(self) -> Call | None:
        """The call that runs now, the newest when there are several; None when none does."""
        return next(reversed(self._calls.values()), None)

    def feed(self, line: bytes) -> None:
        """Take the next line."""
        entry = None if entries.is_idle(line) else entries.parse(line)
        if entry is None:
            return
        take = _TAKERS.get(str(entry.get("type")))
        if take is None:
            return
        self._place(entry)
        take(self, entry, line)

    def take_ended(self) -> tuple[CallEnded, ...]:
        """The calls that ended since the last time."""
        ended = tuple(self._ended)
        self._ended.clear()
        return ended

    def take_said(self) -> tuple[StageSaid, ...]:
        """What updates of tasks said of their stages since the last time."""
        said = tuple(self._said)
        self._said.clear()
        return said

    def arrived(self, awaited: frozenset[str]) -> dict[str, str]:
        """Which of these identifiers the agent was given, with what it went on with, in words."""
        return self.arrivals.arrived(awaited)

    # --- what the kinds of entries mean ----------------------------------------------------------------------

    def _place(self, entry: Mapping[str, Any]) -> None:
        said = tuple(map(entry.get, _PLACE))
        if said == self._placed:
            return
        self._placed = said
        self.cwd = entries.text(entry, "cwd", 1024) or self.cwd
        self.branch = entries.text(entry, "gitBranch") or self.branch
        self.version = entries.text(entry, "version", 40) or self.version
        self.entrypoint = entries.text(entry, "entrypoint", 40) or self.entrypoint
        self.team = entries.text(entry, "teamName") or self.team
        self.member = (entries.text(entry, "agentName") or self.member) if self.team else ""

    def _answer(self, entry: Mapping[str, Any], _line: bytes) -> None:
        message, at = entries.part(entry, "message"), entries.wall_ms(entry)
        self.totals.answer(message)
        name = entries.text(message, "id")
        if name != self._message:
            # The model goes on only when all its calls have their results, also those that left none in here.
            self._message = name
            self._calls.clear()
        started = ""
        for block in entries.blocks(message):
            if block.get("type") == "tool_use":
                started = self._start(block, at) or started
        reason = message.get("stop_reason")
        self.turn_over = isinstance(reason, str) and reason not in _GOES_ON
        self.turn_over_ms, self.waits_for = at if self.turn_over else 0, 0
        self.arrivals.go_on(started, at)

    def _start(self, block: Mapping[str, Any], at: int) -> str:
        identifier, tool = entries.text(block, "id"), entries.text(block, "name", 120)
        given = entries.part(block, "input")
        if not identifier or not tool:
            return ""
        words = tool_words(tool, given, self.cwd)
        gate = call_gate_id(self._session, self._agent, tool, given, self.cwd)
        task = entries.text(given, "taskId", 20) if tool == "TaskUpdate" else ""
        background = tool in _AGENT_TOOLS and given.get("run_in_background") is True
        said = _said_by(task, given) if task else None
        _keep(self._calls, identifier, Call(tool, words, gate, at, task, background, said), MOST_CALLS)
        self.activity = words
        self.totals.report(task)
        if tool in _AGENT_TOOLS:
            _keep(self.children, identifier, background, MOST_SUBAGENTS)
        return words

    def _given_to_it(self, entry: Mapping[str, Any], line: bytes) -> None:
        at = entries.wall_ms(entry)
        for block in entries.blocks(entries.part(entry, "message")):
            kind = block.get("type")
            if kind == "tool_result":
                self._end(block, entry, at)
            elif kind == "text" and isinstance(block.get("text"), str):
                self._told(block["text"], entry, at)
        self.arrivals.give(line, at)

    def _told(self, said: str, entry: Mapping[str, Any], at: int) -> None:
        if said.startswith(_INTERRUPTED):
            self._calls.clear()
            self.turn_over, self.turn_over_ms = True, at
        elif not said.lstrip().startswith(_BY_ITSELF) and not self.arrivals.is_late(at):
            self.turn_over, self.turn_over_ms, self.waits_for = False, 0, 0
        self._notice(said)
        if entry.get("isMeta") is not True:
            self.totals.said(said)

    def _end(self, block: Mapping[str, Any], entry: Mapping[str, Any], at: int) -> None:
        identifier = entries.text(block, "tool_use_id")
        call = self._calls.pop(identifier, None)
        self.turn_over, self.turn_over_ms = False, 0
        if call is None:
            return
        failed = block.get("is_error") is True
        plain = _plain(block) if failed else ""
        by = self._answered_by(identifier, entry) or ("person" if plain.startswith(_DENIED) else "")
        said = sanitise_line(plain, MOST_SAID)
        self._ended.append(CallEnded(self._asker, call.gate, call.tool, by, failed, at, said))
        if call.said is not None and not failed and entries.part(entry, "toolUseResult").get("success") is not False:
            self._said.append(replace(call.said, wall_ms=at))
        if call.tool == "TaskCreate" and not failed:
            found = _CREATED.search(_plain(block))
            self.totals.report(found[1] if found else "")
        elif call.tool in _AGENT_TOOLS:
            launched = entries.part(entry, "toolUseResult").get("status") == "async_launched"
            launched = launched or _plain(block).startswith("Async agent launched")
            _keep(self.children, identifier, launched or call.background, MOST_SUBAGENTS)
            if not launched:
                _keep(self.returned, identifier, None, MOST_SUBAGENTS)

    def _answered_by(self, identifier: str, entry: Mapping[str, Any]) -> str:
        if identifier in self._by_hook:
            return "hook"
        source = entries.part(entry, "permissionDecision").get("source")
        if source == "hook":
            return "hook"
        rejected = entry.get("toolDenialKind") == "user-rejected" or entry.get("toolUseResult") == _REJECTED
        if rejected or (isinstance(source, str) and source.startswith("user")):
            return "person"
        return "rules" if isinstance(source, str) and source else ""

    def _attached(self, entry: Mapping[str, Any], line: bytes) -> None:
        attachment = entries.part(entry, "attachment")
        if attachment.get("type") == "hook_permission_decision":
            _keep(self._by_hook, entries.text(attachment, "toolUseID"), None, MOST_CALLS)
        if attachment.get("type") == "queued_command" and isinstance(attachment.get("prompt"), str):
            self._notice(attachment["prompt"])
        self.arrivals.give(line, entries.wall_ms(entry))

    def _system(self, entry: Mapping[str, Any], line: bytes) -> None:
        at = entries.wall_ms(entry)
        if entry.get("subtype") == "turn_duration":
            waits = entry.get("pendingBackgroundAgentCount")
            self.turn_over, self.turn_over_ms = True, at
            self.waits_for = waits if type(waits) is int and 0 < waits < 10_000 else 0
        self.arrivals.give(line, at, remark=True)

    def _queued(self, entry: Mapping[str, Any], _line: bytes) -> None:
        content = entry.get("content")
        if isinstance(content, str):
            self._notice(content)

    def _cost(self, entry: Mapping[str, Any], _line: bytes) -> None:
        self.totals.state(entry)

    def _title(self, entry: Mapping[str, Any], _line: bytes) -> None:
        self.totals.name(entry)

    def _notice(self, said: str) -> None:
        """Remember how a background agent ended, which older versions tell nowhere else."""
        if "<task-notification>" in said[:400]:
            found = _ENDED_AGENT.search(said[:4000])
            if found:
                _keep(self.ended_agents, found[1], found[2], MOST_SUBAGENTS)


_TAKERS: Mapping[str, Callable[[Transcript, Mapping[str, Any], bytes], None]] = {
    "assistant": Transcript._answer,
    "user": Transcript._given_to_it,
    "attachment": Transcript._attached,
    "system": Transcript._system,
    "queue-operation": Transcript._queued,
    "cost-state": Transcript._cost,
    **dict.fromkeys(TITLES, Transcript._title),
}


def feed_past(totals: Totals, arrivals: Arrivals, line: bytes) -> None:
    """Count a line of the past: what was used, asked for, reported on and arrived, but nothing of what goes on."""
    if entries.is_answer(line):
        entry = entries.parse(line) or {}
        message = entries.part(entry, "message")
        totals.answer(message)
        arrivals.go_on("", entries.wall_ms(entry))
        for block in entries.blocks(message):
            if block.get("name") == "TaskUpdate" and block.get("type") == "tool_use":
                totals.report(entries.text(entries.part(block, "input"), "taskId", 20))
        return
    _give_past(arrivals, line)
    head = line[:200]
    if b"-title" in head or b'"summary"' in head or b"cost-state" in head:
        entry = entries.parse(line) or {}
        if entry.get("type") in TITLES:
            totals.name(entry)
        elif entry.get("type") == "cost-state":
            totals.state(entry)
    elif b"Task #" in line and (created := _CREATED.search(line.decode("utf-8", "replace"))):
        totals.report(created[1])
    elif not totals.prompt and b'"user"' in line[:400] and not entries.is_idle(line):
        entry = entries.parse(line) or {}
        for block in entries.blocks(entries.part(entry, "message")):
            if isinstance(block.get("text"), str) and entry.get("isMeta") is not True:
                totals.said(block["text"])


def _give_past(arrivals: Arrivals, line: bytes) -> None:
    if not entries.is_idle(line) and identifiers(line):
        entry = entries.parse(line) or {}
        if entry.get("type") in _GIVEN:
            arrivals.give(line, entries.wall_ms(entry))


def _said_by(task: str, update: Mapping[str, Any]) -> StageSaid | None:
    """What an update says of its task's stage."""
    metadata, subject = entries.part(update, "metadata"), update.get("subject")
    subject = subject if isinstance(subject, str) else ""
    return said_by(TaskFact(task_source(task), task, subject, "", "", metadata, 0))


def _keep(table: dict[str, Any], key: str, value: Any, most: int) -> None:
    """Put something into a table that has an end: the oldest goes."""
    table[key] = value
    if len(table) > most:
        del table[next(iter(table))]


def _plain(block: Mapping[str, Any]) -> str:
    """The first text of a tool's result."""
    content = block.get("content")
    if isinstance(content, list):
        content = next((one.get("text") for one in content if isinstance(one, dict)), "")
    return content[:1000] if isinstance(content, str) else ""
