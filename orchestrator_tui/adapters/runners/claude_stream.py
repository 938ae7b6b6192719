"""The follower of headless Claude Code: its stream-json output, line by line, as news of an attempt.

What stands in the stream is data of an agent: nothing of it is believed to be of any shape, texts are made safe, and
everything that is kept is bounded (reliability S-1, S-3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.adapters.runners.claude_asks import Asks
from orchestrator_tui.adapters.runners.claude_calls import Calls
from orchestrator_tui.adapters.runners.claude_limits import until_by_error, until_by_event, until_by_retry
from orchestrator_tui.adapters.runners.claude_spending import Spending
from orchestrator_tui.adapters.runners.plain import ACTIVITY, SUMMARY, last_line
from orchestrator_tui.adapters.runners.verdicts import last_verdict, said_beside, verdict_of
from orchestrator_tui.adapters.sessions import entries
from orchestrator_tui.adapters.sessions.arrivals import identifiers
from orchestrator_tui.adapters.sessions.lines import LineSplitter
from orchestrator_tui.adapters.sessions.words import tool_words
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.runtime.run_world import AttemptEnd, AttemptNews

MOST_DENIALS, MOST_ANSWERED = 100, 512
_MOST_AGENTS = 256
_RETURNED = ("completed", "failed")
_BOUNDS = {"error_max_turns": "turns", "error_max_budget_usd": "cost"}
_TEXT = 400_000
"""Characters of a result that are looked at, from its end."""


class ClaudeFollower:
    """Follows one process. ``words`` are the verdicts that it may end with about ``track``, ``cwd`` where it works."""

    def __init__(self, words: frozenset[str], cwd: str, wall_ms: Callable[[], int], track: str = "") -> None:
        self._track = track
        self._words, self._cwd, self._wall_ms = words, cwd, wall_ms
        self._lines = LineSplitter()
        self._asks, self._spending = Asks(), Spending()
        self._session = self._activity = self._verdict = self._summary = ""
        self._denials: dict[str, str] = {}
        self._answered: dict[str, None] = {}
        self._given: dict[str, None] = {}
        self._agents: dict[str, None] = {}
        self._calls = Calls()
        self._heard = 0
        self._bound = ""
        self._ended = self._failed = False
        self._told_until = self._parked_until = self._limited_until = 0
        self._takes: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "system": self._take_system,
            "assistant": self._take_answer,
            "user": self._take_user,
            "result": self._take_result,
            "rate_limit_event": self._take_limit,
            "control_request": self._take_request,
            "control_response": self._take_response,
            "control_cancel_request": self._take_cancel,
        }

    def feed(self, data: bytes) -> AttemptNews | None:
        """How it stands after these bytes; None when they hold no whole line that says anything."""
        told = False
        for line in self._lines.feed(data):
            entry = entries.parse(line)
            kind = None if entry is None else entry.get("type")
            take = self._takes.get(kind) if isinstance(kind, str) else None
            if entry is not None and take is not None:
                take(entry)
                told = True
        return self._news() if told else None

    def end(self, exit_code: int | None, reason: str, errors: bytes) -> AttemptEnd:
        """Done when it ended with 0 after a turn that did not fail."""
        self.feed(b"\n")
        done = exit_code == 0 and self._ended and not self._failed
        summary = self._summary
        if not done and not self._failed:
            summary = last_line(errors) or (reason if exit_code != 0 else "it ended without a result") or summary
        return AttemptEnd(
            "done" if done else "failed",
            self._verdict,
            sanitise_line(summary, SUMMARY),
            self._spending.cost_usd,
            self._spending.tokens,
            self._spending.turns,
            self._session,
            self._spending.model,
            0 if done else self._limited_until,
            "" if done else self._bound,
        )

    def _news(self) -> AttemptNews:
        return AttemptNews(
            session=self._session,
            activity=self._activity,
            model=self._spending.model,
            cost_usd=self._spending.cost_usd,
            tokens=self._spending.tokens,
            turns=self._spending.turns,
            denials=tuple(self._denials.values()),
            parked_until_ms=self._parked_until,
            answered=tuple(self._answered),
            asks=self._asks.waiting(),
            # A sub-agent in the background may ask yet, and its end begins another turn.
            idle=self._ended and not self._agents,
            heard=self._heard,
            repeated=self._calls.repeated(),
        )

    # --- what comes ----------------------------------------------------------------------------------------

    def _take_system(self, entry: Mapping[str, Any]) -> None:
        kind, name = entry.get("subtype"), entries.text(entry, "task_id")
        if kind == "init":
            self._session = entries.text(entry, "session_id") or self._session
            self._cwd = entries.text(entry, "cwd", 4096) or self._cwd
            self._begin()
        elif kind == "api_retry":
            self._parked_until = until_by_retry(entry, self._wall_ms())
            self._activity = sanitise_line(f"tries again: {entries.text(entry, 'error') or 'no answer'}", ACTIVITY)
        elif kind == "task_started" and name and _is_agent(entry):
            self._agents[name] = None
            _end(self._agents, _MOST_AGENTS)
        elif kind == "background_tasks_changed":
            self._agents = {entries.text(one, "task_id"): None for one in _list(entry, "tasks") if _is_agent(one)}
        elif kind == "task_notification":
            self._agents.pop(name, None)
            if entry.get("status") in _RETURNED:
                # Its return begins another turn.
                self._ended = False

    def _take_answer(self, entry: Mapping[str, Any]) -> None:
        message, main = entries.part(entry, "message"), not entry.get("parent_tool_use_id")
        self._spending.answer(message, main=main)
        if main and not str(message.get("model")).startswith("<"):
            self._begin()
            self._parked_until = 0
            self._answered.update(self._given)
            self._given.clear()
            _end(self._answered, MOST_ANSWERED)
        self._calls.made(entry)
        for block in entries.blocks(message):
            self._show(block)

    def _take_user(self, entry: Mapping[str, Any]) -> None:
        message, main = entries.part(entry, "message"), not entry.get("parent_tool_use_id")
        replayed = main and entry.get("isReplay") is True
        if replayed:
            self._heard += 1
            self._begin()
        self._calls.came_back(entry)
        for block in entries.blocks(message):
            if block.get("type") == "tool_result":
                name = self._asks.came_back(block.get("tool_use_id"))
                if name:
                    self._answered[name] = None
                    _end(self._answered, MOST_ANSWERED)
                # What a tool of ours has brought.
                self._give(_result_of(block))
            elif replayed:
                self._give(entries.text(block, "text", _TEXT))

    def _give(self, text: str) -> None:
        """It was given this text; with its next answer it has gone on with it."""
        self._given.update(dict.fromkeys(identifiers(text.encode("utf-8", "replace"))))
        _end(self._given, MOST_ANSWERED)

    def _take_result(self, entry: Mapping[str, Any]) -> None:
        self._spending.result(entry)
        self._session = entries.text(entry, "session_id") or self._session
        self._ended, self._failed = True, entry.get("is_error") is True
        self._bound = _BOUNDS.get(entries.text(entry, "subtype"), "")
        queued = entry.get("queued_turn_count")
        if type(queued) is int and queued > 0:
            self._ended = False
        text = _result_text(entry)
        if not self._failed:
            self._verdict = last_verdict(text, self._words, self._track) or self._verdict
        self._summary = self._last_words(text)
        limited = until_by_error(entry, text, self._told_until, self._wall_ms()) if self._failed else 0
        self._parked_until = self._limited_until = limited
        for one in _list(entry, "permission_denials"):
            tool, given = one.get("tool_name"), one.get("tool_input")
            self._deny(one.get("tool_use_id"), tool, given)

    def _take_limit(self, entry: Mapping[str, Any]) -> None:
        until = until_by_event(entry.get("rate_limit_info"), self._wall_ms())
        if until is not None:
            self._told_until = self._parked_until = until

    def _take_request(self, entry: Mapping[str, Any]) -> None:
        ask = self._asks.asked(entry, self._session, self._cwd)
        if ask is not None:
            words = tool_words(str(ask["tool_name"]), ask["tool_input"], self._cwd)
            self._activity = sanitise_line(f"asks: {words}", ACTIVITY)

    def _take_response(self, entry: Mapping[str, Any]) -> None:
        refused = self._asks.replied(entry)
        if refused is not None:
            self._deny(refused.get("tool_use_id"), refused.get("tool_name"), refused.get("tool_input"))

    def _take_cancel(self, entry: Mapping[str, Any]) -> None:
        self._asks.cancelled(entry.get("request_id"))

    # --- what is made of it --------------------------------------------------------------------------------

    def _begin(self) -> None:
        """A turn goes on."""
        self._ended = False
        self._limited_until = 0

    def _show(self, block: Mapping[str, Any]) -> None:
        if block.get("type") == "tool_use":
            given = block.get("input")
            words = tool_words(str(block.get("name")), given if isinstance(given, dict) else {}, self._cwd)
        else:
            words = entries.text(block, "text") if block.get("type") == "text" else ""
        self._activity = sanitise_line(words, ACTIVITY) or self._activity

    def _last_words(self, text: str) -> str:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        said = (said_beside(line, self._words) or line for line in reversed(lines))
        return next((words for words in said if not verdict_of(words, self._words)), lines[-1] if lines else "")

    def _deny(self, use: Any, tool: Any, given: Any) -> None:
        if not isinstance(use, str) or not isinstance(tool, str) or use in self._denials:
            return
        if len(self._denials) < MOST_DENIALS:
            self._denials[use[:128]] = tool_words(tool, given if isinstance(given, dict) else {}, self._cwd)


def _is_agent(task: Mapping[str, Any]) -> bool:
    """Whether a task is a sub-agent: commands in the background say nothing more to anybody."""
    return task.get("task_type") == "local_agent"


def _result_of(block: Mapping[str, Any]) -> str:
    """What a tool gave back."""
    content = block.get("content")
    if isinstance(content, str):
        return content[-_TEXT:]
    texts = [one["text"] for one in entries.blocks(block) if isinstance(one.get("text"), str)]
    return "\n".join(texts)[-_TEXT:]


def _result_text(entry: Mapping[str, Any]) -> str:
    """The last words of a turn: of an error what went wrong, as far as it says."""
    said = entry.get("result")
    if isinstance(said, str) and said.strip():
        return said[-_TEXT:]
    errors = entry.get("errors")
    listed = [one for one in errors if isinstance(one, str)] if isinstance(errors, list) else []
    # A line that is meant for the makers of the program says nothing to a person.
    told = [one for one in listed if not one.startswith("[ede_diagnostic]")]
    return "\n".join(told)[-_TEXT:] or entries.text(entry, "subtype").replace("_", " ")


def _list(entry: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = entry.get(key)
    return [one for one in value[:MOST_DENIALS] if isinstance(one, dict)] if isinstance(value, list) else []


def _end(table: dict[str, None], most: int) -> None:
    while len(table) > most:
        del table[next(iter(table))]
