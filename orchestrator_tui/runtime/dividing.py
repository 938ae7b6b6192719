"""Reading the list of tracks that a stage of the batch has written: checked like any plan, then part of the run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule.opening import added
from orchestrator_tui.core.schedule.paths import artefact_path
from orchestrator_tui.core.schedule.rules import TRACK_LIST, run_of
from orchestrator_tui.plan.check import check
from orchestrator_tui.plan.checked import journalled
from orchestrator_tui.plan.load import plan_from_tracks
from orchestrator_tui.plan.problems import Problem

_BYTES = 256 * 1024
_PROBLEMS = 20


def divide(batch: Batch, effect: Effect, files: tuple[str, ...]) -> tuple[Draft, ...]:
    """The tracks of the list as events, with the check that they passed; or what keeps them from being tracks.

    ``files`` are the tracked files of the repository.

    Raises:
        OSError: the list cannot be read.
    """
    run, track = run_of(batch), batch.tracks[effect.track]
    name = artefact_path(batch, track, TRACK_LIST)
    loaded = plan_from_tracks(_read(Path(run.integration_path) / name), name, run.plan, run.workflows)
    checked = check(loaded, files)
    problems = loaded.problems if checked is None else checked.problems
    errors = [one for one in problems if one.level == "error"]
    result = {"track": track.slug, "name": str(effect.arguments["name"]), "run": str(effect.arguments["run"])}
    if errors or checked is None or not checked.plan.tracks:
        return (Draft("check_recorded", {**result, "result": "fail", "detail": _lines(errors)}),)
    waves = {slug: wave.wave for wave in checked.waves for slug in wave.tracks}
    drafts = [Draft("check_recorded", {**result, "result": "pass", "detail": ""})]
    if checked.plan.outline != run.plan.outline:
        outlined = replace(run.plan, outline=checked.plan.outline)
        drafts.append(Draft("plan_recorded", {"plan": to_data(outlined)}))
    for one in checked.plan.tracks:
        drafts += added(one, run.workflows[one.workflow], one.wave or waves.get(one.slug, 1))
    return (*drafts, Draft("plan_checked", {"checked": journalled(checked)}))


def _lines(errors: list[Problem]) -> str:
    return "\n".join(str(one) for one in errors[:_PROBLEMS]) or "it lists no tracks"


def _read(path: Path) -> bytes:
    """The bytes of a file that an agent wrote: a plain file, and no more of it than a plan may have."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        return file.read(_BYTES + 1)
