"""Whether what is to be done is so narrow that a stage of the batch is skipped, with the reason."""

from __future__ import annotations

import re

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import is_batch_track, stage_run, stage_work, work_of

BY_RULE = "the workflow"
"""Who skips a stage that its workflow says is not worth while."""

_FILE = re.compile(r"(?:[^*?\[\]]*/)?[^*?\[\]/]+\.[^*?\[\]/]+")


def skipped(batch: Batch, track: Track) -> list[Draft]:
    """Skip the stage at hand where its workflow says so of work as narrow as this; nothing once it was tried."""
    run = stage_run(track)
    bound = stage_work(batch, track, run.stage).narrow if is_batch_track(track) else 0
    files = _files(batch) if bound and not run.tries else ()
    if not files or len(files) > bound:
        return []
    told = {"track": track.slug, "stages": [run.stage], "by": BY_RULE}
    return [
        Draft("stages_skipped", {**told, "reason": f"narrow and fully scoped: {', '.join(files)}"}),
        Draft("stage_changed", {"track": track.slug, "stage": run.stage, "status": "skipped"}),
    ]


def _files(batch: Batch) -> tuple[str, ...]:
    """The files that all tracks together may change; () where that is not known file by file."""
    scopes = [work_of(one).planned.scope for one in planned_tracks(batch)]
    paths = [path for scope in scopes for path in (*scope.owned, *scope.allowed)]
    known = all(scope.owned for scope in scopes) and all(_FILE.fullmatch(path) for path in paths)
    return tuple(dict.fromkeys(paths)) if known else ()
