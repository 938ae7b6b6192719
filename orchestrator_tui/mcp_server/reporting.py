"""``report_stage``, ``note`` and ``finding``: requests that the batch's holder turns into events (DESIGN §3, §4.2)."""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Batch, Gate, GateState, Track
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.core.words import decision_words, refusal_words
from orchestrator_tui.mcp_server.answers import Answer, answer_data
from orchestrator_tui.mcp_server.arguments import Arguments, Mistake
from orchestrator_tui.mcp_server.cancelling import Cancellation
from orchestrator_tui.mcp_server.desk import Place
from orchestrator_tui.mcp_server.pending import Fetched, fetch
from orchestrator_tui.mcp_server.replies import Reply
from orchestrator_tui.mcp_server.tools import FINDING, NOTE, REPORT_STAGE
from orchestrator_tui.mcp_server.tracks import named_slug, slug_of_call, track_of_call
from orchestrator_tui.runtime.rules import load_rules


def report_stage(place: Place, given: Arguments, cancellation: Cancellation) -> Reply:
    """Report a stage; refused while its track waits for the decision of an earlier one.

    Raises:
        Mistake: the workflow has no such stage.
        JournalError: it could not be recorded.
    """
    slug = named_slug(REPORT_STAGE.name, given.get("track", ""), place.caller)
    place.door(create=True)
    batch = place.batch()
    track = track_of_call(batch, place.caller, slug)
    workflow = given.get("workflow") or ("" if track is None else track.workflow)
    stages = _stages(place, batch, workflow, track)
    if given["stage"] > stages > 0:
        raise Mistake(f"{REPORT_STAGE.name}: {workflow or 'its workflow'} has {stages} stages, no {given['stage']}")
    fetched = fetch(place)
    over = given["status"] == "completed" and given["stage"] == stages
    barring = _barring(place, batch, track, given["stage"], over)
    if barring is not None:
        return _with_answers(place, fetched, Reply(refusal_words(barring), failed=True))
    content = {key: value for key, value in given.items() if key != "track"}
    name = slug_of_call(batch, place.caller, slug)
    place.request("report", {**content, "track": slug}, name)
    what = f"stage {given['stage']} {given['status'].replace('_', ' ')}"
    data = {"state": "recorded", "track": name, "stage": given["stage"], "status": given["status"]}
    return _with_answers(place, fetched, Reply(f"Recorded: {what}, track {name}.", data))


def note(place: Place, given: Arguments, cancellation: Cancellation) -> Reply:
    """Leave a note.

    Raises:
        JournalError: it could not be recorded.
    """
    return _said(place, NOTE.name, given)


def finding(place: Place, given: Arguments, cancellation: Cancellation) -> Reply:
    """Record what a review found.

    Raises:
        JournalError: it could not be recorded.
    """
    return _said(place, FINDING.name, given)


def _said(place: Place, kind: str, given: Arguments) -> Reply:
    slug = named_slug(kind, given.get("track", ""), place.caller)
    place.door(create=True)
    fetched = fetch(place)
    batch = place.batch()
    name, track = slug_of_call(batch, place.caller, slug), track_of_call(batch, place.caller, slug)
    # Nobody has seen the agent yet: by its address the holder will know its track, whatever that is called by then.
    known = track is not None or (slug and not place.caller.agent)
    place.request(kind, {**given, "track": name if known else ""}, name)
    return _with_answers(
        place, fetched, Reply(f"Recorded: {kind}, track {name}.", {"state": "recorded", "track": name})
    )


def _with_answers(place: Place, fetched: Fetched, reply: Reply) -> Reply:
    """The reply, with the answers that have come for the caller meanwhile."""
    if not fetched.answered:
        return reply
    words = "\n\n".join([reply.words, *(decision_words(gate) for gate in fetched.answered)])
    data: dict[str, Any] = {**reply.data, "decided": [answer_data(gate) for gate in fetched.answered]}
    return Reply(words, data, reply.failed, tuple(Answer(place, gate) for gate in fetched.answered))


def _stages(place: Place, batch: Batch | None, workflow: str, track: Track | None) -> int:
    """How many stages there are, 0 when that is not known."""
    recorded = None if batch is None or batch.run is None else batch.run.workflows.get(workflow)
    ladder = load_rules(place.desk.directory).ladders.get(workflow) if recorded is None else recorded.ladder
    if ladder is not None:
        return len(ladder.stages)
    return 0 if track is None or workflow != track.workflow else len(track.stages)


def _barring(place: Place, batch: Batch | None, track: Track | None, stage: int, over: bool) -> Gate | None:
    """The undecided gate that a report would go past: one of an earlier stage, or any when it ends the last stage."""
    for gate in place.desk.journal().gates(place.caller.batch):
        same = track is not None and batch is not None and track_of(batch, gate) == track.slug
        asked_in = gate.question.stage
        mine = (same or gate.asker == place.caller.address) and asked_in is not None and _bars(place, gate)
        if mine and asked_in is not None and (stage > asked_in or over):
            return gate
    return None


def _bars(place: Place, gate: Gate) -> bool:
    """Whether a gate is undecided, or its answer can still be taken back."""
    if gate.state is GateState.OPEN:
        return True
    decision = gate.decision
    if gate.state is not GateState.DECIDED or decision is None:
        return False
    return elapsed_ms(decision.at, place.desk.clock.now()) < decision.undo_ms
