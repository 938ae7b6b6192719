"""Tracks that join a run under way: whether they can ever start, in which wave, and what is asked anew for them."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, GateState
from orchestrator_tui.core.plan import BATCH_TRACK, PlannedTrack
from orchestrator_tui.core.schedule import names
from orchestrator_tui.core.schedule.gates import SOURCE
from orchestrator_tui.core.schedule.opening import added
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import run_of
from orchestrator_tui.core.text import sanitise_line

_ABOUT_ALL = frozenset({"spend", "integration", "publish"})
"""Gates of the batch that ask about all of its tracks."""


def refusal_of_tracks(batch: Batch, tracks: tuple[PlannedTrack, ...]) -> str:
    """Why these tracks cannot join a run, in one line; "" when they can."""
    run = run_of(batch)
    if run.phase == "stopped":
        return "the batch is being stopped"
    if not planned_tracks(batch):
        return "the tracks of the batch are still being found: add yours when they are there"
    waiting, promised = {one.slug: one.depends_on for one in tracks}, names.promised(batch)
    for place, track in enumerate(tracks):
        if track.slug in batch.tracks or any(one.slug == track.slug for one in tracks[:place]):
            return f"there is a track {sanitise_line(track.slug, 80)} already"
        if track.slug in promised:
            return f"{promised[track.slug]} goes on as {sanitise_line(track.slug, 80)} in its next wave"
        if track.workflow not in run.workflows:
            return f"the batch does not know the workflow {sanitise_line(track.workflow, 80)}"
        for slug in track.depends_on:
            if slug == track.slug:
                return f"{track.slug} waits for itself"
            if slug == BATCH_TRACK or (slug not in batch.tracks and slug not in waiting):
                return f"{track.slug} depends on {sanitise_line(slug, 80)}, which is not there"
    left = dict(waiting)
    while left:
        free = [slug for slug, needed in left.items() if not set(needed) & set(left)]
        if not free:
            return f"{' and '.join(sorted(left))} wait for each other"
        for slug in free:
            del left[slug]
    return ""


def add(batch: Batch, tracks: tuple[PlannedTrack, ...], by: str) -> list[Draft]:
    """The events that add tracks which can join: each behind the waves of what it depends on."""
    run = run_of(batch)
    waves = {slug: one.wave for slug, one in batch.tracks.items()}
    drafts: list[Draft] = []
    left = list(tracks)
    while left:
        track = next(one for one in left if all(slug in waves for slug in one.depends_on))
        left.remove(track)
        waves[track.slug] = max(track.wave, 1, *(waves[slug] + 1 for slug in track.depends_on))
        drafts += added(track, run.workflows[track.workflow], waves[track.slug])
    for gate in batch.gates.values():
        about_all = gate.track == BATCH_TRACK and gate.question.kind in _ABOUT_ALL
        if gate.source == SOURCE and gate.state is GateState.OPEN and about_all:
            told = {"gate": gate.id, "revision": gate.revision, "why": "tracks were added"}
            drafts.append(Draft("gate_withdrawn", told))
    if run.phase in ("verifying", "awaiting_user"):
        drafts.append(Draft("batch_moved", {"to": "running", "why": "tracks were added", "by": by}))
    return drafts
