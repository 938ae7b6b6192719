"""The ``scripted`` runner: agents that follow a script, as real processes, for demos and tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.runners.plain import PlainFollower
from orchestrator_tui.adapters.runners.starting import PROMPT, environment, write_private, write_scope
from orchestrator_tui.adapters.sessions.lines import LineSplitter
from orchestrator_tui.core.call_answers import Chosen
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.repetition import Repeated, Repetitions
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.runtime.run_world import AttemptEnd, AttemptNews, AttemptOrder, Follower, JobOrder

MODULE = "orchestrator_tui.demo.scripted_agent"
TELLS = b"scripted-agent tells: "
_ABSURD = 10**15
_MOST_DENIALS = 100


@frozen
class ScriptedRunner:
    """Plays ``<scripts>/<track>.yaml`` of the plan. ``source`` is the environment that the allow-list takes from."""

    source: Mapping[str, str]

    def order(self, attempt: AttemptOrder) -> JobOrder:
        """The script of the track, at the stage of the attempt. Raises OSError where there is none."""
        script = script_of(attempt)
        if not script.is_file():
            raise OSError(f"track {attempt.track} has no script: {script} is missing")
        write_private(attempt, PROMPT, attempt.prompt)
        write_scope(attempt)
        return JobOrder(
            # Safe paths: nothing that lies in the worktree is imported.
            (sys.executable, "-P", "-m", MODULE, str(script)),
            attempt.worktree,
            environment(attempt, self.source),
            keep_open=True,
            wall_ms=attempt.wall_ms,
        )

    def follower(self, attempt: AttemptOrder, words: frozenset[str]) -> Follower:
        """Reads plain text, and what a script tells of cost and tokens."""
        return ScriptedFollower(words, attempt.track)

    def message(self, text: str) -> bytes:
        """One line."""
        return f"{sanitise_line(text)}\n".encode()

    def session(self, attempt: AttemptOrder) -> str:
        """The one that it goes on with, where it does."""
        return attempt.resume

    def answers(self, ask: Mapping[str, Any], decided: Sequence[Chosen]) -> bytes:
        """Nothing: it asks by ``orch-agent``."""
        return b""

    def interrupt(self) -> bytes:
        """Nothing: only a signal interrupts it."""
        return b""


class ScriptedFollower:
    """A :class:`PlainFollower` that takes out the lines in which an agent tells of itself."""

    def __init__(self, words: frozenset[str], track: str = "") -> None:
        self._plain = PlainFollower(words, track)
        self._lines = LineSplitter()
        self._told = AttemptNews()
        self._calls, self._made = Repetitions(), 0

    def feed(self, data: bytes) -> AttemptNews | None:
        """The last line as activity, beside what was told so far."""
        lines = self._lines.feed(data)
        if not lines:
            return None
        for line in lines:
            if line.startswith(TELLS):
                said = _said(line.removeprefix(TELLS))
                self._told = replace(_telling(said, self._told), repeated=self._called(said.get("calls")))
        plain = self._plain.feed(b"".join(line + b"\n" for line in lines if not line.startswith(TELLS)))
        if plain is not None:
            self._told = replace(self._told, activity=plain.activity)
        return self._told

    def end(self, exit_code: int | None, reason: str, errors: bytes) -> AttemptEnd:
        """As a plain one's, with the cost and tokens that were told."""
        self.feed(b"\n")
        told = self._told
        return replace(
            self._plain.end(exit_code, reason, errors),
            cost_usd=told.cost_usd,
            tokens=told.tokens,
            turns=told.turns,
            session=told.session,
            model=told.model,
        )

    def _called(self, calls: Any) -> tuple[Repeated, ...]:
        """Take what it tells of its calls: each with its tool, its arguments, and its error where it had one."""
        for call in calls if isinstance(calls, list) else ():
            given = {str(name): one for name, one in call.items()} if isinstance(call, dict) else {}
            self._made += 1
            tool, error = given.pop("tool", None), given.pop("error", None)
            if isinstance(tool, str):
                self._calls.called(str(self._made), tool, given)
                self._calls.returned(str(self._made), error if isinstance(error, str) else "")
        return self._calls.found()


def script_of(attempt: AttemptOrder) -> Path:
    """The script of an attempt's track."""
    return Path(attempt.plan.agent.scripts) / f"{attempt.track}.yaml"


def _said(line: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _telling(said: Mapping[str, Any], before: AttemptNews) -> AttemptNews:
    changes: dict[str, Any] = {
        **{name: said[name] for name in ("tokens", "turns", "parked_until_ms") if _is_count(said.get(name))},
        **{name: sanitise_line(said[name], 120) for name in ("model", "session") if isinstance(said.get(name), str)},
    }
    cost, listed = said.get("cost_usd"), said.get("denials")
    if isinstance(cost, int | float) and 0 <= cost < _ABSURD:
        changes["cost_usd"] = float(cost)
    denied = [sanitise_line(one, 120) for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    return replace(before, **changes, denials=(*before.denials, *denied)[-_MOST_DENIALS:])


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _ABSURD
