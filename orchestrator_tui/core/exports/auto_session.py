"""What the files of seed 003 share: how a session is called, moments, groups, and who verified a task independently."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import stages_of
from orchestrator_tui.core.workflow import AGENT

MEMORY = ".claude/auto-memory"
"""Where checkpoints and reports are looked for."""


def session_id(batch: Batch) -> str:
    """``auto-YYYYMMDD-HHMMSS``, by when the batch began."""
    return "auto-undated" if batch.started_at is None else f"auto-{_at(batch.started_at):%Y%m%d-%H%M%S}"


def moment(at: Instant | None) -> str | None:
    """``2026-01-27T09:20:00Z``; None for no moment."""
    return None if at is None else f"{_at(at):%Y-%m-%dT%H:%M:%SZ}"


def _at(at: Instant) -> datetime:
    return datetime.fromtimestamp(at.wall_ms // 1000, UTC)


def groups(batch: Batch) -> dict[int, list[Track]]:
    """The tracks by the number of their group."""
    found: dict[int, list[Track]] = {}
    for track in planned_tracks(batch):
        found.setdefault(track.wave, []).append(track)
    return dict(sorted(found.items()))


def executing_stage(batch: Batch, track: Track) -> int:
    """The first stage whose agent writes, or 0."""
    rungs = stages_of(batch, track)
    return next((rule.index for rule, work in rungs if work.runs == AGENT and work.writes and not work.reviews), 0)


def verifying_stage(batch: Batch, track: Track) -> int:
    """The stage that verifies independently: a review in a fresh copy; 0 without one."""
    return next((rule.index for rule, work in stages_of(batch, track) if work.reviews and work.fresh), 0)


def tries_of(track: Track, stage: int) -> tuple[Attempt, ...]:
    """The attempts of a stage."""
    return tuple(one for one in track.attempts if one.stage == stage)


def verification(batch: Batch, track: Track) -> Attempt | None:
    """The last independent verification that has come to a verdict."""
    tried = tries_of(track, verifying_stage(batch, track))
    return next((one for one in reversed(tried) if one.ended_at is not None and one.verdict), None)


def is_approved(batch: Batch, track: Track) -> bool:
    """Whether the last independent verification approved of the work as it is: nobody has worked on it since."""
    last, stage = verification(batch, track), verifying_stage(batch, track)
    if last is None or stages_of(batch, track)[stage - 1][1].verdicts.get(last.verdict) != "done":
        return False
    later = track.attempts[track.attempts.index(last) + 1 :]
    return not any(one.stage == executing_stage(batch, track) for one in later)
