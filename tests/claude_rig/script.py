"""What the scripted model says: steps, and the conversation they answer.

A script is chosen by a marker `[[script:NAME]]` in a user message (the latest one wins), and its step by how many
assistant messages follow that marker. A sub-agent's prompt carries its own marker, so it follows its own script.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]

_MARKER = re.compile(r"\[\[script:([A-Za-z0-9_.-]+)\]\]")


def marker(name: str) -> str:
    """The text that, in a prompt, makes its agent follow the script `name`."""
    return f"[[script:{name}]]"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool use of the model."""

    name: str
    input: JsonObject


@dataclass(frozen=True, slots=True)
class ApiError:
    """A request that is refused: its status, the type and text of the error, and headers beside."""

    status: int
    kind: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One assistant message. `until` repeats it while false; `hold` keeps the request open until the test sets it.

    With `error` there is no message: the request is refused.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    until: Callable[[Conversation], bool] | None = None
    hold: threading.Event | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    error: ApiError | None = None


Script: TypeAlias = "Sequence[Step] | Callable[[Conversation], Step]"

END = Step(text="(script end)")


def say(text: str) -> Step:
    """The model says `text` and ends its turn."""
    return Step(text=text)


def call(name: str, /, **input: Any) -> Step:
    """The model calls one tool."""
    return Step(calls=(ToolCall(name, input),))


class Conversation:
    """One request of the CLI, as a script may look at it; `prompts` counts the messages that hold a marker."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.messages: list[JsonObject] = list(body.get("messages") or [])
        self.tools: tuple[str, ...] = tuple(str(tool.get("name")) for tool in body.get("tools") or [])
        self.script_name: str | None = None
        self.prompts = 0
        self._start = 0
        for index, message in enumerate(self.messages):
            if message.get("role") != "user":
                continue
            for block in content_blocks(message.get("content")):
                if block.get("type") == "text" and (found := _MARKER.findall(block.get("text", ""))):
                    self.script_name, self._start = found[-1], index
                    self.prompts += 1

    @property
    def step(self) -> int:
        """How many assistant messages follow the marker."""
        return sum(1 for message in self.messages[self._start :] if message.get("role") == "assistant")

    @cached_property
    def new_messages(self) -> list[JsonObject]:
        """The messages after the last assistant message: what this request adds."""
        for index in range(len(self.messages), 0, -1):
            if self.messages[index - 1].get("role") == "assistant":
                return self.messages[index:]
        return self.messages

    @cached_property
    def new_text(self) -> str:
        """What this request adds, as one text; tool results and system messages included."""
        return "\n".join(_texts(self.new_messages))

    def turns(self) -> Iterator[Conversation]:
        """The conversation as it stood when each assistant message since the marker had been answered."""
        for index in range(self._start, len(self.messages)):
            if self.messages[index].get("role") != "assistant":
                continue
            following = range(index + 1, len(self.messages))
            end = next((i for i in following if self.messages[i].get("role") == "assistant"), len(self.messages))
            yield Conversation({"messages": self.messages[:end]})


def next_step(script: Script | None, conversation: Conversation) -> Step:
    """The step that answers `conversation`."""
    if script is None:
        return Step(text=f"(no script {conversation.script_name})")
    if callable(script):
        return script(conversation)
    position = 0
    for turn in conversation.turns():
        if position < len(script):
            until = script[position].until
            position += until is None or until(turn)
    return script[position] if position < len(script) else END


def content_blocks(content: Any) -> list[JsonObject]:
    """The content of a message as a list of blocks."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content or [] if isinstance(block, dict)]


def _texts(messages: Sequence[JsonObject]) -> Iterator[str]:
    for message in messages:
        for block in content_blocks(message.get("content")):
            if block.get("type") == "text":
                yield str(block.get("text", ""))
            elif block.get("type") == "tool_result":
                yield from _texts([block])
            else:
                yield json.dumps(block, ensure_ascii=False)
