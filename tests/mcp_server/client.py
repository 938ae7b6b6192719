"""A client of a real orch-mcp process: lines of JSON over its pipes."""

from __future__ import annotations

import itertools
import json
import os
import select
import time
from typing import Any

DEADLINE_S = 30.0
HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


class Closed(Exception):
    """The server has ended."""


class Wire:
    """One connection; ``reading`` and ``writing`` are our ends of the server's stdout and stdin."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._ids = itertools.count(1)
        self._rest = b""
        self._answers: dict[int, dict[str, Any]] = {}

    def greet(self) -> None:
        """Make the handshake."""
        self.answer(self.send("initialize", HANDSHAKE))
        self.tell("notifications/initialized", {})

    def call(self, tool: str, arguments: dict[str, Any], call: str = "") -> int:
        """Call a tool; the id by which to wait for its result."""
        meta = {"_meta": {"claudecode/toolUseId": call}} if call else {}
        return self.send("tools/call", {"name": tool, "arguments": arguments, **meta})

    def send(self, method: str, params: dict[str, Any]) -> int:
        request = next(self._ids)
        self._write({"jsonrpc": "2.0", "id": request, "method": method, "params": params})
        return request

    def tell(self, method: str, params: dict[str, Any]) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def answer(self, request: int) -> dict[str, Any]:
        """The result of a request.

        Raises:
            Closed: the server ended without one.
        """
        deadline = time.monotonic() + DEADLINE_S
        while request not in self._answers:
            left = deadline - time.monotonic()
            assert left > 0, "no answer"
            if select.select([self._reading], [], [], left)[0]:
                self._read()
        found = self._answers.pop(request)
        assert "result" in found, found
        result: dict[str, Any] = found["result"]
        return result

    def _read(self) -> None:
        data = os.read(self._reading, 65_536)
        if not data:
            raise Closed
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "id" in message and "method" not in message:
                self._answers[message["id"]] = message

    def _write(self, message: dict[str, Any]) -> None:
        try:
            os.write(self._writing, json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            raise Closed from None
