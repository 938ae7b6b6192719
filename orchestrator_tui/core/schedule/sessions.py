"""Waves of a run in sessions: checkpoints of each, and the handover to the next session (seed 003).

A session is one life of a run's host: after so many waves it ends with a checkpoint, and `--resume` begins the next.
"""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.run import CONTEXT, FAILED, HANDED_OVER, POST, PRE, Checkpoint
from orchestrator_tui.core.schedule.effects import REMOVE, under_way
from orchestrator_tui.core.schedule.ending import clear
from orchestrator_tui.core.schedule.judging import REJECTED, REWORK
from orchestrator_tui.core.schedule.phases import tokens_used
from orchestrator_tui.core.schedule.readiness import LOST, is_through, planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, run_of, work_of, workflow_of
from orchestrator_tui.core.schedule.trees import is_to_be_released


def due(batch: Batch) -> list[Draft] | None:
    """The checkpoint or handover that is due; [] when the run waits for one, None when nothing is to be done here."""
    rules, run = batch_workflow(batch), run_of(batch)
    if not rules.checkpoints and not rules.waves_per_session:
        return None
    drafts = _of_attempts(batch)
    if drafts:
        return drafts
    last = _last(batch)
    if last is not None and last.type == PRE:
        wave = _of_wave(batch, last.wave)
        if any(one.state not in ENDED_TRACK_STATES for one in wave):
            return None
        return _recorded(batch, last.wave, FAILED if any(one.state in LOST for one in wave) else POST)
    left = [one.wave for one in planned_tracks(batch) if one.state not in ENDED_TRACK_STATES]
    if not left:
        return None
    done = sum(one.type in (POST, FAILED) and not one.about and one.session == run.session for one in run.checkpoints)
    if rules.waves_per_session and done >= rules.waves_per_session:
        # What ends with the wave ends in its session; nothing new is begun meanwhile.
        for track in planned_tracks(batch):
            if is_to_be_released(batch, track) and not under_way(batch, REMOVE, track=track.slug):
                return clear(batch, track)
        if run.effects:
            return []
        why = f"wave {min(left)} is for the next session: orch-tui run --resume {batch.id}"
        return [Draft("batch_moved", {"to": HANDED_OVER, "why": why})]
    return None if run.pausing else _recorded(batch, min(left), PRE)


def next_session(batch: Batch) -> list[Draft]:
    """What begins the next session of a run that was handed over; nothing for any other."""
    if run_of(batch).phase != HANDED_OVER:
        return []
    return [Draft("batch_moved", {"to": "running", "why": f"session {run_of(batch).session + 1} begins"})]


def is_handed_over(batch: Batch) -> bool:
    """Whether a run waits for its next session."""
    return batch.run is not None and batch.run.phase == HANDED_OVER


def _of_attempts(batch: Batch) -> list[Draft]:
    """Before a failed try is made again, and when a conversation is too full."""
    known = {(one.type, one.about) for one in run_of(batch).checkpoints}
    for track in planned_tracks(batch):
        run = work_of(track).run
        if run is not None and run.judged in (REJECTED, REWORK) and run.attempt and (FAILED, run.attempt) not in known:
            return _recorded(batch, track.wave, FAILED, run.attempt)
        rules = workflow_of(batch, track).context
        last = track.attempts[-1] if track.attempts else None
        if not rules.tokens or last is None or last.ended_at is not None or (CONTEXT, last.id) in known:
            continue
        used = tokens_used(track)
        if used >= rules.tokens * rules.checkpoint:
            text = f"its conversation is {100 * used // rules.tokens} % full: a checkpoint is made"
            told = {"signal": f"context-{last.id}", "kind": "context_low", "track": track.slug, "text": text}
            return [*_recorded(batch, track.wave, CONTEXT, last.id), Draft("signal_raised", told)]
    return []


def _last(batch: Batch) -> Checkpoint | None:
    """The last checkpoint of a wave itself."""
    return next((one for one in reversed(run_of(batch).checkpoints) if not one.about), None)


def _of_wave(batch: Batch, wave: int) -> list[Track]:
    return [one for one in planned_tracks(batch) if one.wave == wave]


def _recorded(batch: Batch, wave: int, type_: str, about: str = "") -> list[Draft]:
    told = {
        "wave": wave,
        "type": type_,
        "tracks": [one.slug for one in _of_wave(batch, wave)],
        "completed": [one.slug for one in planned_tracks(batch) if is_through(one)],
    }
    return [Draft("checkpoint_recorded", {**told, "about": about} if about else told)]
