"""orch-mcp on the low-level server of the mcp library: with ``wire``, all of ours that loads it.

Every call runs in a thread of its own, so that one that waits for a person keeps no other waiting. What a reply brings
is recorded as delivered when its line was written, and as failed when the client cancelled the call or went away.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream
from mcp.shared.message import SessionMessage
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    RequestId,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ListedTool

from orchestrator_tui import __version__
from orchestrator_tui.core.text import sanitise
from orchestrator_tui.mcp_server.calls import carry_out
from orchestrator_tui.mcp_server.cancelling import Cancellation
from orchestrator_tui.mcp_server.desk import Desk
from orchestrator_tui.mcp_server.replies import Reply
from orchestrator_tui.mcp_server.tools import INSTRUCTIONS, TOOLS, Tool, schema
from orchestrator_tui.mcp_server.wire import Lines, Outgoing, Outward

NAME = "orch-tui"
CALL_ID = "claudecode/toolUseId"
"""Where Claude Code names the tool use behind a call."""

ALWAYS = "anthropic/alwaysLoad"
"""What keeps Claude Code from hiding a tool behind its tool search."""

AT_ONCE = 1_000
"""Calls that may wait at the same time."""

CANCELLED = "its call was cancelled"

Context = ServerRequestContext[Any, Any]

logger = logging.getLogger(__name__)


class Serving:
    """One connection: the calls of its client, and the replies that are on their way to it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._threads = anyio.CapacityLimiter(AT_ONCE)
        self._on_their_way: dict[RequestId, Reply] = {}

    async def run(self, incoming: ReadStream[SessionMessage | Exception], outward: Outward) -> None:
        """Serve until the client goes away."""
        server: Server[Any] = Server(
            NAME,
            version=__version__,
            instructions=INSTRUCTIONS,
            on_list_tools=self._list,
            on_call_tool=self._call,
        )
        # Spans of a telemetry that nobody asked for.
        server.middleware.clear()
        outgoing = Outgoing(outward, self._sent, self._lost)
        try:
            await server.run(incoming, outgoing, server.create_initialization_options())
        finally:
            self._desk.ending.set()
            with anyio.CancelScope(shield=True):
                for request in tuple(self._on_their_way):
                    await self._lost(request, "its client went away")
                await anyio.to_thread.run_sync(self._desk.close, limiter=self._threads)

    async def _list(self, context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[listed(tool) for tool in TOOLS.values()])

    async def _call(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        call = (context.meta or {}).get(CALL_ID)
        reply = await self._in_thread(params.name, params.arguments or {}, call if isinstance(call, str) else "")
        if reply.parcels and context.request_id is not None:
            self._on_their_way[context.request_id] = reply
        return result(reply)

    async def _in_thread(self, name: str, given: dict[str, Any], call: str) -> Reply:
        """The reply of one call; when the client cancels it, what it would have brought counts as lost."""
        cancellation = Cancellation()
        replies: list[Reply] = []

        async def watch() -> None:
            try:
                await anyio.sleep_forever()
            finally:
                if not replies:
                    await self._record(cancellation.set)

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(watch)
                replies.append(
                    await anyio.to_thread.run_sync(
                        guarded, self._desk, name, given, call, cancellation, limiter=self._threads
                    )
                )
                group.cancel_scope.cancel()
            await anyio.lowlevel.checkpoint_if_cancelled()
        except anyio.get_cancelled_exc_class():
            for reply in replies:
                await self._record_lost(reply, CANCELLED)
            raise
        return replies[0]

    async def _sent(self, request: RequestId) -> None:
        reply = self._on_their_way.pop(request, None)
        for parcel in () if reply is None else reply.parcels:
            await self._record(parcel.written)

    async def _lost(self, request: RequestId, why: str) -> None:
        reply = self._on_their_way.pop(request, None)
        if reply is not None:
            await self._record_lost(reply, why)

    async def _record_lost(self, reply: Reply, why: str) -> None:
        for parcel in reply.parcels:
            await self._record(parcel.lost, why)

    async def _record(self, step: Callable[..., None], *arguments: str) -> None:
        """Carry out something that must not be left undone, whatever becomes of the call meanwhile."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(step, *arguments, limiter=self._threads)


def guarded(desk: Desk, name: str, given: dict[str, Any], call: str, cancellation: Cancellation) -> Reply:
    """Carry out one call; an error of our own is told as one, so that nothing is read into it."""
    try:
        return carry_out(desk, name, given, call, cancellation)
    except Exception as error:
        logger.exception("%s failed", name)
        return Reply(f"{name} failed by a fault of orch-tui itself ({error!r}): nothing is approved.", failed=True)


def listed(tool: Tool) -> ListedTool:
    """A tool as the client sees it."""
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema(tool),
        annotations=ToolAnnotations(
            title=tool.title,
            read_only_hint=tool.only_reads,
            destructive_hint=False,
            idempotent_hint=tool.only_reads,
            open_world_hint=False,
        ),
        _meta={ALWAYS: True} if tool.always else None,
    )


def result(reply: Reply) -> CallToolResult:
    """A reply as the client gets it.

    Claude Code shows its model the structured content alone where there is any, so that it holds the words, too.
    """
    text = sanitise(reply.words)
    structured = {"words": text, **clean(reply.data)} if reply.data and not reply.failed else None
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=structured, is_error=reply.failed
    )


def clean(value: Any) -> Any:
    """Data with every text in it made safe."""
    if isinstance(value, str):
        return sanitise(value)
    if isinstance(value, Mapping):
        return {key: clean(one) for key, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list) else value


async def serve(desk: Desk) -> None:
    """Serve the client on the standard streams until it goes away."""
    # Whatever prints by accident must not get between the messages.
    wire = os.dup(1)
    os.dup2(2, 1)
    async with await anyio.open_file(os.devnull, "w") as nowhere, stdio_server(stdout=nowhere) as (incoming, unused):
        await unused.aclose()
        await Serving(desk).run(incoming, Lines(wire))
