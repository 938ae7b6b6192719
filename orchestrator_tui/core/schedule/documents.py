"""Documents that stages of the batch leave uncommitted in the integration worktree: they go to its reports at the end.

A worktree that holds what no commit has is never removed, so that a scout's brief would keep it for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.effects import REPORT, under_way
from orchestrator_tui.core.schedule.paths import artefact_path, spec_folder
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import run_of, stages_of
from orchestrator_tui.core.schedule.trees import leaves_uncommitted, works_in_place
from orchestrator_tui.core.scope import expand

FOLDER = "documents"
"""Where they are in the reports of their batch."""


def tree_to_tidy(batch: Batch) -> str:
    """The integration worktree while the report of the batch's end is written; "" where nothing is taken from it.

    Where work stays uncommitted for a person, what belongs to it stays there, too.
    """
    if batch.run is None or not under_way(batch, REPORT) or works_in_place(batch):
        return ""
    if any(leaves_uncommitted(batch, one) for one in planned_tracks(batch)):
        return ""
    return run_of(batch).integration_path


def promised(batch: Batch, untracked: Iterable[str]) -> dict[str, str]:
    """Those of the untracked files that stages of the batch promise → their name among the reports' documents.

    Anything else there was written by mistake, or is a person's: it stays, and keeps its worktree.
    """
    own = batch.tracks[BATCH_TRACK]
    patterns = [
        artefact_path(batch, own, one)
        for rule, work in stages_of(batch, own)
        for one in (rule.artefact, *work.artefacts)
        if one
    ]
    spec = PurePosixPath(spec_folder(batch, own))
    found = {}
    for file in expand(patterns, untracked):
        path = PurePosixPath(file)
        found[file] = str(path.relative_to(spec) if path.is_relative_to(spec) else path)
    return found
