"""Agents of one Claude Code session at their hooks: real calls as captured, a real journal, time that stands still.

Calls run in this process by :meth:`Scene.answer`, or as a process of their own by :meth:`Scene.process`, as Claude Code
runs them. The person decides by :meth:`Scene.decide`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.hook import events
from orchestrator_tui.hook.visit import Visit
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.mail import mail_file
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.presence import PresenceLock
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.ports import Clock
from orchestrator_tui.runtime.watched import watched_batch

ROOT = Path(__file__).resolve().parents[2]
CALLS = ROOT / "tests" / "fixtures" / "claude" / "hooks"
SESSION = "0a1b2c3d-0000-4000-8000-000000000001"
CHILD = "a61756a8fceb9b439"
GATE = "task-1-stage-3"
QUESTION: dict[str, Any] = {
    "stage": 3,
    "stageStatus": "gate_blocked",
    "needsDecision": True,
    "decisionContext": "Which cache?",
    "decisionOptions": ["ship", "fix"],
}


class Scene:
    """One repository that is watched, and one session in it; close it at the end."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.home, self.project = root / "orch", root / "shop"
        (self.project / ".git").mkdir(parents=True)
        config = root / "config"
        self.tasks = config / "tasks" / SESSION
        self.tasks.mkdir(parents=True)
        self.transcripts = config / "projects" / "shop"
        (self.transcripts / SESSION / "subagents").mkdir(parents=True)
        self.directory = journal_directory(self.home, self.project)
        self.directory.parent.mkdir(parents=True)
        self.journal = SqliteJournal(self.directory)
        self.clock = clock or ManualClock()
        self.batch = list_batch_id(os.path.realpath(self.tasks))
        self.environ = {
            "HOME": str(root),
            "PATH": os.environ["PATH"],
            "ORCH_HOME": str(self.home),
            "CLAUDE_CONFIG_DIR": str(config),
            "CLAUDE_PROJECT_DIR": str(self.project),
            "CLAUDE_CODE_SESSION_ID": SESSION,
            "CLAUDE_CODE_ENTRYPOINT": "sdk-cli",
        }
        self._presence: PresenceLock | None = None
        self._decisions = self._calls = 0

    def close(self) -> None:
        self.leave()
        self.journal.close()

    def attend(self) -> None:
        """Somebody comes who can answer."""
        self._presence = PresenceLock(self.directory, "cockpit", "", 0)

    def leave(self) -> None:
        """Nobody is there any more."""
        if self._presence is not None:
            self._presence.close()
            self._presence = None

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass, where it stands still."""
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(milliseconds)

    # --- Claude Code ---------------------------------------------------------------------------------------------

    def call(self, name: str, agent: str = "", **changes: Any) -> dict[str, Any]:
        """A captured call as this session's, or its sub-agent's, would be; None takes a key away."""
        call: dict[str, Any] = json.loads((CALLS / f"{name}.json").read_text("utf-8"))
        call.update(session_id=SESSION, cwd=str(self.project), transcript_path=str(self.transcript()))
        for key in ("agent_id", "agent_type"):
            call.pop(key, None)
        if agent:
            call.update(agent_id=agent, agent_type="general-purpose")
        if "tool_use_id" in call:
            self._calls += 1
            call["tool_use_id"] = f"toolu_{self._calls}"
        if "agent_transcript_path" in call:
            call["agent_transcript_path"] = str(self.transcript(agent))
        call.update(changes)
        return {key: value for key, value in call.items() if value is not None}

    def answer(self, call: Mapping[str, Any], **environ: str) -> dict[str, Any] | None:
        """Carry the call out in this process; what was printed."""
        printed: list[str] = []
        self.look(call, printed.append, **environ)
        assert len(printed) <= 1, printed
        return json.loads(printed[0]) if printed else None

    def look(self, call: Mapping[str, Any], write: Callable[[str], None], **environ: str) -> None:
        """The same, printing through ``write``."""
        with Visit(call, {**self.environ, **environ}, write, self.clock) as visit:
            events.HANDLERS[visit.event](visit)

    def told(self, call: Mapping[str, Any], **environ: str) -> str:
        """What the call gave to its agent, or ""."""
        output = self.answer(call, **environ)
        if output is None:
            return ""
        if output.get("decision") == "block":
            return str(output["reason"])
        said = output["hookSpecificOutput"]
        assert said["hookEventName"] == call["hook_event_name"]
        return str(said.get("additionalContext") or said["permissionDecisionReason"])

    def process(self, call: Mapping[str, Any], **environ: str) -> subprocess.Popen[bytes]:
        """Start the hook as a process of its own, with the call on its stdin."""
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "orchestrator_tui.hook", "--home", str(self.home), call["hook_event_name"]],
            env={**self.environ, "PYTHONPATH": str(ROOT), **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(call).encode())
        process.stdin.close()
        process.stdin = None
        return process

    # --- the agent -----------------------------------------------------------------------------------------------

    def write(
        self, task: str = "1", *, subject: str = "Build the cache", status: str = "pending", **metadata: Any
    ) -> None:
        """Write a whole task file."""
        content = {"id": task, "subject": subject, "description": "", "status": status, "blocks": [], "blockedBy": []}
        (self.tasks / f"{task}.json").write_text(json.dumps({**content, "metadata": metadata}, indent=2))

    def updates(self, task: str = "1", agent: str = "", *, status: str = "", **metadata: Any) -> dict[str, Any]:
        """Claude Code carries a TaskUpdate out: the file is written, and this is the call that its hook gets."""
        path = self.tasks / f"{task}.json"
        content = json.loads(path.read_text("utf-8"))
        merged = {**content["metadata"], **metadata}
        content["metadata"] = {key: value for key, value in merged.items() if value is not None}
        content["status"] = status or content["status"]
        path.write_text(json.dumps(content, indent=2))
        return self.call("PostToolUse.TaskUpdate", agent, **_update(task, status, metadata))

    def would_update(self, task: str = "1", agent: str = "", *, status: str = "", **metadata: Any) -> dict[str, Any]:
        """The call that the hook before a TaskUpdate gets."""
        return self.call("PreToolUse.TaskUpdate", agent, tool_input=_update(task, status, metadata)["tool_input"])

    def asks(self, task: str = "1", agent: str = "", **metadata: Any) -> Gate:
        """The agent asks in its task, and its hook sees it; the gate."""
        if not (self.tasks / f"{task}.json").exists():
            self.write(task)
        assert self.answer(self.updates(task, agent, **{**QUESTION, **metadata})) is None
        return self.gate(f"task-{task}-stage-{metadata.get('stage', 3)}")

    def transcript(self, agent: str = "") -> Path:
        """Where what an agent says and is given stands."""
        own = self.transcripts / SESSION / "subagents" / f"agent-{agent}.jsonl"
        return own if agent else self.transcripts / f"{SESSION}.jsonl"

    def says(self, *entries: Mapping[str, Any], agent: str = "") -> None:
        """An agent's transcript grows."""
        with self.transcript(agent).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)

    # --- the person and the journal ------------------------------------------------------------------------------

    def gate(self, gate_id: str = GATE) -> Gate:
        found = self.journal.gate(self.batch, gate_id)
        assert found is not None
        return found

    def change(self, kind: str, gate_id: str = GATE, /, **payload: Any) -> None:
        """Record a gate event as another process would."""
        draft = Draft(kind, {"gate": gate_id, "revision": self.gate(gate_id).revision, **payload})
        outcome = self.journal.change_gate(self.batch, draft, self.clock.now(), "cockpit")
        assert not isinstance(outcome, Refused), outcome.why

    def decide(self, option: str = "ship", gate_id: str = GATE, *, reason: str = "", undo_ms: int = 0) -> str:
        """Answer a gate as a cockpit does; the decision's id."""
        self._decisions += 1
        identifier = f"d-{self._decisions:04}"
        payload = {"digest": self.gate(gate_id).digest, "decision": identifier, "options": [option], "label": option}
        self.change("gate_decided", gate_id, **payload, by="ann", origin="key", reason=reason, undo_ms=undo_ms)
        return identifier

    def hold_batch(self) -> Callable[[Draft], None]:
        """Be the batch's holder; what appends events."""
        self.open_batch()
        lease = self.journal.take_lease(self.batch, "cockpit", self.clock.now())
        assert not isinstance(lease, str), lease

        def record(draft: Draft) -> None:
            self.journal.append(lease, [draft], self.clock.now(), "cockpit")

        return record

    def open_batch(self) -> None:
        opened = watched_batch(os.path.realpath(self.tasks), str(self.project))
        self.journal.open_batch(self.batch, opened, self.clock.now(), "cockpit")

    def events(self) -> list[Event]:
        return list(self.journal.events(self.batch))

    def kinds(self) -> list[str]:
        """The kinds of all events but the batch's opening and the requests, which :meth:`requests` tells."""
        return [event.kind for event in self.events() if event.kind not in ("batch_opened", "request_made")]

    def requests(self, kind: str) -> list[dict[str, Any]]:
        return [one.payload for one in self.journal.requests(self.batch) if one.kind == kind]

    def has_mail(self) -> bool:
        path = mail_file(self.home, SESSION)
        assert path is not None
        return path.exists()


def _update(task: str, status: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    tool_input: dict[str, Any] = {"taskId": task}
    if metadata:
        tool_input["metadata"] = dict(metadata)
    if status:
        tool_input["status"] = status
    return {"tool_input": tool_input, "tool_response": {"success": True, "taskId": task, "updatedFields": []}}


def used(call: Mapping[str, Any]) -> dict[str, Any]:
    """The line by which a transcript shows that the model used the tool of this call."""
    block = {"type": "tool_use", "id": call["tool_use_id"], "name": call["tool_name"], "input": call["tool_input"]}
    return {"type": "assistant", "message": {"role": "assistant", "content": [block]}}


def returned(call: Mapping[str, Any]) -> dict[str, Any]:
    """The line by which a transcript shows the result of this call."""
    block = {"type": "tool_result", "tool_use_id": call["tool_use_id"], "content": "done"}
    return {"type": "user", "message": {"role": "user", "content": [block]}}
