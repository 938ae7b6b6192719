"""Where tracks work: each in a worktree of its own, in a slot of a pool, or one after the other in a shared tree."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES, TERMINAL_TRACK_STATES
from orchestrator_tui.core.schedule.effects import REMOVE
from orchestrator_tui.core.schedule.rules import is_batch_track, plan_of, run_of, workflow_of
from orchestrator_tui.core.workflow import PARALLEL

OWN, INTEGRATED, NOWHERE, POOLED = "track", "batch", "none", "pool"
"""Rules of a workflow: its tracks share the integration worktree, or the repository's own, or take slots of a pool."""

_NOT_STARTED = frozenset({TrackState.PENDING, TrackState.QUEUED})


def tree_rule(batch: Batch, track: Track) -> str:
    """Where a track works: as its wave was told, or as its workflow says."""
    rule = workflow_of(batch, track).worktree
    return run_of(batch).isolation.get(track.wave, rule) if rule == OWN else rule


def shared_tree(batch: Batch, track: Track) -> str:
    """The path of the tree that a track shares with others; "" when it has one of its own."""
    rule = tree_rule(batch, track)
    if is_batch_track(track) or rule not in (INTEGRATED, NOWHERE):
        return ""
    return run_of(batch).integration_path if rule == INTEGRATED else plan_of(batch).repository


def is_integrated(batch: Batch, track: Track) -> bool:
    """Whether a track works on the integration branch itself, so that there is nothing to merge."""
    return not is_batch_track(track) and tree_rule(batch, track) == INTEGRATED


def leaves_uncommitted(batch: Batch, track: Track) -> bool:
    """Whether what a track has done stays uncommitted in the tree that it shares, so that nothing of it is merged."""
    if is_batch_track(track) or tree_rule(batch, track) not in (INTEGRATED, NOWHERE):
        return False
    return workflow_of(batch, track).commits_nothing


def shares_at_once(batch: Batch, track: Track) -> bool:
    """Whether a track works in a tree at the same time as others: only its own files there are its work."""
    return leaves_uncommitted(batch, track) and workflow_of(batch, track).sharing == PARALLEL


def works_in_place(batch: Batch) -> bool:
    """Whether a run works in the repository's own tree alone: it gets no integration worktree, and no branch."""
    return all(one.worktree == NOWHERE for one in run_of(batch).workflows.values())


def works_in(batch: Batch, tree: str, beside: Track) -> Track | None:
    """The track that has begun in a shared tree and has not come to its end, other than this one; None for none."""
    if not tree:
        return None
    others = (one for one in batch.tracks.values() if one.slug != beside.slug and one.work is not None)
    begun = (one for one in others if one.state not in _NOT_STARTED and one.state not in ENDED_TRACK_STATES)
    return next((one for one in begun if shared_tree(batch, one) == tree), None)


def worked_in_since(batch: Batch, track: Track) -> Track | None:
    """The track that has begun in the shared tree of this one after it, where they work in turn; None for none."""
    tree, began = shared_tree(batch, track), _ready_at(track)
    if not tree or shares_at_once(batch, track):
        return None
    others = (one for one in batch.tracks.values() if one.slug != track.slug and one.work is not None)
    return next((one for one in others if _ready_at(one) > began and shared_tree(batch, one) == tree), None)


def _ready_at(track: Track) -> int:
    at = None if track.work is None else track.work.ready_at
    return 0 if at is None else at.wall_ms


def tree_is_taken(batch: Batch, track: Track) -> str:
    """Why a track cannot have its tree now, in words: others work in it, or every slot is taken; "" when it can."""
    tree = shared_tree(batch, track)
    if not tree:
        return no_slot(batch, track)
    if shares_at_once(batch, track):
        return ""
    other = works_in(batch, tree, track)
    if other is not None:
        return f"waits for {other.slug}: they share one tree"
    if not is_integrated(batch, track):
        return ""
    merging = next((one for one in batch.tracks.values() if one.state is TrackState.MERGING), None)
    return "" if merging is None else f"waits for {merging.slug}, which is being merged"


# --- slots of a pool (seed 003) ------------------------------------------------------------------------------


def is_pooled(batch: Batch, track: Track) -> bool:
    """Whether a track works in a slot of a pool, which is given back when the track has come to its end."""
    return not is_batch_track(track) and workflow_of(batch, track).worktree == POOLED


def holds_slot(batch: Batch, track: Track) -> bool:
    """Whether a slot is taken by a track, or about to be."""
    if track.work is None or not is_pooled(batch, track):
        return False
    return track.work.ready or track.state is TrackState.PREPARING


def no_slot(batch: Batch, track: Track) -> str:
    """Why there is no slot for a track now, in words; "" when there is one, or when nobody will ever give one back.

    Then the track goes on all the same: that no slot can be had becomes a question of its own, with the reasons.
    """
    if not is_pooled(batch, track):
        return ""
    size = workflow_of(batch, track).pool_size
    holders = [one for one in batch.tracks.values() if one.slug != track.slug and holds_slot(batch, one)]
    if len(holders) < size or not any(_gives_back(one) for one in holders):
        return ""
    return f"waits for a slot of the pool: {len(holders)} of {size} are taken"


def _gives_back(track: Track) -> bool:
    """Whether the slot of a track will be free without a person's doing."""
    assert track.work is not None
    return track.state not in ENDED_TRACK_STATES or (track.state is not TrackState.FAILED and not track.work.kept)


def is_to_be_released(batch: Batch, track: Track) -> bool:
    """Whether a track is over and still has its slot, which nobody has looked at yet."""
    if track.work is None or not is_pooled(batch, track) or track.state not in TERMINAL_TRACK_STATES:
        return False
    at_work = bool(track.attempts) and track.attempts[-1].ended_at is None
    # An agent that is just being started is at work, too.
    busy = any(one.track == track.slug and one.kind != REMOVE for one in run_of(batch).effects.values())
    return track.work.ready and not track.work.kept and not at_work and not busy
