"""A repository with a journal, somebody who is there to answer, and the real hook run as Claude Code runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.mail import mail_file
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.presence import PresenceLock
from orchestrator_tui.journal.sqlite import SqliteJournal

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 30.0
SESSION = "0a1b2c3d-0000-4000-8000-000000000001"


def eventually(found: Callable[[], Any], what: str) -> Any:
    """What ``found`` returns as soon as it is true, for a bounded time."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.01)
    return value


class RunningHook:
    """One hook process, and what it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ended(self) -> dict[str, Any] | None:
        """Wait for its end: the decision that it printed, or None when it passed through."""
        out, errors = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, errors
        assert not errors, errors
        if not out:
            return None
        said = json.loads(out)["hookSpecificOutput"]
        assert said.pop("hookEventName") == "PermissionRequest"
        decision = said["decision"]
        assert isinstance(decision, dict)
        return decision

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.signal(signal.SIGKILL)
        self.process.communicate()


class CallScene:
    """One session of Claude Code in one repository; closing it ends every hook."""

    def __init__(self, root: Path, *, attended: bool = True) -> None:
        self.home, self.project, self.transcript = root / "orch", root / "shop", root / "session.jsonl"
        for name in ("objects", "refs"):
            (self.project / ".git" / name).mkdir(parents=True)
        (self.project / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        self.transcript.touch()
        self.directory = journal_directory(self.home, self.project)
        self.directory.parent.mkdir(parents=True)
        self.journal = SqliteJournal(self.directory)
        self.clock = SystemClock()
        tasks = os.path.realpath(root / "config" / "tasks" / SESSION)
        self.batch = list_batch_id(tasks)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(root),
            "ORCH_HOME": str(self.home),
            "CLAUDE_CONFIG_DIR": str(root / "config"),
            "CLAUDE_PROJECT_DIR": str(self.project),
            "PYTHONPATH": str(ROOT),
        }
        self.presence: PresenceLock | None = None
        if attended:
            self.attend()
        self._hooks: list[RunningHook] = []

    def attend(self) -> None:
        """Somebody comes who can answer."""
        self.presence = PresenceLock(self.directory, "cockpit", "", self.clock.now().wall_ms)

    def leave(self) -> None:
        """Nobody is there any more."""
        if self.presence is not None:
            self.presence.close()
            self.presence = None

    def close(self) -> None:
        for hook in self._hooks:
            hook.kill()
        self.leave()
        self.journal.close()

    # --- Claude Code -----------------------------------------------------------------------------------------

    def call(self, tool: str, tool_input: Mapping[str, Any], event: str = "PermissionRequest", **more: Any) -> str:
        """What Claude Code tells a hook."""
        said = {
            "session_id": SESSION,
            "transcript_path": str(self.transcript),
            "cwd": str(self.project),
            "hook_event_name": event,
            **({"tool_name": tool, "tool_input": tool_input} if tool else {}),
            **more,
        }
        return json.dumps(said)

    def hook(
        self,
        tool: str,
        tool_input: Mapping[str, Any],
        event: str = "PermissionRequest",
        environ: Mapping[str, str] | None = None,
        **more: Any,
    ) -> RunningHook:
        """Start the hook for one call."""
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "orchestrator_tui.hook", event],
            env={**self.environ, **(environ or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(self.call(tool, tool_input, event, **more))
        process.stdin.close()
        process.stdin = None
        self._hooks.append(RunningHook(process))
        return self._hooks[-1]

    def says(self, *lines: Mapping[str, Any]) -> None:
        """The session's transcript grows."""
        with self.transcript.open("a") as file:
            file.writelines(json.dumps({"cwd": str(self.project), **line}) + "\n" for line in lines)

    def uses(self, tool: str, tool_input: Mapping[str, Any], identifier: str = "toolu_1") -> None:
        """The model calls a tool."""
        block = {"type": "tool_use", "id": identifier, "name": tool, "input": tool_input}
        self.says({"type": "assistant", "message": {"role": "assistant", "content": [block]}})

    def returns(self, identifier: str = "toolu_1") -> None:
        """The tool's result goes back to the model."""
        block = {"type": "tool_result", "tool_use_id": identifier, "content": "done"}
        self.says({"type": "user", "message": {"role": "user", "content": [block]}})

    def has_mail(self) -> bool:
        """Whether the session's next tool call looks what waits for it."""
        path = mail_file(self.home, SESSION)
        assert path is not None
        return path.exists()

    # --- the person ------------------------------------------------------------------------------------------

    def gates(self) -> list[Gate]:
        """The gates of the session that are not over, oldest first."""
        try:
            return sorted(self.journal.gates(self.batch), key=lambda one: one.id)
        except KeyError:
            return []

    def gate(self, gate_id: str) -> Gate:
        found = self.journal.gate(self.batch, gate_id)
        assert found is not None
        return found

    def asked(self, count: int = 1) -> list[Gate]:
        """Wait until so many questions are open and waited for."""

        def open_gates() -> list[Gate] | None:
            found = [one for one in self.gates() if one.state is GateState.OPEN and self._is_waited_for(one)]
            return found if len(found) == count else None

        found: list[Gate] = eventually(open_gates, f"{count} open gates")
        return found

    def _is_waited_for(self, gate: Gate) -> bool:
        return bool(self.journal.waiters.live(self.batch, gate.id))

    def decide(self, gate: Gate, *options: str, text: str = "", reason: str = "", undo_ms: int = 0) -> None:
        """Answer a gate as a cockpit does."""
        draft = Draft(
            "gate_decided",
            {
                "gate": gate.id,
                "revision": gate.revision,
                "digest": gate.digest,
                "decision": f"d-{gate.id}-{gate.revision}",
                "options": list(options),
                "label": answer_text(options, text),
                "by": "ann",
                "origin": "key",
                "text": text,
                "reason": reason,
                "undo_ms": undo_ms,
            },
        )
        outcome = self.journal.change_gate(self.batch, draft, self.clock.now(), "cockpit")
        assert not isinstance(outcome, Refused), outcome.why

    def cancel(self, gate: Gate) -> None:
        """Take a gate off the queue."""
        draft = Draft("gate_cancelled", {"gate": gate.id, "revision": gate.revision, "why": "nobody", "by": "ann"})
        outcome = self.journal.change_gate(self.batch, draft, self.clock.now(), "cockpit")
        assert not isinstance(outcome, Refused), outcome.why

    def until(self, gate: Gate, state: GateState) -> Gate:
        """Wait until a gate is in this state."""

        def found() -> Gate | None:
            now = self.gate(gate.id)
            return now if now.state is state else None

        reached: Gate = eventually(found, f"{gate.id} {state}")
        return reached
