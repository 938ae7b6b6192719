"""From a command to a run to the events that it amounts to (DESIGN §3: ``decide`` is pure and returns events)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator_tui.core.commands import Pause, Publish, Rescue, Resume, Retry, RunCommand, Skip, Stop
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Option
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule import ending, watching
from orchestrator_tui.core.schedule.acting import give_up, one_more, withdrawn
from orchestrator_tui.core.schedule.gates import SOURCE, ask, gate_id, lines
from orchestrator_tui.core.schedule.rules import stages_of
from orchestrator_tui.core.text import sanitise


def decide_run(batch: Batch, command: RunCommand, by: str) -> tuple[Draft, ...]:
    """The events of a command that ``refusal_of_run`` let through."""
    return tuple(_MAKERS[type(command)](batch, command, by))


def _pause(batch: Batch, command: Pause, by: str) -> list[Draft]:
    if not command.track:
        drafts = [Draft("batch_paused", {"how": "now" if command.now else "drain", "by": by})]
        tracks = list(batch.tracks.values())
    else:
        why = f"paused by {by}"
        drafts = [Draft("track_paused", {"track": command.track, "why": why, "by": by, "until": "person"})]
        tracks = [batch.tracks[command.track]]
    for track in tracks if command.now else ():
        attempt = watching.running_attempt(track)
        if attempt is not None and not attempt.stopping:
            stopping = {"track": track.slug, "attempt": attempt.id, "why": watching.PAUSED}
            drafts.append(Draft("attempt_stopping", stopping))
    return drafts


def _resume(batch: Batch, command: Resume, by: str) -> list[Draft]:
    if not command.track:
        return [Draft("batch_resumed", {"by": by})]
    return [Draft("track_resumed", {"track": command.track, "by": by})]


def _stop(batch: Batch, command: Stop, by: str) -> list[Draft]:
    why = sanitise(command.reason)
    if command.track in ("", BATCH_TRACK):
        return [Draft("batch_moved", {"to": ending.STOPPED, "why": why, "by": by})]
    return give_up(batch, batch.tracks[command.track], why)


def _retry(batch: Batch, command: Retry, by: str) -> list[Draft]:
    track = batch.tracks[command.track]
    over = withdrawn(batch, track, f"{by} tries it again", lambda gate: gate.source == SOURCE)
    return [*over, *one_more(batch, track, by, sanitise(command.instruction))]


def _rescue(batch: Batch, command: Rescue, by: str) -> list[Draft]:
    track = batch.tracks[command.track]
    return watching.rescue(track, watching.running_attempt(track), sanitise(command.reason) or f"asked by {by}", by)


def _skip(batch: Batch, command: Skip, by: str) -> list[Draft]:
    """Ask, and show what the stage catches: only a person skips a stage, and only after hearing the risk (seed 002)."""
    track = batch.tracks[command.track]
    rule = stages_of(batch, track)[command.stage - 1][0]
    return ask(
        batch,
        gate_id("skip_stage", track.slug, command.stage),
        "skip_stage",
        track.slug,
        f"Skip stage {command.stage} {rule.name} of {track.slug}?",
        (Option("skip", "skip it; it is recorded as skipped by you", "skip"), Option("keep", "keep it")),
        context=lines(
            f"It catches {rule.catches}." if rule.catches else "",
            f"Without it: {rule.skip_risk}." if rule.skip_risk else "",
        ),
        recommend="keep",
        confidence="medium",
        risk="check",
        stage=command.stage,
    )


def _publish(batch: Batch, command: Publish, by: str) -> list[Draft]:
    return ending.ask_publish(batch)


_MAKERS: dict[type, Callable[[Batch, Any, str], list[Draft]]] = {
    Pause: _pause,
    Resume: _resume,
    Stop: _stop,
    Retry: _retry,
    Rescue: _rescue,
    Skip: _skip,
    Publish: _publish,
}
