"""The outgoing half of the connection: lines on a descriptor, and word of each answer that was written, or was lost.

A decision is delivered when its result has left this process, not when a handler returned it: between the two the
client may cancel the call, and go away.
"""

from __future__ import annotations

import os
import select
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self

import anyio
import anyio.to_thread
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCResponse, RequestId

Sent = Callable[[RequestId], Awaitable[None]]
Lost = Callable[[RequestId, str], Awaitable[None]]


class Outward(Protocol):
    """Where messages go: a stream of the library, or our own lines."""

    async def send(self, item: SessionMessage, /) -> None: ...

    async def aclose(self) -> None: ...


class Lines:
    """Messages as lines of JSON on a descriptor, each written whole before the next."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = anyio.Lock()

    async def send(self, item: SessionMessage, /) -> None:
        """Write one message.

        Raises:
            anyio.BrokenResourceError: the client reads no more.
        """
        line = item.message.model_dump_json(by_alias=True, exclude_unset=True) + "\n"
        async with self._lock:
            try:
                await anyio.to_thread.run_sync(_write_all, self._descriptor, line.encode("utf-8", "replace"))
            except OSError as error:
                raise anyio.BrokenResourceError from error

    async def aclose(self) -> None:
        """Nothing: the descriptor is the process's own."""


class Outgoing:
    """A stream of messages that tells of each answer whether it was written.

    Args:
        inner: where messages go.
        sent: told of an answer that was written.
        lost: told of one that could not be, and why.
    """

    def __init__(self, inner: Outward, sent: Sent, lost: Lost) -> None:
        self._inner, self._sent, self._lost = inner, sent, lost

    async def send(self, item: SessionMessage, /) -> None:
        """Send one message."""
        message = item.message
        answers = message.id if isinstance(message, (JSONRPCResponse, JSONRPCError)) else None
        try:
            await self._inner.send(item)
        except BaseException as error:
            if answers is not None:
                cancelled = isinstance(error, anyio.get_cancelled_exc_class())
                await self._lost(answers, "its call was cancelled" if cancelled else "its client reads no more")
            raise
        if answers is not None:
            await self._sent(answers)

    async def aclose(self) -> None:
        """Close the stream below."""
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
