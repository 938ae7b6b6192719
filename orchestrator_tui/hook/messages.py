"""What a person said to an agent and it was not shown yet (DESIGN §4.2): looked up, shown once, reported as read."""

from __future__ import annotations

from orchestrator_tui.core.agents import address
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.evolve_tracks import UNREAD_ROUTES
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.message_routes import NUDGE_ROUTES
from orchestrator_tui.core.model import Message
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
    sent = visit.journal.events_of(visit.batch, "message_sent")
    known = _told(visit) if sent else frozenset()
    new = [event for event in sent if event.payload["message"] not in known]
    tracks = _tracks(visit) if new else frozenset()
    mine = [event for event in new if event.payload["track"] in tracks]
    return tuple(Unread(event.payload["track"], _message(event)) for event in mine[-_SHOWN_AT_ONCE:])


def was_shown(visit: Visit, shown: tuple[Unread, ...]) -> None:
    """Report these messages as read; no call shows them again."""
    for one in shown:
        payload = {"track": one.track, "message": one.message.id, "route": ROUTE}
        visit.journal.insert_request(visit.batch, READ, payload, visit.clock.now(), ROUTE)


def _message(event: Event) -> Message:
    data = event.payload
    return Message(data["message"], data["text"], data.get("by", ""), data.get("purpose", ""), event.at)


def _told(visit: Visit) -> frozenset[str]:
    """The messages that are not to be told: read, reported as read, or given to an idle agent as its next prompt."""
    last = {
        event.payload["message"]: event.payload["route"]
        for event in visit.journal.events_of(visit.batch, "message_delivered")
    }
    told = {message for message, route in last.items() if route not in UNREAD_ROUTES or route in NUDGE_ROUTES}
    reported = {one.payload.get("message") for one in visit.journal.requests(visit.batch) if one.kind == READ}
    return frozenset(told | {one for one in reported if isinstance(one, str)})


def _tracks(visit: Visit) -> frozenset[str]:
    """The tracks that the caller works on now: its own, and the task's whose agent it was seen to be last."""
    working: dict[str, str] = {}
    for event in visit.journal.events_of(visit.batch, "track_added"):
        if event.payload.get("source") == visit.caller.source:
            working[event.payload["track"]] = visit.caller.address
    for event in visit.journal.events_of(visit.batch, "agent_seen"):
        data = event.payload
        working[data["track"]] = address(data["session"], data.get("agent", ""))
    return frozenset(track for track, agent in working.items() if agent == visit.caller.address)
