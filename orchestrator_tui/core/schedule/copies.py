"""Fresh copies of a track, for stages whose agents must not work where the work was done (seed 003: QA).

A copy is a detached second worktree at the track's head, set up anew for each try and taken away when that is judged.
"""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.schedule.effects import CHECK, COPY, DROP, begin, under_way
from orchestrator_tui.core.schedule.judging import ASKED
from orchestrator_tui.core.schedule.rules import RESOLVING, plan_of, run_of, stage_run, stage_work, work_of


def is_fresh(batch: Batch, track: Track) -> bool:
    """Whether the stage at hand is done in a fresh copy."""
    run = stage_run(track)
    return run.stage != RESOLVING and stage_work(batch, track, run.stage).fresh


def copy_name(track: Track) -> str:
    """The name of the copy for the next try: of which stage, entered how often, and the how manieth try."""
    run = stage_run(track)
    again = f"-{run.granted}" if run.granted else ""
    return f"{track.slug}-{run.stage}-{run.entry}-{run.tries + 1}{again}"


def prepare(batch: Batch, track: Track) -> list[Draft] | None:
    """What comes before the next try: its copy and the command that sets it up; None when all of that stands.

    A copy that cannot be set up is a matter of the environment, not of the work: a person is asked.
    """
    if not is_fresh(batch, track):
        return None
    run, name = stage_run(track), copy_name(track)
    if under_way(batch, COPY, CHECK, track=track.slug):
        return []
    number = run_of(batch).begun
    if run.copy_name != name:
        head = work_of(track).head_sha
        return begin(batch, COPY, track.slug, f"f-{name}-{number}", name=name, head=head)
    setup = plan_of(batch).provision.setup
    if not setup:
        return None
    check = f"fresh setup {name}"
    seen = next((one for one in track.checks if one.name == check), None)
    if seen is None:
        told = {"name": check, "command": setup, "run": "setup", "at": run.copy}
        return begin(batch, CHECK, track.slug, f"c-{name}-setup-{number}", **told)
    if seen.result == "pass":
        return None
    problems = [f"its fresh environment cannot be set up: {seen.detail}"]
    return [Draft("stage_judged", {"track": track.slug, "stage": run.stage, "verdict": ASKED, "problems": problems})]


def drop(batch: Batch, track: Track) -> list[Draft]:
    """Take away a copy whose try is judged, or that belongs to none."""
    work = work_of(track)
    run = work.run
    if not work.copies or under_way(batch, DROP, track=track.slug):
        return []
    path = work.copies[0]
    if run is not None and path == run.copy and run.stage not in track.skipped_stages:
        # What was judged is the try before, where the copy was made for the next one.
        wanted = not run.judged or run.copy_name == copy_name(track)
        return [] if wanted else clear_copies(batch, track)
    return clear_copies(batch, track)


def clear_copies(batch: Batch, track: Track) -> list[Draft]:
    """Take away the first of a track's copies, whatever it was for."""
    path = work_of(track).copies[0]
    return begin(batch, DROP, track.slug, f"d-{track.slug}-{run_of(batch).begun}", path=path)
