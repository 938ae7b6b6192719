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
from orchestrator_tui.core.schedule.adding import add, refusal_of_tracks
from orchestrator_tui.core.schedule.apart import rechecked

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
    tracks = tuple(from_data(PlannedTrack, one) for one in payload["tracks"])
    refused = refusal_of_tracks(batch, tracks)
    if refused:
        return (), f"refused: {refused}"
    drafts = add(batch, tracks, by)
    if isinstance(payload.get("checked"), dict):
        drafts += rechecked(batch, payload["checked"])
    return tuple(drafts), "done"
