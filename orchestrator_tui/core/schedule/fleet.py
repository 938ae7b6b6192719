"""More tracks at once than a workflow works on by itself: only where they are apart, and by a person's leave."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, GateState, Option, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.gates import ask, lines, listed
from orchestrator_tui.core.schedule.readiness import (
    FLEET_GATE,
    OVER_CAP,
    at_work,
    conflicting,
    planned_tracks,
    waits_for,
    wished,
)
from orchestrator_tui.core.schedule.rules import batch_workflow, run_of, work_of
from orchestrator_tui.core.schedule.sequential import without_leave

STAY, WIDEN = "stay", "widen"


def due(batch: Batch) -> list[Draft]:
    """Ask for more at once where more could start and more is wished; take the question down when that is over."""
    bound, gate = batch_workflow(batch).fleet, batch.gates.get(FLEET_GATE)
    most = wished(batch)
    if without_leave(most, batch_workflow(batch)) == most or run_of(batch).pausing:
        return []
    working, waiting = at_work(batch), independent(batch)
    if gate is not None:
        if gate.state is GateState.OPEN and not waiting:
            why = "no track waits for a place any more"
            return [Draft("gate_withdrawn", {"gate": gate.id, "revision": gate.revision, "why": why})]
        return []
    together = len(working) + len(waiting)
    if together <= bound:
        return []
    most = min(together, most or together)
    names = tuple(f"{one.slug}: {work_of(one).planned.title}" for one in waiting)
    return ask(
        batch,
        FLEET_GATE,
        "fleet",
        BATCH_TRACK,
        f"{together} tracks are ready and apart. Work on more than {bound} at once?",
        (Option(STAY, f"no: {bound} at once, the others after them"), Option(WIDEN, f"yes: up to {most} at once")),
        context=lines(
            "These wait for a place and for nothing else; they change no file of what is at work:",
            listed(names),
            "More at once is done sooner. It costs more at the same time, and each is merged onto a branch that moves "
            "more often.",
        ),
        recommend=STAY,
        confidence="low",
        risk="check",
    )


def independent(batch: Batch) -> tuple[Track, ...]:
    """The tracks that could start but for the cap, and that are in nobody's way, nor in each other's."""
    found: list[Track] = []
    for track in planned_tracks(batch):
        if track.state not in (TrackState.PENDING, TrackState.QUEUED) or not work_of(track).planned.scope.declared:
            continue
        if waits_for(batch, track).startswith(OVER_CAP) and not conflicting(batch, track, tuple(found)):
            found.append(track)
    return tuple(found)
