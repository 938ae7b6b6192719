"""Permission prompts and questions as gates: held while somebody is there, answered in Claude Code's own terms.

A PermissionRequest hook leaves the dialog usable, so that the terminal and we race and the first answer wins
(DESIGN §4.2, holding rules). When the tool has run, its PostToolUse hook is the evidence that our answer was taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.process import claimant_gone, own_claim
from orchestrator_tui.core.canonical import canonical_json, sha256_hex
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Gate, GateState, Question
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.core.normalise import asked_question, permission_question
from orchestrator_tui.hook.claude import Caller
from orchestrator_tui.journal.home import journal_directory, repository_root, state_home
from orchestrator_tui.journal.port import JournalMissing
from orchestrator_tui.journal.presence import present
from orchestrator_tui.journal.sqlite import HOOK_LOCK_TIMEOUT_S, SqliteJournal
from orchestrator_tui.runtime.doors import Door, Over, Pending, Reader
from orchestrator_tui.runtime.rules import load_rules
from orchestrator_tui.runtime.watched import watched_batch

ASK_TOOL = "AskUserQuestion"
LOOK_S = 1.0
GRACE_MS = 600_000
"""How long a held hook outlives the last cockpit (DESIGN §4.2)."""


def answer(call: Mapping[str, Any], environ: Mapping[str, str], write: Callable[[str], None]) -> None:
    """Hold a call that asks and ``write`` its decision, or acknowledge one that ran; else do nothing."""
    event, tool = call["hook_event_name"], call.get("tool_name")
    if event not in ("PermissionRequest", "PostToolUse") or not isinstance(tool, str):
        return
    caller = Caller(call, environ)
    repository = repository_root(caller.directory)
    directory = journal_directory(state_home(environ), repository)
    if not directory.is_dir() or (event == "PermissionRequest" and not present(directory)):
        return
    try:
        journal = SqliteJournal(directory, lock_timeout_s=HOOK_LOCK_TIMEOUT_S, create=False)
    except JournalMissing:
        return
    try:
        hold = _Hold(journal, directory, caller, call)
        if event == "PermissionRequest":
            hold.ask(str(repository), write)
        else:
            hold.acknowledge()
    finally:
        journal.close()


class _Hold:
    """One call of one tool as a gate."""

    def __init__(self, journal: SqliteJournal, directory: Path, caller: Caller, call: Mapping[str, Any]) -> None:
        self._journal, self._directory, self._caller = journal, directory, caller
        self._clock = SystemClock()
        self._tool: str = call["tool_name"]
        self._input: dict[str, Any] = dict(call["tool_input"])
        self._batch = list_batch_id(caller.list_directory)
        # A PermissionRequest has no tool_use_id: prompt, tool and input join it with its PostToolUse.
        asked = {key: value for key, value in self._input.items() if key != "answers"}
        self._gate = "call-" + sha256_hex(canonical_json([call.get("prompt_id"), self._tool, asked]))[:12]
        reader = Reader("hook", own_claim(), "hook")
        self._door = Door(journal, self._batch, reader, self._clock, claimant_gone)

    def ask(self, repository: str, write: Callable[[str], None]) -> None:
        """Hold the call until it is decided, and write the decision in Claude Code's terms."""
        asks = self._tool == ASK_TOOL
        question = asked_question(self._input) if asks else permission_question(self._tool, self._input)
        if question is None:
            return
        opened = watched_batch(self._caller.list_directory, repository)
        self._journal.open_batch(self._batch, opened, self._clock.now(), "hook")
        source = f"session:{self._caller.session}"
        gate = self._door.ask(self._gate, question, load_rules(), track=self._caller.track, source=source, anew=True)
        decided = self._wait(gate)
        if decided is None:
            return
        text = json.dumps(_output(question, decided, self._input))
        self._door.hand_over(decided, lambda: write(text), lambda: "", evidence="printed to Claude Code")

    def acknowledge(self) -> None:
        """The tool has run: our answer, if one was delivered, was taken."""
        gate = self._journal.gate(self._batch, self._gate)
        if gate is None:
            return
        if gate.state is GateState.DELIVERED:
            self._door.acknowledge(gate, f"Claude Code went on with {self._tool}")
        elif gate.state is GateState.OPEN:
            self._end(gate, "gate_answered_elsewhere", f"answered at the terminal: {self._tool} ran")

    def _wait(self, gate: Gate) -> Gate | None:
        """The gate with its claimed decision, or None when nobody will answer it through us."""
        alone_since = None
        while True:
            found = self._door.take(gate.id, gate.revision, LOOK_S)
            if isinstance(found, Over):
                return None
            if not isinstance(found, Pending):
                return found.gate
            if self._caller.gone():
                self._end(found.gate, "gate_withdrawn", "its Claude Code has ended")
                return None
            now = self._clock.now()
            if present(self._directory):
                alone_since = None
            elif alone_since is None:
                alone_since = now
            elif elapsed_ms(alone_since, now) >= GRACE_MS:
                self._end(found.gate, "gate_withdrawn", "nobody was there to answer for 10 min")
                return None

    def _end(self, gate: Gate, kind: str, why: str) -> None:
        draft = Draft(kind, {"gate": gate.id, "revision": gate.revision, "why": why})
        self._journal.change_gate(self._batch, draft, self._clock.now(), "hook")


def _output(question: Question, gate: Gate, tool_input: Mapping[str, Any]) -> dict[str, Any]:
    decision = _behaviour(question, gate, tool_input)
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}}


def _behaviour(question: Question, gate: Gate, tool_input: Mapping[str, Any]) -> dict[str, Any]:
    decision = gate.decision
    assert decision is not None
    if question.kind == "permission":
        if decision.options == ("allow",):
            return {"behavior": "allow"}
        return {"behavior": "deny", "message": decision.reason or decision.text or "denied in orch-tui"}
    labels = [option.label for option in question.options if option.key in decision.options]
    chosen = ", ".join(labels) or decision.text
    return {"behavior": "allow", "updatedInput": {**tool_input, "answers": {question.question: chosen}}}
