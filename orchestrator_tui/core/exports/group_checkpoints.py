"""Checkpoints of parallel groups: before, after and on failure of each, and the summary of a group (seed 003)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_tui.core.exports.auto_session import MEMORY, executing_stage, groups, moment, session_id, tries_of
from orchestrator_tui.core.exports.auto_state_machine import EXECUTE
from orchestrator_tui.core.exports.document import YAML, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.run import CONTEXT, POST, PRE, Checkpoint
from orchestrator_tui.core.schedule.readiness import is_through
from orchestrator_tui.core.schedule.rules import run_of


def group_checkpoint_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``parallel-group-<n>-<pre|post|failed>.yaml``, the newest of each, and a summary of every group that is over."""
    newest = {(one.wave, one.type): one for one in run_of(batch).checkpoints if one.type != CONTEXT}
    found = [
        Document(f"{MEMORY}/parallel-group-{wave}-{type_}.yaml", YAML, _checkpoint(batch, one))
        for (wave, type_), one in newest.items()
    ]
    for wave in sorted({one.wave for one in newest.values() if one.type != PRE and not one.about}):
        found.append(Document(f"{MEMORY}/parallel-group-{wave}-summary.md", YAML, _summary(batch, wave)))
    return found


def _checkpoint(batch: Batch, made: Checkpoint) -> dict[str, Any]:
    """One checkpoint; all are made while groups are executed."""
    return {
        "group_number": made.wave,
        "checkpoint_type": made.type,
        "timestamp": moment(made.at),
        "summary": _words(batch, made),
        "tasks_in_group": list(made.tracks),
        "completed_tasks": [slug for slug in made.completed if slug in made.tracks],
        "session_info": {"session_id": session_id(batch), "current_state": EXECUTE},
        "next_actions": _next(batch, made),
    }


def _words(batch: Batch, made: Checkpoint) -> str:
    if made.type == PRE:
        return f"Starting parallel group {made.wave} with tasks: {', '.join(made.tracks)}"
    if made.type == POST:
        more = any(wave > made.wave for wave in groups(batch))
        after = "Ready for next group." if more else "All groups are completed."
        return f"Completed group {made.wave}. Tasks verified. {after}"
    if made.about:
        return f"A task of group {made.wave} failed ({_failed(batch, made)}); it is retried"
    lost = [slug for slug in made.tracks if slug not in made.completed]
    return f"Group {made.wave} ended with failed tasks: {', '.join(lost)}"


def _next(batch: Batch, made: Checkpoint) -> list[str]:
    if made.type == PRE:
        return [f"Execute group {made.wave}", "Verify all tasks in group"]
    if made.about:
        return [f"Retry the failed task: {_failed(batch, made)}"]
    later = [wave for wave in groups(batch) if wave > made.wave]
    if later:
        return [f"Execute group {later[0]}: orch-tui run --resume {batch.id}"]
    return ["Integrate and review"]


def _failed(batch: Batch, made: Checkpoint) -> str:
    """The task that an attempt was about."""
    tracks = (batch.tracks[slug] for slug in made.tracks if slug in batch.tracks)
    return next((one.slug for one in tracks if any(each.id == made.about for each in one.attempts)), made.about)


def _summary(batch: Batch, wave: int) -> dict[str, Any]:
    tracks = groups(batch).get(wave, [])
    done = [one for one in tracks if is_through(one)]
    later = [number for number in groups(batch) if number > wave]
    return {
        "group_number": wave,
        "status": "complete" if len(done) == len(tracks) else "failed",
        "tasks_completed": [{one.slug: _told(batch, one)} for one in done],
        "branches_created": [one.branch for one in tracks if one.branch],
        "verification_passed": len(done) == len(tracks),
        "next_group": later[0] if later else None,
        "remaining_groups": later,
    }


def _told(batch: Batch, track: Track) -> str:
    """What its executor said of it last, else what it is called."""
    said = [one.summary for one in tries_of(track, executing_stage(batch, track)) if one.summary]
    return said[-1] if said else track.title
