"""``orch-tui list``: the batches of this repository, oldest first."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.faults import DONE
from orchestrator_tui.cli.journals import find_place, load_state, reading

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "list")
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Print the batches; a repository without a journal has none."""
    with reading(find_place(arguments.repo)) as journal:
        batches = [] if journal is None else list(load_state(journal).batches.values())
    if arguments.json:
        from orchestrator_tui.cli.json_view import batch_row, print_json

        print_json({"batches": [batch_row(batch) for batch in batches]})
        return DONE
    from orchestrator_tui.cli.tables import local_time, print_table, say
    from orchestrator_tui.core.tracks_shown import is_run_itself, shown_tracks

    if not batches:
        say("No batch yet: run `orch-tui` here, or `orch-tui demo`.")
        return DONE
    rows = [
        [
            batch.id,
            batch.state,
            local_time(batch.started_at),
            str(sum(not is_run_itself(track) for track in shown_tracks(batch))),
            str(sum(gate.state.value == "open" for gate in batch.gates.values())),
            batch.title,
        ]
        for batch in batches
    ]
    print_table(("BATCH", "STATE", "STARTED", "TRACKS", "OPEN", "TITLE"), rows, right=(3, 4))
    return DONE
