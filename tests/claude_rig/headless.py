"""One `claude -p` process: its messages as they come, and its stdin when that stays open."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.claude_rig.cleanup import kill_group
from tests.claude_rig.script import JsonObject
from tests.claude_rig.waiting import DEFAULT_TIMEOUT, wait_until


class HeadlessSession:
    """Started in its own process group; stdout is read as stream-json, stderr goes to a file beside it."""

    def __init__(self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], log: Path) -> None:
        self._errors = log.with_suffix(".stderr")
        with self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdin
        assert self.process.stdout
        self._stdin: IO[str] = self.process.stdin
        self._messages: list[JsonObject] = []
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout, log), name="claude-stdout")
        self._reader.start()

    @property
    def messages(self) -> list[JsonObject]:
        """The stream-json messages so far."""
        return list(self._messages)

    @property
    def result(self) -> JsonObject:
        """The last `result` message. Raises AssertionError, with stderr, when there is none."""
        results = [message for message in self.messages if message.get("type") == "result"]
        assert results, f"no result message\n{self.describe()}"
        return results[-1]

    def send(self, message: JsonObject) -> None:
        """Write one stream-json message to stdin."""
        self._stdin.write(json.dumps(message) + "\n")
        self._stdin.flush()

    def send_user(self, text: str) -> None:
        """Write a user message to stdin."""
        content = [{"type": "text", "text": text}]
        message = {"role": "user", "content": content}
        self.send({"type": "user", "message": message, "parent_tool_use_id": None, "session_id": ""})

    def send_control(self, request_id: str, request: JsonObject) -> None:
        """Ask something of the CLI over the control protocol, such as `{"subtype": "initialize", "hooks": {}}`."""
        self.send({"type": "control_request", "request_id": request_id, "request": request})

    def answer_control(self, request: JsonObject, response: JsonObject) -> None:
        """Answer a `control_request` message that the CLI sent, such as can_use_tool."""
        answer = {"subtype": "success", "request_id": request["request_id"], "response": response}
        self.send({"type": "control_response", "response": answer})

    def send_prompt(self, prompt: str) -> None:
        """Give the whole prompt of a run that does not read stream-json, and close stdin."""
        self._stdin.write(prompt)
        self._stdin.close()

    def wait_message(
        self, wanted: Callable[[JsonObject], bool], what: str, timeout: float = DEFAULT_TIMEOUT
    ) -> JsonObject:
        """Wait for a message that `wanted` accepts. Raises NotSeenError."""
        return wait_until(
            lambda: next(filter(wanted, self.messages), None), what, timeout=timeout, context=self.describe
        )

    def wait_type(self, type: str, subtype: str | None = None, timeout: float = DEFAULT_TIMEOUT) -> JsonObject:
        """Wait for a message of that type, and of that subtype (of the request, for control requests)."""

        def wanted(message: JsonObject) -> bool:
            said = message.get("subtype") or message.get("request", {}).get("subtype")
            return message.get("type") == type and subtype in (None, said)

        return self.wait_message(wanted, f"a {type} {subtype or ''} message", timeout)

    def finish(self, timeout: float = DEFAULT_TIMEOUT) -> int:
        """Close stdin, wait for the end and return the exit code. Raises NotSeenError."""
        if not self._stdin.closed:
            self._stdin.close()
        wait_until(
            lambda: self.process.poll() is not None, "the end of the CLI", timeout=timeout, context=self.describe
        )
        wait_until(lambda: not self._reader.is_alive(), "the end of its stdout", timeout=timeout, context=self.describe)
        return self.process.wait()

    def kill(self) -> None:
        """Kill the process group, as a crash would; safe to repeat."""
        if self.process.poll() is None:
            kill_group(self.process.pid)
            self.process.wait()

    def close(self) -> None:
        """Kill what is left and release the pipes. Call after every process that could hold stdout is gone."""
        self.kill()
        self._reader.join()
        try:
            self._stdin.close()
        except BrokenPipeError:  # something unsent was still buffered
            return

    def describe(self) -> str:
        """The last messages and stderr, for failure messages."""
        last = "\n".join(f"  {json.dumps(message)[:300]}" for message in self.messages[-3:])
        return f"exit {self.process.poll()}, last messages:\n{last}\nstderr: {self._errors.read_text()[-1000:]}"

    def _read(self, stdout: IO[str], log: Path) -> None:
        with stdout, log.open("w") as copy:
            for line in stdout:
                copy.write(line)
                if line.startswith("{"):
                    self._messages.append(json.loads(line))
