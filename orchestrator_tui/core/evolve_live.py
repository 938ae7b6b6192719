"""What the events about agents at work and a moving base make of their batch and its tracks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator_tui.core.changing import changed
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.run import BaseSeen, Run, Trip, Work

if TYPE_CHECKING:
    from orchestrator_tui.core.evolve import BatchFold, Changes


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


def _run(batch: BatchFold) -> Run:
    if batch.run is None:
        raise ValueError("the batch has no plan")
    return batch.run


def _base_seen(batch: BatchFold, event: Event) -> Changes:
    data = event.payload
    seen = BaseSeen(
        sha=data["sha"],
        level=data["level"],
        commits=data["commits"],
        of=data["of"],
        at=event.at,
        files=tuple(data.get("files", ())),
        why=data.get("why", ""),
        rewritten=data.get("rewritten", False),
    )
    return {"run": replace(_run(batch), base=seen)}


def _base_brought(batch: BatchFold, event: Event) -> Changes:
    data = event.payload
    # Whatever was seen of the base before was about another tree.
    return {"run": replace(_run(batch), integration_sha=data["to_sha"], based_on=data["sha"], base=None)}


LIVE_HANDLERS: dict[str, Callable[[BatchFold, Event], Changes]] = {
    "base_seen": _base_seen,
    "base_brought": _base_brought,
}
"""What each kind changes of its batch."""

LIVE_TRACK_HANDLERS: dict[str, Callable[[Track, Event], Track]] = {
    "breaker_tripped": _tripped,
}
"""What each kind makes of the track that it names."""
