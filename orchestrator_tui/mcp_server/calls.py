"""One tool call from its name and arguments to its reply: blocking, with the standard library alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.mcp_server.arguments import Arguments, Mistake, checked, nearest, quoted
from orchestrator_tui.mcp_server.asking import request_decision
from orchestrator_tui.mcp_server.cancelling import Cancellation
from orchestrator_tui.mcp_server.desk import Desk, Place
from orchestrator_tui.mcp_server.pending import pending_decisions
from orchestrator_tui.mcp_server.replies import Reply
from orchestrator_tui.mcp_server.reporting import finding, note, report_stage
from orchestrator_tui.mcp_server.tools import FINDING, NOTE, PENDING_DECISIONS, REPORT_STAGE, REQUEST_DECISION, TOOLS

Handler = Callable[[Place, Arguments, Cancellation], Reply]

HANDLERS: Mapping[str, Handler] = {
    REQUEST_DECISION.name: request_decision,
    REPORT_STAGE.name: report_stage,
    NOTE.name: note,
    FINDING.name: finding,
    PENDING_DECISIONS.name: pending_decisions,
}


def carry_out(desk: Desk, name: str, given: Mapping[str, Any], call: str, cancellation: Cancellation) -> Reply:
    """Carry out one call.

    Args:
        desk: the way to the journal.
        name: the tool's name.
        given: the arguments, as the client sent them.
        call: the client's id of the tool use, "" when it says none.
        cancellation: tells that the client has given the call up.
    """
    try:
        tool = TOOLS.get(name)
        if tool is None:
            raise Mistake(f"there is no tool {quoted(name)}{nearest(name, list(TOOLS))}")
        arguments = checked(tool, given)
        place = desk.place(desk.client.caller(call))
        reply = HANDLERS[name](place, arguments, cancellation)
    except Mistake as mistake:
        return Reply(str(mistake), failed=True)
    except JournalError as error:
        desk.troubled(error)
        return Reply(f"{name}: {error}; nothing was recorded, so nobody sees it. Call again.", failed=True)
    void = desk.voided(place.caller)
    return replace(reply, words="\n\n".join([*void, reply.words])) if void else reply
