"""``orch-tui verify BATCH|FILE``: recompute the chain of a batch and name the first event that does not fit (D-5)."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.faults import BAD_INPUT, DONE, UNFINISHED, BadInput
from orchestrator_tui.cli.journals import existing_file, find_batch, find_place, reading
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import say, tell
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.journal.verify import Verdict, verify_batch, verify_export

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "verify")
    parser.add_argument("what", metavar="BATCH|FILE", help="a batch of this repository, or an exported file")
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Verify; 0 intact, 1 cut short, 2 not what was written."""
    verdict = _verdict(arguments)
    if arguments.json:
        print_json(
            {
                "batch": verdict.batch,
                "intact": verdict.intact,
                "truncated": verdict.truncated,
                "events": verdict.count,
                "head": verdict.head,
                "first_bad": None if verdict.seq is None else {"seq": verdict.seq, "kind": verdict.kind},
                "reason": verdict.reason,
            }
        )
    elif verdict.intact:
        tell(f"{verdict.batch}: intact, {verdict.count:,} events, head {verdict.head}")
    else:
        say(f"{verdict.batch or arguments.what}: {verdict.reason}; {verdict.count:,} events before it are intact")
    if verdict.intact:
        return DONE
    return UNFINISHED if verdict.truncated else BAD_INPUT


def _verdict(arguments: Namespace) -> Verdict:
    if Path(arguments.what).exists():
        try:
            return verify_export(existing_file(arguments.what))
        except JournalError as error:
            raise BadInput(str(error)) from error
    with reading(find_place(arguments.repo)) as journal:
        if journal is None:
            raise BadInput(f"there is neither a file nor a batch {arguments.what!r}: nothing was ever watched here")
        return verify_batch(journal, find_batch(journal.batches(), arguments.what))
