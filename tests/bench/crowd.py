"""Many Claude Code sessions with many sub-agents, made of files of real runs; none of them runs anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.process import identity

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "claude" / "transcripts"
BULK = 90_000
"""Bytes of a line that says nothing to us, as the shape of every request that Claude Code notes down."""


class Crowd:
    """Sessions in one repository, each with a process that lives, and some of their agents at work.

    Args:
        config: Claude Code's directory.
        repository: where the sessions work.
        sessions, subagents: how many of them; ``subagents`` is the number of each session.
    """

    def __init__(self, config: Path, repository: Path, sessions: int, subagents: int) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self.transcripts: list[Path] = []
        folder = config / "projects" / claude_home.project_slug(repository)
        (config / "sessions").mkdir(parents=True, exist_ok=True)
        main, sub = (FIXTURES / "main-headless.jsonl").read_text(), sorted((FIXTURES / "subagents").glob("*.jsonl"))
        texts = [(path.read_text(), path.with_suffix(".meta.json").read_text()) for path in sub]
        for _ in range(sessions):
            name = str(uuid.uuid4())
            self._register(config, name, repository)
            self._write(folder / f"{name}.jsonl", main, repository)
            for number in range(subagents):
                agent = f"a{uuid.uuid4().hex[:16]}"
                text, meta = texts[number % len(texts)]
                path = folder / name / "subagents" / f"agent-{agent}.jsonl"
                self._write(path, text, repository)
                fields = {**json.loads(meta), "finished": number % 2 == 1}
                path.with_suffix(".meta.json").write_text(json.dumps(fields))

    def say(self, path: Path, number: int) -> None:
        """One agent makes a call and gets its result: two lines."""
        call = f"toolu_{number:012}"
        message = {
            "id": f"msg_{number:012}",
            "role": "assistant",
            "model": "claude-opus-5-5",
            "content": [{"type": "tool_use", "id": call, "name": "Edit", "input": {"file_path": f"part{number}.py"}}],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 120, "output_tokens": 42, "cache_read_input_tokens": 12_000},
        }
        result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": "y" * 2_000}]}
        lines = [{"message": message, "type": "assistant"}, {"type": "user", "message": result}]
        with path.open("ab") as file:
            file.write("".join(_line({"parentUuid": None, "isSidechain": True, **line}) for line in lines).encode())

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _register(self, config: Path, session: str, repository: Path) -> None:
        process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], stdin=subprocess.DEVNULL)
        self._processes.append(process)
        own = identity(process.pid)
        entry = {
            "pid": process.pid,
            "procStart": "" if own is None else own.start,
            "sessionId": session,
            "cwd": str(repository),
            "version": "2.1.328",
            "kind": "interactive",
            "entrypoint": "sdk-cli",
            "status": "busy",
            "statusUpdatedAt": 1_795_171_246_162,
        }
        (config / "sessions" / f"{process.pid}.json").write_text(json.dumps(entry))

    def _write(self, path: Path, text: str, repository: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        bulk = _line({"type": "api-request-shape", "shape": "x" * BULK})
        path.write_text(bulk + text.replace("/home/dev/subagents/proj", str(repository)))
        self.transcripts.append(path)


def large_transcript(path: Path, megabytes: int) -> None:
    """A transcript of this size: bulk, answers and results in the shares that real ones have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unit = (FIXTURES / "main-headless.jsonl").read_bytes()
    filler = _line({"type": "api-request-shape", "shape": "x" * BULK}).encode()
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_x", "content": "z" * 60_000}]}
    unit += filler + _line({"parentUuid": None, "type": "user", "message": result}).encode()
    with path.open("wb") as file:
        while file.tell() < megabytes << 20:
            file.write(unit)


def _line(entry: dict[str, Any]) -> str:
    return json.dumps(entry, separators=(",", ":")) + os.linesep
