"""Where a stage's artefacts are: paths below the worktree, with what ``{slug}``, ``{spec}`` and ``{plan}`` stand for.

The spec folder of a track is seed 002's ``agent-os/specs/{YYYY-MM-DD-HHMM}-{slug}``, of the moment its batch began.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import BATCH_TRACK

SPECS = "agent-os/specs"
TRACK_LIST = "tracks.yaml"

_NAMED = re.compile(r"\{(slug|title|spec|plan)\}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_999


def filled(text: str, batch: Batch, track: Track) -> str:
    """A prompt, or the pattern of an artefact, with its names filled in; other braces stay as they are."""
    known = {
        "slug": track.slug,
        "title": track.title,
        "spec": spec_folder(batch, track.slug),
        "plan": track_list(batch),
    }
    return _NAMED.sub(lambda found: known[found[1]], text)


def spec_folder(batch: Batch, slug: str) -> str:
    """The folder of what a track writes down about itself, below its worktree."""
    began = min(max(0, batch.started_at.wall_ms), _LAST_MS) if batch.started_at is not None else 0
    return f"{SPECS}/{_EPOCH + timedelta(milliseconds=began):%Y-%m-%d-%H%M}-{slug}"


def track_list(batch: Batch) -> str:
    """The file into which a stage that divides writes the tracks, below the integration worktree."""
    return f"{spec_folder(batch, BATCH_TRACK)}/{TRACK_LIST}"
