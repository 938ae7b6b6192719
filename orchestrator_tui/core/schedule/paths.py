"""Paths that workflows name, filled for one track."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.schedule.rules import is_batch_track, workflow_of

DIVIDED = "tracks.yaml"
"""The file of a divided batch's tracks, in the spec folder of the batch."""

_NAMED = re.compile(r"\{(slug|title|spec|plan|design)\}")


def spec_folder(batch: Batch, track: Track) -> str:
    """The folder of a track's documents below its worktree (seed 002: ``agent-os/specs/{date}-{slug}``)."""
    began = batch.started_at
    day = (
        datetime.fromtimestamp(began.wall_ms / 1000, UTC).strftime("%Y-%m-%d-%H%M") if began is not None else "undated"
    )
    return f"agent-os/specs/{day}-{batch.id if is_batch_track(track) else track.slug}"


def artefact_path(batch: Batch, track: Track, text: str) -> str:
    """A path below the worktree, or a prompt, with its names in braces filled: slug, title, spec, plan, design."""
    spec = spec_folder(batch, track)
    known = {
        "slug": batch.id if is_batch_track(track) else track.slug,
        "title": track.title,
        "spec": spec,
        "plan": f"{spec}/{DIVIDED}",
        "design": workflow_of(batch, track).design,
    }
    return _NAMED.sub(lambda found: known[found[1]], text)
