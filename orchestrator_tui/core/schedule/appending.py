"""Files to which every track that changes them only appends: what two tracks append there is no conflict (seed 000)."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import work_of
from orchestrator_tui.core.scope import matches


def joins(batch: Batch, track: Track, file: str) -> bool:
    """Whether this track and all others that may change a file, or were seen to have, declare it append-only."""
    if not _appends(work_of(track).planned, file):
        return False
    return all(_appends(work_of(one).planned, file) or not _changes(one, file) for one in planned_tracks(batch))


def _appends(planned: PlannedTrack, file: str) -> bool:
    return any(matches(file, pattern) for pattern in planned.scope.append_only)


def _changes(track: Track, file: str) -> bool:
    work = work_of(track)
    scope, seen = work.planned.scope, work.inspection
    named = any(matches(file, pattern) for pattern in (*scope.owned, *scope.allowed))
    return named or (seen is not None and file in seen.files)
