"""A hook that tests can watch and answer: what Claude Code told it, and what it prints."""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.claude_rig.script import JsonObject
from tests.claude_rig.waiting import wait_until

_COMMAND = Path(__file__).with_name("hook_command.py")


@dataclass(frozen=True, slots=True)
class HookCall:
    """One run of the hook command. Times are seconds since the epoch."""

    stdin: JsonObject
    at: float
    answered_at: float | None
    """When it printed an armed output; None while it waits, or when it passed through."""


class HookProbe:
    """The directory through which a test and its hook commands meet."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True)

    @property
    def command(self) -> str:
        """The shell command to register as a hook."""
        return shlex.join([sys.executable, "-I", str(_COMMAND), str(self.directory)])

    def answer(self, event: str, output: JsonObject, tool: str | None = None) -> None:
        """Print `output` for every such event from now on, those being held included."""
        path = self.directory / f"{_name(event, tool)}.json"
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(output), encoding="utf-8")
        os.replace(temporary, path)

    def hold(self, event: str, tool: str | None = None) -> None:
        """Keep every such event waiting until `answer` arms its output."""
        (self.directory / f"{_name(event, tool)}.hold").touch()

    def calls(self, event: str | None = None, tool: str | None = None) -> list[HookCall]:
        """The runs so far, in order, of one event and tool when they are named."""
        try:
            lines = (self.directory / "calls.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        records = [json.loads(line) for line in lines]
        answered = {record["call"]: record["answered_at"] for record in records if "answered_at" in record}
        return [
            HookCall(record["stdin"], record["at"], answered.get(record["call"]))
            for record in records
            if "stdin" in record
            and event in (None, record["stdin"]["hook_event_name"])
            and tool in (None, record["stdin"].get("tool_name"))
        ]

    def wait_for(self, event: str, tool: str | None = None) -> HookCall:
        """Wait for the first run for that event. Raises NotSeenError."""
        return wait_until(lambda: self.calls(event, tool), f"a {_name(event, tool)} hook call")[0]


def _name(event: str, tool: str | None) -> str:
    return f"{event}.{tool}" if tool else event
