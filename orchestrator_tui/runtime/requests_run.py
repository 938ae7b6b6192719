"""What other processes ask of the host of a run, by requests that it takes (DESIGN §3, one writer a batch)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core import commands
from orchestrator_tui.core.codec import from_data, to_data
from orchestrator_tui.core.commands import Command, Tell
from orchestrator_tui.core.decide_run import decide_run
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.core.refusal_run import refusal_of_run
from orchestrator_tui.core.schedule.opening import added
from orchestrator_tui.core.text import sanitise_line

CONTROL, ADD = "control", "add"
"""Requests that carry a command to a run, and tracks for it."""

_COMMANDS: Mapping[str, type[commands.RunCommand]] = {
    "pause": commands.Pause,
    "resume": commands.Resume,
    "stop": commands.Stop,
    "retry": commands.Retry,
    "rescue": commands.Rescue,
    "skip": commands.Skip,
    "publish": commands.Publish,
}


def request_of(command: Command) -> tuple[str, dict[str, object]]:
    """The request by which a process that does not hold a batch asks for a command: its kind and payload."""
    name = type(command).__name__.lower()
    if name in _COMMANDS:
        payload = {key: value for key, value in to_data(command).items() if key != "batch"}
        return CONTROL, {"command": name, **payload}
    payload = {"track": getattr(command, "track", "")}
    if isinstance(command, Tell):
        return "tell", {**payload, "text": command.text}
    return "nudge", payload


def take_control(batch: Batch, payload: Mapping[str, Any], by: str) -> tuple[tuple[Draft, ...], str]:
    """The events of a command to a run, and what became of it: ``done``, or ``refused: why``.

    Raises:
        TypeError, ValueError, LookupError: the payload is no command.
    """
    command = from_data(_COMMANDS[payload["command"]], {**payload, "batch": batch.id})
    refused = refusal_of_run(batch, command)
    if refused is not None:
        return (), f"refused: {refused}"
    return decide_run(batch, command, by), "done"


def take_tracks(batch: Batch, payload: Mapping[str, Any], by: str) -> tuple[tuple[Draft, ...], str]:
    """The events that add tracks to a run under way, and what became of the request.

    Raises:
        TypeError, ValueError, LookupError: the payload holds no tracks.
    """
    if batch.run is None or batch.ended_at is not None:
        return (), "refused: the batch has ended, or is only watched"
    tracks = [from_data(PlannedTrack, one) for one in payload["tracks"]]
    drafts: list[Draft] = []
    for track in tracks:
        if track.slug in batch.tracks:
            return (), f"refused: there is a track {sanitise_line(track.slug, 80)} already"
        workflow = batch.run.workflows.get(track.workflow)
        if workflow is None:
            return (), f"refused: the batch does not know the workflow {sanitise_line(track.workflow, 80)}"
        drafts += added(track, workflow.ladder, track.wave or 1)
    if isinstance(payload.get("checked"), dict):
        drafts.append(Draft("plan_checked", {"checked": payload["checked"]}))
    if batch.run.phase in ("verifying", "awaiting_user"):
        drafts.append(Draft("batch_moved", {"to": "running", "why": "tracks were added", "by": by}))
    return tuple(drafts), "done"
