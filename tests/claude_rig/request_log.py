"""Every request the CLI made to the scripted model, in order of arrival."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.claude_rig.script import JsonObject
from tests.claude_rig.waiting import DEFAULT_TIMEOUT, NotSeenError


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request to the Messages API that offered tools, and what was answered."""

    arrived_at: float
    """Seconds since the epoch, taken before the request was answered."""
    script: str | None
    step: int
    model: str
    tools: tuple[str, ...]
    new_messages: tuple[JsonObject, ...]
    new_text: str
    reply: tuple[JsonObject, ...]


class RequestLog:
    """A list that tests can wait on; also kept as JSON lines in `path` for reading after a failure."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._requests: list[ModelRequest] = []
        self._other: list[str] = []
        self._changed = threading.Condition()

    def add(self, request: ModelRequest) -> None:
        """Append one request and wake who waits."""
        with self._changed, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(request), ensure_ascii=False) + "\n")
            self._requests.append(request)
            self._changed.notify_all()

    def add_other(self, line: str) -> None:
        """Note a request to anything but the Messages API."""
        with self._changed:
            self._other.append(line)

    def all(self, script: str | None = None) -> list[ModelRequest]:
        """The requests so far, of one script when it is named."""
        with self._changed:
            return [request for request in self._requests if script in (None, request.script)]

    def other(self) -> list[str]:
        """Method and path of every request that was not a question to the model."""
        with self._changed:
            return list(self._other)

    def first_with(self, text: str, script: str | None = None) -> ModelRequest | None:
        """The first request that brought `text` to the model: what was new in it contains the text."""
        return next((request for request in self.all(script) if text in request.new_text), None)

    def wait_for(self, text: str, script: str | None = None, timeout: float = DEFAULT_TIMEOUT) -> ModelRequest:
        """Wait until `first_with(text)` finds one. Raises NotSeenError."""
        return self._wait(lambda: self.first_with(text, script), f"a model request that holds {text!r}", timeout)

    def wait_for_step(self, script: str, step: int, timeout: float = DEFAULT_TIMEOUT) -> ModelRequest:
        """Wait for the request that asks for step `step` (from 0) of `script`. Raises NotSeenError."""
        what = f"request {step} of script {script!r}"
        return self._wait(lambda: next((r for r in self.all(script) if r.step >= step), None), what, timeout)

    def describe(self, last: int = 3) -> str:
        """The last few requests as text, for failure messages."""
        requests = self.all()
        lines = [f"{len(requests)} model requests, the last of them:"]
        lines += [f"  {r.script} step {r.step}: {r.new_text[-600:]!r}" for r in requests[-last:]]
        return "\n".join(lines)

    def _wait(self, look: Callable[[], ModelRequest | None], what: str, timeout: float) -> ModelRequest:
        deadline = time.monotonic() + timeout
        with self._changed:
            while (found := look()) is None:
                if not self._changed.wait(deadline - time.monotonic()):
                    raise NotSeenError(f"not seen within {timeout:g} s: {what}\n{self.describe()}")
            return found
