"""Questions and messages by what is seen of the agents behind them: taken, answered elsewhere, asked no more."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_tui.core.agent_tracks import SESSION_ENDED
from orchestrator_tui.core.agents import GONE, agent_of, session_of
from orchestrator_tui.core.call_answers import denial
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import MOST_SAID, AgentsSeen, CallEnded
from orchestrator_tui.core.gate_refusals import has_left
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Track
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.naming import gates_of_call, is_call_gate, is_session_source, is_task_source
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.tracks_shown import is_agent_track, own_track, sessions_gone

TRANSCRIPT = "transcript"
"""The route of a message of which only the agent's transcript shows that it has been read."""

ENGINE_SOURCE = "policy"


def awaited(batch: Batch) -> frozenset[str]:
    """The decisions and messages whose arrival is to be looked for in transcripts."""
    decisions = {
        gate.decision.id
        for gate in batch.gates.values()
        if gate.decision is not None and gate.state not in TERMINAL_GATE_STATES
    }
    messages = {
        message.id
        for track in batch.tracks.values()
        if track.state not in ENDED_TRACK_STATES
        for message in track.messages
        if message.read_at is None
    }
    return frozenset(decisions | messages)


def observe_answers(batch: Batch, seen: AgentsSeen) -> tuple[Draft, ...]:
    """What calls that ended and texts that arrived mean for the gates and messages of a batch."""
    drafts: list[Draft] = []
    over: set[str] = set()
    for call in seen.calls:
        for gate in _of_call(batch, call):
            if gate.id not in over and gate.state not in TERMINAL_GATE_STATES:
                ended = _call_ended(gate, call)
                drafts += ended
                over |= {gate.id} if ended else set()
    for identifier, asker, words in seen.arrived:
        found = [gate for gate in _arrived(batch, identifier, asker) if gate.id not in over]
        over |= {gate.id for gate in found}
        drafts += [acknowledged(gate, sanitise_line(words, 300) or "found in its transcript") for gate in found]
    return (*drafts, *_read(batch, seen))


def withdrawals(batch: Batch) -> tuple[Draft, ...]:
    """The open questions that nobody asks any more, since whoever asked them has gone."""
    drafts = []
    over = sessions_gone(batch)
    for gate in batch.gates.values():
        why = _gone(batch, gate, over) if gate.state is GateState.OPEN else ""
        if why:
            drafts.append(Draft("gate_withdrawn", {"gate": gate.id, "revision": gate.revision, "why": why}))
    return tuple(drafts)


def has_no_asker(batch: Batch, gate: Gate | None) -> bool:
    """Whether a question that stands in a task file is not to be asked: nobody lives who would hear the answer."""
    return (gate is None or gate.state is GateState.WITHDRAWN) and sessions_gone(batch)


def acknowledged(gate: Gate, evidence: str) -> Draft:
    """The acknowledgement of the route that the answer took last."""
    assert gate.decision is not None
    payload = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id}
    return Draft("decision_acknowledged", {**payload, "route": route_taken(gate) or "task_file", "evidence": evidence})


def route_taken(gate: Gate) -> str:
    """The route that the answer took last, or ""; a nudge is none."""
    return next((step.route for step in reversed(gate.steps) if step.step in _ON_THE_WAY), "")


_ON_THE_WAY = frozenset({"claimed", "delivered", "failed"})


# --- calls and arrivals ------------------------------------------------------------------------------------


def _of_call(batch: Batch, call: CallEnded) -> list[Gate]:
    """The gates of a call, by its id.

    Its hook may have been told another input than the model sent, of which Claude Code leaves out what it does not
    know: then it is the only call of this tool that our answer was on its way to.
    """
    named = [gate for gate in map(batch.gates.get, gates_of_call(call.gate)) if gate is not None]
    if named or call.answered_by != "hook":
        return named
    handed = [gate for gate in batch.gates.values() if _was_handed(gate, call)]
    return handed if len(handed) == 1 else []


def _was_handed(gate: Gate, call: CallEnded) -> bool:
    """Whether our answer to a call of the same tool and agent was on its way when this one ended."""
    subject = gate.question.subject
    same = isinstance(subject, Mapping) and subject.get("tool") == call.tool and gate.asker == call.asker
    if not same or not is_call_gate(gate.id) or gate.state in TERMINAL_GATE_STATES:
        return False
    return any(step.step == "claimed" and step.at.wall_ms <= call.wall_ms for step in gate.steps)


def _call_ended(gate: Gate, call: CallEnded) -> list[Draft]:
    if call.wall_ms and call.wall_ms < gate.opened_at.wall_ms:
        # The same call was made before; its end says nothing of this one.
        return []
    took = _took_ours(gate, call)
    if took is None:
        return []
    if took:
        done = "went on by it" if call.answered_by else "was refused in our words"
        return [acknowledged(gate, f"its transcript: the {sanitise_line(call.tool, 60)} call {done}")]
    why = {
        "person": "answered at its terminal",
        "hook": "another hook answered it",
        "rules": "Claude Code's own rules answered it",
    }
    said = why.get(call.answered_by, f"its {sanitise_line(call.tool, 60)} call ended without our answer")
    return [Draft("gate_answered_elsewhere", {"gate": gate.id, "revision": gate.revision, "why": said})]


def _took_ours(gate: Gate, call: CallEnded) -> bool | None:
    """Whether the call has gone on by our answer; None when this does not tell.

    A session's own transcript names the hook that answered. Those of sub-agents do not in every version: there our
    refusal is known by its words, and what was let run by the hook after it (``hook.evidence``).
    """
    if gate.decision is None or not has_left(gate):
        return False
    if call.answered_by or not agent_of(call.asker):
        return call.answered_by == "hook"
    roles = {option.role for option in gate.question.options if option.key in gate.decision.options}
    if "reject" in roles or (not roles and gate.question.kind != "question"):
        return call.failed and call.said == sanitise_line(denial(gate.decision), MOST_SAID)
    return None


def _arrived(batch: Batch, identifier: str, asker: str) -> list[Gate]:
    """The gates whose decision this is: seen by who asked, or by anybody where it is not known who did."""
    return [
        gate
        for gate in batch.gates.values()
        if gate.decision is not None
        and gate.decision.id == identifier
        and gate.state in (GateState.DECIDED, GateState.DELIVERED)
        and has_left(gate)
        and gate.asker in ("", asker)
    ]


def _read(batch: Batch, seen: AgentsSeen) -> list[Draft]:
    arrived = {identifier: words for identifier, _, words in seen.arrived}
    if not arrived:
        return []
    return [
        Draft(
            "message_delivered",
            {
                "track": track.slug,
                "message": message.id,
                "route": TRANSCRIPT,
                "evidence": sanitise_line(arrived[message.id], 300) or "found in its transcript",
            },
        )
        for track in batch.tracks.values()
        for message in track.messages
        if message.read_at is None and message.id in arrived
    ]


# --- who has gone ------------------------------------------------------------------------------------------


def _gone(batch: Batch, gate: Gate, over: bool) -> str:
    """Why nobody asks this any more, or "".

    What stands in a task file can be taken up by any agent of the list, so that it is asked while a session lives.
    """
    if gate.source == ENGINE_SOURCE or (not gate.asker and "shell" in gate.routes):
        return ""
    if is_task_source(gate.source):
        sessions = [track for track in batch.tracks.values() if is_session_source(track.source)]
        return SESSION_ENDED if over and any(_ended_since(gate, track) for track in sessions) else ""
    for track in _askers(batch, gate):
        if track.agent is not None and track.agent.status == GONE and _ended_since(gate, track):
            return f"its agent has ended: {track.agent.evidence[0]}" if track.agent.evidence else "its agent has ended"
    return ""


def _askers(batch: Batch, gate: Gate) -> list[Track]:
    """The tracks of who asked, and of its session."""
    if gate.asker:
        found = (own_track(batch, gate.asker), own_track(batch, session_of(gate.asker)))
        return [track for track in found if track is not None]
    named = batch.tracks.get(gate.track)
    return [named] if named is not None and is_agent_track(named) else []


def _ended_since(gate: Gate, track: Track) -> bool:
    """Whether an agent was seen to end after it asked: one that asks later lives again, whatever its files say yet."""
    at = track.ended_at or track.added_at
    return at is None or gate.opened_at.wall_ms <= at.wall_ms
