"""``orch-tui add PLAN --to BATCH``: more tracks for a batch under way; conflicts are looked for again (seed 002)."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.asking_hosts import PATIENCE_S, ask_host, check_authority, request, run_batch
from orchestrator_tui.cli.check_text import lines
from orchestrator_tui.cli.faults import BAD_INPUT, BadInput, Refusal
from orchestrator_tui.cli.journals import Place, existing_file, find_place, load_state, writing
from orchestrator_tui.cli.tables import say, tell
from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.core.run import Run
from orchestrator_tui.core.schedule.names import promised
from orchestrator_tui.core.tracks_shown import is_run_itself
from orchestrator_tui.core.wave_roles import placed
from orchestrator_tui.plan.check import check_plan
from orchestrator_tui.plan.checked import Checked, journalled
from orchestrator_tui.plan.load import load_plan
from orchestrator_tui.plan.problems import Problem, has_errors
from orchestrator_tui.runtime.requests_run import ADD

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "add")
    parser.add_argument("plan", metavar="PLAN", help="a plan file; of it only the tracks are added")
    parser.add_argument("--to", metavar="BATCH", help="id, beginning of an id, or title (the only one that runs)")
    add_repository(parser)


def run(arguments: Namespace) -> int:
    """Check the tracks beside those of the batch, and ask its host to take them."""
    path = existing_file(arguments.plan)
    place = find_place(arguments.repo)
    with writing(place) as journal:
        batch = run_batch(load_state(journal), arguments.to, journal.batches())
        check_authority(batch)
        if batch.run is None or batch.ended_at is not None:
            raise Refusal(f"{batch.title} has ended, or is only watched: nothing can be added")
        checked, tracks, problems = examined(path, batch, batch.run)
        for line in lines(path, checked, problems):
            tell(line)
        if has_errors(problems) or checked is None:
            say(f"nothing is added to {batch.title}")
            return BAD_INPUT
        payload = {"tracks": [to_data(one) for one in tracks], "checked": journalled(checked)}
        names = ", ".join(one.slug for one in tracks)
        return ask_host(journal, batch, ADD, payload, f"added to {batch.title}: {names}")


def add_tracks(place: Place, path: Path, wanted: str) -> str:
    """Check the tracks of a plan file and ask the batch's host to take them; what was added, in one line.

    Raises:
        BadInput: the file is no such plan.
        Refusal: the batch takes nothing now, or not from here.
    """
    with writing(place) as journal:
        batch = run_batch(load_state(journal), wanted, journal.batches())
        check_authority(batch)
        if batch.run is None or batch.ended_at is not None:
            raise Refusal(f"{batch.title} has ended, or is only watched: nothing can be added")
        checked, tracks, problems = examined(existing_file(str(path)), batch, batch.run)
        errors = [str(one) for one in problems if one.level == "error"]
        if errors or checked is None:
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            raise BadInput(f"{errors[0]}{more}" if errors else f"{path} holds no plan")
        payload = {"tracks": [to_data(one) for one in tracks], "checked": journalled(checked)}
        waits = request(journal, batch, ADD, payload, PATIENCE_S)
        return waits or f"added to {batch.title}: {', '.join(one.slug for one in tracks)}"


def examined(
    path: Path, batch: Batch, run: Run
) -> tuple[Checked | None, tuple[PlannedTrack, ...], tuple[Problem, ...]]:
    """The tracks of a plan file checked beside those that a batch has already, and what is wrong with them.

    Raises:
        BadInput: the file cannot be read, or the batch's repository cannot be looked at.
    """
    loaded = load_plan(path, Path(run.plan.repository), run.workflows, branch=run.plan.base)
    if loaded.unreadable:
        raise BadInput(str(loaded.problems[0]))
    if loaded.plan is None:
        return None, (), loaded.problems
    if not loaded.plan.tracks:
        raise BadInput(f"{path} names no tracks")
    there = tuple(
        track.work.planned for track in batch.tracks.values() if track.work is not None and not is_run_itself(track)
    )
    taken, goes_on = {one.slug for one in there}, promised(batch)
    for one in loaded.plan.tracks:
        if one.slug in taken:
            raise BadInput(f"{path}: {batch.title} has a track {one.slug!r} already")
        if one.slug in goes_on:
            raise BadInput(
                f"{path}: {batch.title} goes on with {goes_on[one.slug]!r} as {one.slug!r}: take another name"
            )
    try:
        files = [one for one in git(Path(run.plan.repository), "ls-files", "-z").split("\0") if one]
    except GitError as error:
        raise BadInput(str(error)) from error
    whole = replace(run.plan, tracks=(*there, *loaded.plan.tracks))
    whole = replace(whole, tracks=placed(whole, run.workflows[run.plan.workflow].sessions))
    source = replace(loaded, plan=whole, first=len(there))
    checked = check_plan(whole, {**loaded.workflows, **run.workflows}, files, loaded=source)
    return checked, checked.plan.tracks[len(there) :], checked.problems
