"""Who has committed in a tree that is to stay uncommitted: its track is marked, where that can be known.

Nothing is taken back, since others may have built on it by then, and no try is lost: the work itself is there.
"""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.run import Inspection
from orchestrator_tui.core.schedule.rules import RESOLVING, stage_work, work_of
from orchestrator_tui.core.schedule.trees import leaves_uncommitted, shares_at_once
from orchestrator_tui.core.text import sanitise_line

COMMITTED = "committed"
"""The kind of the signal."""

_NAMED, _LINE = 5, 500


def is_in_question(batch: Batch, track: Track, head: str) -> bool:
    """Whether the tree of a track that writes, and commits nothing, is at another commit than when it began."""
    run = work_of(track).run
    if run is None or not run.head or head == run.head or run.stage == RESOLVING or not run.attempt:
        return False
    return leaves_uncommitted(batch, track) and stage_work(batch, track, run.stage).writes


def remarked(batch: Batch, track: Track, since: Inspection) -> list[Draft]:
    """The signal that a track's agent has committed, from what has changed ``since`` its stage began.

    Where others work in the tree at the same time it is its own when that holds its own files and no others, or when
    all of them had been seen without it after their end.
    """
    run = work_of(track).run
    files = [one for one in since.files if one not in since.uncommitted]
    if run is None or not files:
        return []
    foreign = any(line.startswith(tuple(f"{one} " for one in files)) for line in since.outside)
    if foreign and shares_at_once(batch, track) and _may_be_another_s(batch, track):
        return []
    name = f"{COMMITTED}-{track.slug}-{run.stage}-{run.entry}"
    if name in batch.signals:
        return []
    rest = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    words = f"{run.attempt} has committed {', '.join(files[:_NAMED])}{rest}, although nothing is committed in this tree"
    told = {"signal": name, "kind": COMMITTED, "track": track.slug, "text": sanitise_line(words, _LINE)}
    return [Draft("signal_raised", told)]


def has_committed(batch: Batch, track: Track) -> bool:
    """Whether an agent of this track was seen to have committed against its rule."""
    return any(one.kind == COMMITTED and one.track == track.slug for one in batch.signals.values())


def _may_be_another_s(batch: Batch, track: Track) -> bool:
    own, run = track.attempts[-1], work_of(track).run
    before = "" if run is None else run.head
    for other in batch.tracks.values():
        ends = [one.ended_at for one in other.attempts]
        if other.slug == track.slug or other.work is None or not ends:
            continue
        seen = other.work.inspection
        for ended in ends:
            if ended is None:
                return True
            began_since = elapsed_ms(ended, own.started_at) > 0
            cleared = seen is not None and seen.head == before and seen.at.wall_ms >= ended.wall_ms
            if not began_since and not cleared:
                return True
    return False
