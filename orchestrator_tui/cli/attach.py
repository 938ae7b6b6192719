"""``orch-tui attach [BATCH]``: the cockpit on a run, whose host is started again where none lives."""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.cockpit import open_cockpit
from orchestrator_tui.cli.faults import BadInput
from orchestrator_tui.cli.journals import find_place, reading
from orchestrator_tui.cli.run import known_batch, show
from orchestrator_tui.core.model import RUN
from orchestrator_tui.core.run import HANDED_OVER

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "attach")
    parser.add_argument("batch", nargs="?", metavar="BATCH", help="a run; the newest that has not ended by default")
    parser.add_argument(
        "--tasks", action="append", metavar="DIR", default=[], help="a task list to watch beside it; may be repeated"
    )
    add_repository(parser)


def run(arguments: Namespace) -> int:
    """Open the cockpit on a run, and start its host where it has none, is not over and was not handed over."""
    place = find_place(arguments.repo)
    with reading(place) as journal:
        if journal is None:
            begin = _of_a_demo(place.repository) or "begin with orch-tui run PLAN"
            raise BadInput(f"nothing was ever run in {place.repository}: {begin}")
        # One whose recording was cut short has no plan: nothing of it was started, and it is begun anew.
        of_runs = [head.id for head in journal.batches() if head.kind == RUN]
        runs = [one for one in of_runs if journal.events_of(one, "plan_recorded")]
        ended = {one for one in runs if journal.events_of(one, "batch_ended")}
        if arguments.batch is not None:
            batch = known_batch(journal, arguments.batch)
        else:
            open_runs = [one for one in runs if one not in ended]
            if not open_runs:
                raise BadInput("no run is under way here; replay an ended one with orch-tui replay BATCH")
            batch = open_runs[-1]
        moves = journal.events_of(batch, "batch_moved")
        handed_over = bool(moves) and moves[-1].payload["to"] == HANDED_OVER
    if batch in ended or handed_over:
        return open_cockpit(str(place.repository), arguments.tasks, batch=batch)
    return show(place, batch, tasks=arguments.tasks)


def _of_a_demo(repository: Path) -> str:
    """How the run of a demo is gone on with, which keeps its journal beside its repository; "" where it is none."""
    state = repository.parent / "state"
    there = (state / "repositories").is_dir() and (repository / "plan.yaml").is_file()
    return f"a demo's run goes on with ORCH_HOME={shlex.quote(str(state))} orch-tui attach" if there else ""
