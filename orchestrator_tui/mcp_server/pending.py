"""``pending_decisions``: everything that waits for an agent, and what other calls bring of it along the way."""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import HELD_KINDS
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Message
from orchestrator_tui.core.words import decision_words, messages_words, moment
from orchestrator_tui.core.words_pending import over_words, waiting_words
from orchestrator_tui.journal.port import JournalError, JournalMissing
from orchestrator_tui.mcp_server.answers import Answer, answer_data, gate_data, settle
from orchestrator_tui.mcp_server.arguments import Arguments
from orchestrator_tui.mcp_server.cancelling import Cancellation
from orchestrator_tui.mcp_server.desk import ROUTE, Place
from orchestrator_tui.mcp_server.replies import Parcel, Reply
from orchestrator_tui.runtime.doors import Over, Taken

AT_ONCE = 10
"""Answers in one reply: what more there is comes with the next one."""

NOTHING = "Nothing waits for you: no answer, no message, and no question of yours is undecided."
MORE = "There is more: call pending_decisions again."


@frozen
class Fetched:
    """What was found for an agent, and claimed where it is an answer.

    Attributes:
        answered: gates with their claimed decisions.
        waiting: gates that wait, each with why.
        more: there are further answers.
    """

    answered: tuple[Gate, ...] = ()
    waiting: tuple[tuple[Gate, str], ...] = ()
    more: bool = False


def pending_decisions(place: Place, given: Arguments, cancellation: Cancellation) -> Reply:
    """Hand over what waits for the caller, and list what it waits for.

    Raises:
        JournalError: the journal cannot be used.
    """
    try:
        batch = place.batch()
    except JournalMissing:
        batch = None
    if batch is None:
        return Reply(NOTHING, {"decided": [], "waiting": [], "over": [], "messages": []})
    found = fetch(place)
    over = _over(batch, place)
    messages = _unread(batch, place)
    told = [decision_words(gate) for gate in found.answered]
    told += [over_words(gate, _why_over(gate)) for gate in over]
    if messages:
        told.append(messages_words([message for _, message in messages]))
    if found.waiting:
        told.append(waiting_words([gate for gate, _ in found.waiting], place.desk.attended()))
    parcels: list[Parcel] = [Answer(place, gate) for gate in found.answered]
    parcels += [Ended(place, gate) for gate in over]
    parcels += [Read(place, track, message.id) for track, message in messages]
    words = "\n\n".join([*told, MORE] if found.more else told) or NOTHING
    return Reply(words, _data(found, over, [message for _, message in messages]), parcels=tuple(parcels))


def fetch(place: Place) -> Fetched:
    """Claim the answers to the caller's questions, those aside that somebody just waits for.

    What Claude Code itself holds a call for, permissions and the like, only the hook beside that call can answer.
    """
    answered: list[Gate] = []
    waiting: list[tuple[Gate, str]] = []
    more = False
    door = place.door()
    for gate in settle(place, place.own_gates()):
        if gate.question.kind in HELD_KINDS:
            continue
        if gate.state is GateState.OPEN or place.waited_for(gate):
            waiting.append((gate, "nobody has decided yet" if gate.state is GateState.OPEN else "it is on its way"))
        elif len(answered) >= AT_ONCE:
            more = True
        else:
            found = door.take(gate.id, gate.revision)
            if isinstance(found, Taken) and not found.again:
                answered.append(found.gate)
            elif not isinstance(found, (Taken, Over)):
                waiting.append((found.gate, found.why))
    return Fetched(tuple(answered), tuple(waiting), more)


class Ended:
    """Word of a gate's end in a reply; implements :class:`~orchestrator_tui.mcp_server.replies.Parcel`."""

    def __init__(self, place: Place, gate: Gate) -> None:
        self._place, self._gate = place, gate

    def written(self) -> None:
        """The asker knows: it is not told again."""
        try:
            self._place.door().clear(self._gate)
        except JournalError as error:
            self._place.desk.troubled(error)

    def lost(self, why: str) -> None:
        """It is told with the next call."""


class Read:
    """A message in a reply; implements :class:`~orchestrator_tui.mcp_server.replies.Parcel`."""

    def __init__(self, place: Place, track: str, message: str) -> None:
        self._place, self._track, self._message = place, track, message

    def written(self) -> None:
        """Leave word for the batch's holder that it was read."""
        read = {"track": self._track, "message": self._message, "route": ROUTE}
        try:
            self._place.request("message_read", read, self._track)
        except JournalError as error:
            self._place.desk.troubled(error)

    def lost(self, why: str) -> None:
        """It is told with the next call."""


def _over(batch: Batch, place: Place) -> list[Gate]:
    """The caller's questions that ended without an answer, and that it has not heard of."""
    return [
        gate
        for gate in batch.gates.values()
        if gate.asker == place.caller.address
        and ROUTE in gate.routes
        and gate.state in TERMINAL_GATE_STATES
        and gate.state is not GateState.ACKNOWLEDGED
        and not gate.cleared
    ][:AT_ONCE]


def _why_over(gate: Gate) -> str:
    return f"{gate.state.replace('_', ' ')}: {gate.closed_why}"


def _unread(batch: Batch, place: Place) -> list[tuple[str, Message]]:
    """Messages to the tracks that the caller works on, each with its track, that it was not shown yet."""
    shown = {request.payload.get("message") for request in place.requests() if request.kind == "message_read"}
    session, agent = place.caller.session, place.caller.agent
    mine = [
        track
        for track in batch.tracks.values()
        if track.source == place.caller.source
        or (track.agent is not None and (track.agent.session, track.agent.id) == (session, agent))
    ]
    return [
        (track.slug, message)
        for track in mine
        for message in track.messages
        if message.read_at is None and message.id not in shown
    ]


def _data(found: Fetched, over: list[Gate], messages: list[Message]) -> dict[str, Any]:
    return {
        "decided": [answer_data(gate) for gate in found.answered],
        "waiting": [gate_data(gate, "pending", why) for gate, why in found.waiting],
        "over": [gate_data(gate, gate.state.value, gate.closed_why) for gate in over],
        "messages": [
            {"message": one.id, "text": one.text, "by": one.by, "at": moment(one.at.wall_ms)} for one in messages
        ],
    }
