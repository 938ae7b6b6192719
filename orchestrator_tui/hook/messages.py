"""What a person said to an agent and it was not shown yet (DESIGN §4.2): looked up, shown once, reported as read."""

from __future__ import annotations

from orchestrator_tui.core.agents import GONE, address, session_of
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.evolve_tracks import UNREAD_ROUTES
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.message_routes import NUDGE_ROUTES
from orchestrator_tui.core.model import Message
from orchestrator_tui.hook.owed import KEPT_MS
from orchestrator_tui.hook.visit import ROUTE, Visit

READ = "message_read"
"""The request by which the batch's holder learns that a message was shown."""

_SHOWN_AT_ONCE = 20


@frozen
class Unread:
    """A message that waits for an agent, and the track that it was said to."""

    track: str
    message: Message


def unread(visit: Visit) -> tuple[Unread, ...]:
    """The newest messages to the caller that it was not shown, oldest first."""
    new = _untold(visit)
    working = _working(visit) if new else {}
    mine = [event for event in new if working.get(event.payload["track"]) == visit.caller.address]
    return tuple(Unread(event.payload["track"], _message(event)) for event in mine[-_SHOWN_AT_ONCE:])


def left(visit: Visit) -> bool:
    """Whether a message waits for any agent of the caller's session: all of them look by the same mail.

    One that nobody fetched for so long is no reason to look at every tool call for ever.
    """
    now = visit.clock.now()
    new = [event for event in _untold(visit) if elapsed_ms(event.at, now) < KEPT_MS]
    working = _working(visit) if new else {}
    return any(session_of(working.get(event.payload["track"], "")) == visit.caller.session for event in new)


def was_shown(visit: Visit, shown: tuple[Unread, ...]) -> None:
    """Report these messages as read; no call shows them again."""
    for one in shown:
        payload = {"track": one.track, "message": one.message.id, "route": ROUTE}
        visit.journal.insert_request(visit.batch, READ, payload, visit.clock.now(), ROUTE)


def _message(event: Event) -> Message:
    data = event.payload
    return Message(data["message"], data["text"], data.get("by", ""), data.get("purpose", ""), event.at)


def _untold(visit: Visit) -> list[Event]:
    sent = visit.journal.events_of(visit.batch, "message_sent")
    known = _told(visit) if sent else frozenset()
    return [event for event in sent if event.payload["message"] not in known]


def _told(visit: Visit) -> frozenset[str]:
    """The messages that are not to be told: read, reported as read, or given to an idle agent as its next prompt."""
    last = {
        event.payload["message"]: event.payload["route"]
        for event in visit.journal.events_of(visit.batch, "message_delivered")
    }
    told = {message for message, route in last.items() if route not in UNREAD_ROUTES or route in NUDGE_ROUTES}
    reported = {one.payload.get("message") for one in visit.journal.requests(visit.batch) if one.kind == READ}
    return frozenset(told | {one for one in reported if isinstance(one, str)})


def _working(visit: Visit) -> dict[str, str]:
    """Who works on each track now, by address: its own agent, the caller, or whoever was seen last at its task."""
    working: dict[str, str] = {}
    for event in visit.journal.events_of(visit.batch, "track_added"):
        if event.payload.get("source") == visit.caller.source:
            working[event.payload["track"]] = visit.caller.address
    for event in visit.journal.events_of(visit.batch, "agent_seen"):
        data = event.payload
        to = address(data["session"], data.get("agent", ""))
        gone = data["status"] == GONE and to != visit.caller.address
        working[data["track"]] = "" if gone else to
    return working
