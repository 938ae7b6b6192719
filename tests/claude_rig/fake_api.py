"""A scripted stand-in for the Messages API on 127.0.0.1, plain and streaming, at a port the system chose."""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.claude_rig.request_log import ModelRequest, RequestLog
from tests.claude_rig.script import ApiError, Conversation, JsonObject, Script, Step, next_step

_POLL = 0.05
"""Seconds between looks at whether the server is closing, while a step is held."""


class FakeApi:
    """The model: answers every request by its script, and logs it. Close it to release held steps and the port."""

    def __init__(self, log_path: Path) -> None:
        self.scripts: dict[str, Script] = {}
        self.requests = RequestLog(log_path)
        self.closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), name="fake-api")
        self._thread.start()

    @property
    def url(self) -> str:
        """What ANTHROPIC_BASE_URL is set to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop serving; safe to repeat. Raises what went wrong inside requests, which the CLI may have hidden."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        failures, self._server.failures = self._server.failures, []
        if failures:
            raise ExceptionGroup("the scripted model failed", failures)

    def answer(self, body: JsonObject) -> JsonObject:
        """The message that answers a request; logged when the request offered tools. Raises what refuses it."""
        arrived_at = time.time()
        conversation = Conversation(body)
        if not conversation.tools:  # titles, summaries and probes
            return _message(body, Step(text="ok"))
        step = next_step(self.scripts.get(conversation.script_name or ""), conversation)
        message = _message(body, step)
        self.requests.add(
            ModelRequest(
                arrived_at=arrived_at,
                script=conversation.script_name,
                step=conversation.step,
                model=str(body.get("model")),
                tools=conversation.tools,
                new_messages=tuple(conversation.new_messages),
                new_text=conversation.new_text,
                reply=tuple(message["content"]),
            )
        )
        while step.hold and not step.hold.wait(_POLL) and not self.closing.is_set():
            pass
        if step.error is not None:
            raise _Refused(step.error)
        return message


class _Refused(Exception):
    """The script wants a request to be refused."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.text)
        self.error = error


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing joins every request

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.failures: list[Exception] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what a request died of; a client that was killed in the middle is no failure."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self.failures.append(error)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 60  # seconds of silence on an open connection

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr: the request log holds what matters."""

    def do_HEAD(self) -> None:
        self._note()
        self._send(200, {})

    def do_GET(self) -> None:
        self._note()
        if self.path.startswith("/v1/models"):
            self._send(200, {"data": [], "has_more": False, "first_id": None, "last_id": None})
        else:
            self._send(404, {"type": "error", "error": {"type": "not_found_error", "message": "not here"}})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        if path == "/v1/messages":
            body: JsonObject = json.loads(raw)
            try:
                message = self.server.api.answer(body)
            except _Refused as refused:
                told = {"type": "error", "error": {"type": refused.error.kind, "message": refused.error.text}}
                self._send(refused.error.status, told, refused.error.headers)
                return
            except Exception as error:  # a script's mistake: fail the run at once, closing the server raises it
                self.server.failures.append(error)
                problem = {"type": "invalid_request_error", "message": f"the script failed: {error!r}"}
                self._send(400, {"type": "error", "error": problem})
                return
            if body.get("stream"):
                self._stream(message)
            else:
                self._send(200, message)
            return
        self._note()
        self._send(200, {"input_tokens": len(raw) // 4} if path == "/v1/messages/count_tokens" else {})

    def _note(self) -> None:
        self.server.api.requests.add_other(f"{self.command} {self.path}")

    def _send(self, status: int, answer: JsonObject, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _stream(self, message: JsonObject) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-cache")
        self.end_headers()
        for event in stream_events(message):
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()


def _message(body: JsonObject, step: Step) -> JsonObject:
    content: list[JsonObject] = [{"type": "text", "text": step.text}] if step.text else []
    for tool in step.calls:
        content.append(
            {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": tool.name, "input": tool.input}
        )
    usage = {"input_tokens": 120, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 42}
    return {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "content": content,
        "stop_reason": "tool_use" if step.calls else "end_turn",
        "stop_sequence": None,
        "usage": {**usage, **step.usage},
    }


def stream_events(message: JsonObject) -> Iterator[JsonObject]:
    """The server-sent events that spell `message`, in the Messages API's order."""
    empty = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    yield {"type": "message_start", "message": empty}
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            start: JsonObject = {"type": "text", "text": ""}
            delta: JsonObject = {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield {"type": "content_block_start", "index": index, "content_block": start}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": message["usage"]}
    yield {"type": "message_stop"}
