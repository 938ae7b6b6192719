"""What became of a track in one word, why, and what is to be done next."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.queries import waiting_gates
from orchestrator_tui.core.schedule.readiness import waits_for
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.tracks_shown import is_run_itself

LOST = frozenset({TrackState.ABANDONED, TrackState.SKIPPED, TrackState.FAILED, TrackState.ROLLED_BACK})
"""States in which a track has ended without being merged or done."""

MERGED, DONE, ACTIVE, RETAINED = "merged", "done", "active", "retained"


def outcome(batch: Batch, track: Track) -> str:
    """``merged``, ``done``, ``abandoned``, ``skipped``, ``failed``, ``rolled_back``, ``active``, or ``retained``.

    What is neither merged nor lost when its batch has ended is retained: its work is kept for later.
    """
    if track.state in LOST:
        return track.state.value
    if track.state is TrackState.MERGED or track.slug in batch.merged:
        return MERGED
    if track.state is TrackState.DONE or (is_run_itself(track) and batch.state == "completed"):
        return DONE
    return RETAINED if batch.ended_at is not None else ACTIVE


def why_it_ended(batch: Batch, track: Track) -> str:
    """Why a track is where it is, in the words of whoever brought it there; "" when nobody said."""
    work = track.work
    said = (track.problem, "" if work is None else work.why, "" if work is None else work.kept)
    return next((sanitise_line(one, 400) for one in said if one.strip()), "")


def next_action(batch: Batch, track: Track) -> str:
    """What has to happen next, in words; "none" for what is settled."""
    become = outcome(batch, track)
    if become in (MERGED, DONE):
        return "none"
    gates = waiting_gates(batch, track.slug)
    if gates:
        return f"decide: {sanitise_line(gates[0].question.question, 200)}"
    if track.work is not None and track.work.carried:
        return f"goes on as {track.work.carried}"
    if become in (RETAINED, TrackState.FAILED.value):
        return "look at its worktree, then retry it or give it up"
    if become != ACTIVE:
        return "none"
    work = track.work
    if work is not None and work.paused:
        return f"paused: {sanitise_line(work.paused, 200)}"
    if track.state in (TrackState.PENDING, TrackState.QUEUED) and batch.run is not None:
        return waits_for(batch, track) or "start it"
    stage = next((one for one in track.stages if one.index == track.stage), None)
    if stage is None:
        return "go on"
    return f"go on with stage {stage.index}" + (f", {sanitise_line(stage.name, 120)}" if stage.name else "")
