"""Where tracks work: each in a worktree of its own, or one after the other in a tree that they share."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.schedule.rules import is_batch_track, plan_of, run_of, workflow_of

INTEGRATED, NOWHERE = "batch", "none"
"""Rules of a workflow by which its tracks share a tree: the integration worktree, or the repository's own."""

_OVER = TERMINAL_TRACK_STATES | {TrackState.FAILED}
_NOT_STARTED = frozenset({TrackState.PENDING, TrackState.QUEUED})


def shared_tree(batch: Batch, track: Track) -> str:
    """The path of the tree that a track shares with others; "" when it has one of its own."""
    rule = workflow_of(batch, track).worktree
    if is_batch_track(track) or rule not in (INTEGRATED, NOWHERE):
        return ""
    return run_of(batch).integration_path if rule == INTEGRATED else plan_of(batch).repository


def is_integrated(batch: Batch, track: Track) -> bool:
    """Whether a track works on the integration branch itself, so that there is nothing to merge."""
    return not is_batch_track(track) and workflow_of(batch, track).worktree == INTEGRATED


def works_in(batch: Batch, tree: str, beside: Track) -> Track | None:
    """The track that has begun in a shared tree and has not come to its end, other than this one; None for none."""
    if not tree:
        return None
    others = (one for one in batch.tracks.values() if one.slug != beside.slug and one.work is not None)
    begun = (one for one in others if one.state not in _NOT_STARTED and one.state not in _OVER)
    return next((one for one in begun if shared_tree(batch, one) == tree), None)


def tree_is_taken(batch: Batch, track: Track) -> str:
    """Why the tree that a track shares is not its own now, in words; "" when it is, or when it has its own."""
    tree = shared_tree(batch, track)
    if not tree:
        return ""
    other = works_in(batch, tree, track)
    if other is not None:
        return f"waits for {other.slug}: they share one tree"
    if not is_integrated(batch, track):
        return ""
    merging = next((one for one in batch.tracks.values() if one.state is TrackState.MERGING), None)
    return "" if merging is None else f"waits for {merging.slug}, which is being merged"
