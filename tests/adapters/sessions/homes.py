"""Directories of Claude Code for tests: captured ones, and ones that are written line by line."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.discovery import Discovery
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.adapters.sessions.agents import ClaudeAgents
from orchestrator_tui.core.agents import address
from orchestrator_tui.core.facts import AgentFact
from orchestrator_tui.runtime.world import AgentsSight

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "claude"
CAPTURED_AT = "/home/dev/proj"
NONE: frozenset[str] = frozenset()


def answer(number: int, *calls: tuple[str, str, dict[str, Any]], stop: str = "", **more: Any) -> dict[str, Any]:
    """One line of an answer: ``calls`` are id, tool and input."""
    blocks = [{"type": "tool_use", "id": name, "name": tool, "input": given} for name, tool, given in calls]
    message = {
        "id": f"msg_{number}",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": blocks or [{"type": "text", "text": "done"}],
        "stop_reason": stop or ("tool_use" if calls else "end_turn"),
        "usage": {"input_tokens": 1_000, "output_tokens": 100},
    }
    return {"type": "assistant", "message": message, "timestamp": stamp(number), **more}


def result(number: int, call: str, text: str = "ok", *, failed: bool = False, **more: Any) -> dict[str, Any]:
    """The line with a call's result."""
    block = {"type": "tool_result", "tool_use_id": call, "content": text, "is_error": failed}
    return {"type": "user", "message": {"role": "user", "content": [block]}, "timestamp": stamp(number), **more}


def prompt(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A line with a person's words."""
    return {"type": "user", "message": {"role": "user", "content": text}, "timestamp": stamp(number), **more}


def stamp(number: int) -> str:
    """A time, ``number`` seconds after a fixed one."""
    return f"2026-11-20T10:{number // 60:02}:{number % 60:02}.000Z"


def line(entry: dict[str, Any]) -> bytes:
    """An entry as Claude Code writes it."""
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


class Home:
    """One directory of Claude Code and one repository; processes live by their number."""

    def __init__(self, root: Path) -> None:
        self.config, self.repository = root / "claude", root / "repo"
        for path in (self.config / "projects", self.config / "sessions", self.repository):
            path.mkdir(parents=True)
        self.clock = ManualClock(wall_ms=1_795_171_300_000)
        self.trees = [self.repository]
        self.running: set[int] = set()
        self.connected: set[str] = set()
        self.panes: dict[int, str] = {}
        self.asked_again: list[int] = []
        self.environ = {"CLAUDE_CONFIG_DIR": str(self.config)}

    def captured(self, name: str) -> None:
        """Put a captured directory here, with its sessions in our repository."""
        slug, old = claude_home.project_slug(self.repository), claude_home.project_slug(Path(CAPTURED_AT))
        for path in sorted((FIXTURES / "homes" / name).rglob("*")):
            if path.is_file():
                target = self.config / str(path.relative_to(FIXTURES / "homes" / name)).replace(old, slug)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(path.read_text().replace(CAPTURED_AT, str(self.repository)))

    def transcript(self, session: str, cwd: Path | None = None) -> Path:
        """Where a session's transcript stands."""
        return self.config / "projects" / claude_home.project_slug(cwd or self.repository) / f"{session}.jsonl"

    def subagent(self, session: str, agent: str) -> Path:
        """Where a sub-agent's transcript stands."""
        return self.transcript(session).with_suffix("") / "subagents" / f"agent-{agent}.jsonl"

    def write(self, path: Path, *entries: dict[str, Any]) -> Path:
        """Append entries to a transcript, at the clock's time."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"".join(map(line, entries)))
        at = self.clock.now().wall_ms * 1_000_000
        os.utime(path, ns=(at, at))
        return path

    def meta(self, session: str, agent: str, **fields: Any) -> None:
        """Write what Claude Code says of a sub-agent."""
        path = self.subagent(session, agent).with_suffix(".meta.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"agentType": "general-purpose", "spawnDepth": 1, **fields}))

    def register(self, pid: int, session: str, status: str = "busy", cwd: Path | None = None, **fields: Any) -> None:
        """Put a process into the registry, and let it run."""
        entry = {
            "pid": pid,
            "procStart": "77",
            "sessionId": session,
            "cwd": str(cwd or self.repository),
            "version": "2.1.328",
            "kind": "interactive",
            "entrypoint": "cli",
            "status": status,
            "statusUpdatedAt": self.clock.now().wall_ms,
            **fields,
        }
        (self.config / "sessions" / f"{pid}.json").write_text(json.dumps(entry))
        self.running.add(pid)

    def discovery(self) -> Discovery:
        """Which sessions there are."""
        return Discovery(self.environ, lambda: tuple(self.trees), (), self.clock, lambda one: one.pid in self.running)

    def agents(self) -> ClaudeAgents:
        """The agents of the repository."""
        return ClaudeAgents(
            self.discovery(),
            self.clock,
            lambda directory, _: directory in self.connected,
            lambda process: self.panes.get(process.pid, ""),
            self.asked_again.append,
            lambda one: one.pid in self.running,
        )


def facts(sights: tuple[AgentsSight, ...]) -> dict[str, AgentFact]:
    """The facts of a look by address."""
    return {address(one.agent.session, one.agent.id): one for sight in sights for one in sight.seen.facts}


def copy_transcript(name: str, target: Path) -> Path:
    """Put a captured transcript somewhere."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(FIXTURES / "transcripts" / name, target)
    return target
