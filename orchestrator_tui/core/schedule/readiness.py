"""Which tracks may start now, in which order, and why the others may not (waves, dependencies, scopes, caps)."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK, SERIALISE
from orchestrator_tui.core.schedule.gates import barring, chosen, gate_id
from orchestrator_tui.core.schedule.gathering import has_arrived, waits_for_others
from orchestrator_tui.core.schedule.rules import (
    batch_workflow,
    is_batch_track,
    plan_of,
    run_of,
    work_of,
    workflow_of,
)
from orchestrator_tui.core.schedule.sequential import too_few, without_leave
from orchestrator_tui.core.schedule.trees import NOWHERE, leaves_uncommitted, tree_is_taken
from orchestrator_tui.core.schedule.waiting import has_agent, is_waiting
from orchestrator_tui.core.wave_roles import changes_files, phase_of

AT_WORK = frozenset(
    {
        TrackState.PREPARING,
        TrackState.RUNNING,
        TrackState.VERIFYING,
        TrackState.IN_REVIEW,
        TrackState.REVISING,
        TrackState.STALLED,
        TrackState.RESCUING,
        TrackState.MERGING,
    }
)
"""States of a track that takes one of the places at work."""

_ASKED = frozenset({TrackState.ESCALATED, TrackState.BLOCKED})

LOST = frozenset({TrackState.FAILED, TrackState.ABANDONED, TrackState.SKIPPED, TrackState.ROLLED_BACK})
"""States in which what depends on a track waits in vain."""


def planned_tracks(batch: Batch) -> tuple[Track, ...]:
    """The tracks of the plan, without the batch's own, by wave, priority (higher first) and slug."""
    tracks = [one for one in batch.tracks.values() if one.work is not None and one.slug != BATCH_TRACK]
    return tuple(sorted(tracks, key=lambda one: (one.wave, -work_of(one).planned.priority, one.slug)))


def is_through(track: Track) -> bool:
    """Whether what depends on this track can go on: it was merged, or is done where nothing is merged."""
    if track.state is TrackState.MERGING:
        # Its checks may still undo it.
        return False
    return bool(work_of(track).merged_sha) or track.state in (TrackState.MERGED, TrackState.DONE)


def lost_dependency(batch: Batch, track: Track) -> str:
    """The track, itself or further up, whose failing keeps this one from ever starting; "" for none."""
    for slug in track.depends_on:
        other = batch.tracks.get(slug)
        if other is not None and other.state in LOST and not is_through(other):
            return slug
    return ""


FLEET_GATE = gate_id("fleet", BATCH_TRACK)
"""The name of the gate that lets more tracks work at once than their workflow does by itself."""

OVER_CAP = "over the cap"
"""How the reason begins for which a track waits that could start but for the number of those at work."""


def cap(batch: Batch) -> int:
    """How many tracks may be at work at once; 0 for no bound."""
    most = wished(batch)
    return most if chosen(batch, FLEET_GATE) == "widen" else without_leave(most, batch_workflow(batch))


def wished(batch: Batch) -> int:
    """How many tracks plan, workflow and person would have at work at once; 0 for no bound."""
    run, limits = run_of(batch), plan_of(batch).limits
    workflow = batch_workflow(batch)
    if too_few([work_of(one).planned for one in planned_tracks(batch)], workflow):
        return 1
    bounds = [bound for bound in (run.agents, limits.agents, workflow.concurrency) if bound > 0]
    return min(bounds) if bounds else 0


def at_work(batch: Batch) -> tuple[Track, ...]:
    """The tracks that take a place now; one that is paused, or waits for the others, has none without an agent."""
    tracks = (one for one in planned_tracks(batch) if one.state in AT_WORK)
    return tuple(
        one for one in tracks if has_agent(batch, one) or not (work_of(one).paused or waits_for_others(batch, one))
    )


def no_place(batch: Batch, track: Track) -> str:
    """Why no agent of a track that has started is begun now, in words; "" when one can be.

    A track that comes back from a question may find others at work by then.
    """
    if is_batch_track(track):
        return ""
    busy = tuple(one for one in planned_tracks(batch) if one.slug != track.slug and has_agent(batch, one))
    return _beside(batch, track, busy)


def waits_for(batch: Batch, track: Track) -> str:
    """Why a track that has not started does not start now, in words; "" when it can."""
    known = [slug for slug in track.depends_on if slug in batch.tracks]
    missing = [slug for slug in known if not _is_far_enough(batch, batch.tracks[slug])]
    if missing:
        return f"waits for {', '.join(missing)} to be merged"
    barrier = _barrier(batch, track) if batch_workflow(batch).waves == "barrier" else ""
    if barrier:
        return barrier
    merging = conflicting(batch, track, _on_their_way(batch))
    if merging:
        return f"waits for {merging} to be merged: they change the same files"
    asked = conflicting(batch, track, _asked_about(batch))
    if asked:
        return f"waits for {asked} to be settled: they change the same files"
    return tree_is_taken(batch, track) or _beside(batch, track, at_work(batch))


def _on_their_way(batch: Batch) -> tuple[Track, ...]:
    """The tracks that are merged next: what changes the same files begins with their work, and not without it.

    One that a person has paused is not among them: that lets others go before it.
    """
    if "concerns" in batch_workflow(batch).gates:
        return ()
    return tuple(
        one
        for one in planned_tracks(batch)
        if one.state is TrackState.APPROVED
        and not work_of(one).paused
        and not barring(batch, one)
        and not leaves_uncommitted(batch, one)
        and workflow_of(batch, one).worktree != NOWHERE
    )


def _asked_about(batch: Batch) -> tuple[Track, ...]:
    """The tracks that have work on their files and go on, or are merged, or given up, as a person says.

    Each of them has its question, so that whoever waits for it is not forgotten. What its workflow has let fail
    without one is dropped and holds up nobody.
    """
    return tuple(
        one
        for one in planned_tracks(batch)
        if not work_of(one).paused
        and (
            (one.state in _ASKED and work_of(one).run is not None)
            or (one.state is TrackState.APPROVED and barring(batch, one))
        )
    )


def follows_merged(batch: Batch, track: Track) -> bool:
    """Whether a track was kept apart from one that has merged, so that it begins with its work.

    So does a track that declares no files: it may change any, and has waited for all that were at work.
    """
    if _anywhere(batch, track):
        return True
    merged = tuple(one for one in planned_tracks(batch) if work_of(one).merged_sha)
    return bool(conflicting(batch, track, merged))


def _barrier(batch: Batch, track: Track) -> str:
    """Which earlier wave, or role inside of the same wave, is still at work, in words; "" when none is."""
    rules = batch_workflow(batch).sessions

    def turn(one: Track) -> tuple[int, int]:
        return one.wave, phase_of(work_of(one).planned, rules)

    before = [one for one in planned_tracks(batch) if one.state not in ENDED_TRACK_STATES and turn(one) < turn(track)]
    unsettled = [one for one in before if not has_arrived(batch, one)]
    earlier = [one for one in unsettled if not _depends(batch, one, track)]
    if not earlier:
        return ""
    first = min(earlier, key=turn)
    return f"waits for wave {first.wave}" if first.wave < track.wave else f"waits for {work_of(first).planned.role}"


def _is_far_enough(batch: Batch, track: Track) -> bool:
    """Whether what depends on a track can start: it is through, or stands where all go on together."""
    return is_through(track) or (track.state not in LOST and has_arrived(batch, track))


def _beside(batch: Batch, track: Track, working: tuple[Track, ...]) -> str:
    """Why a track may not work beside these, in words; "" when it may."""
    if _anywhere(batch, track) and working:
        return "runs alone: it declares no files"
    alone = next((one for one in working if _anywhere(batch, one)), None)
    if alone is not None:
        return f"{alone.slug} runs alone: it declares no files"
    shared = conflicting(batch, track, working)
    if shared:
        return f"waits for {shared}: they change the same files"
    most = cap(batch)
    # Who only waits for an answer leaves room for others.
    if most and sum(not is_waiting(batch, one) for one in working) >= most:
        return f"{OVER_CAP} of {most} at once"
    return ""


def _anywhere(batch: Batch, track: Track) -> bool:
    """Whether a track may change any file, since it declares none and does not only read."""
    planned = work_of(track).planned
    return not planned.scope.declared and changes_files(planned, workflow_of(batch, track))


def _depends(batch: Batch, track: Track, on: Track) -> bool:
    """Whether a track waits for another one, directly or through others: whatever their waves, that goes first."""
    waiting, seen = list(track.depends_on), set[str]()
    while waiting:
        slug = waiting.pop()
        if slug == on.slug:
            return True
        if slug in batch.tracks and slug not in seen:
            seen.add(slug)
            waiting += batch.tracks[slug].depends_on
    return False


def conflicting(batch: Batch, track: Track, working: tuple[Track, ...]) -> str:
    """A track at work that the plan's check says must not run beside this one."""
    busy = {one.slug for one in working}
    for pair in run_of(batch).checked.get("matrix", ()):
        if pair.get("consequence") != SERIALISE:
            continue
        if track.slug in (pair["a"], pair["b"]):
            other = pair["b"] if pair["a"] == track.slug else pair["a"]
            if other in busy:
                return str(other)
    return ""
