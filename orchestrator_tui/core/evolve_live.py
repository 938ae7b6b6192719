"""What the events about agents at work and a moving base make of their batch and its tracks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orchestrator_tui.core.changing import changed
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.run import Trip, Work


def _work(track: Track) -> Work:
    if track.work is None:
        raise ValueError(f"{track.slug} was not planned")
    return track.work


def _tripped(track: Track, event: Event) -> Track:
    data, work = event.payload, _work(track)
    trip = Trip(
        attempt=data["attempt"],
        pattern=data["pattern"],
        times=data["times"],
        action=data["action"],
        at=event.at,
        stage=data.get("stage", 0),
        file=data.get("file", ""),
        what=data.get("what", ""),
        error=data.get("error", ""),
        error_class=data.get("error_class", ""),
    )
    return changed(track, work=replace(work, trips=(*work.trips, trip)))


LIVE_TRACK_HANDLERS: dict[str, Callable[[Track, Event], Track]] = {
    "breaker_tripped": _tripped,
}
"""What each kind makes of the track that it names."""
