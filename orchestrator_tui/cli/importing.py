"""``orch-tui import FILE``: add an exported batch to this repository's journal (reliability J-6)."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput
from orchestrator_tui.cli.journals import Place, existing_file, find_place
from orchestrator_tui.cli.tables import say, tell
from orchestrator_tui.journal.port import JournalBusy, JournalError, JournalUnwritable

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.journal.transfer import Imported


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "import")
    parser.add_argument("file", metavar="FILE", help="a file that `orch-tui export` wrote")
    add_repository(parser)


def run(arguments: Namespace) -> int:
    """Import a file; the same history again changes nothing, one that was cut short is kept as far as it goes."""
    from orchestrator_tui.journal.verify import verify_export

    path = existing_file(arguments.file)
    place = find_place(arguments.repo)
    try:
        # Before a journal is made for it.
        verdict = verify_export(path)
        if not verdict.intact and not verdict.truncated:
            raise BadInput(f"{path} is not what was exported: {verdict.reason}")
        done = _import(place, path)
    except (JournalBusy, JournalUnwritable):
        raise
    except JournalError as error:
        raise BadInput(str(error)) from error
    tell(f"{done.batch}: {done.count:,} events" + ("" if done.new else ", here already"))
    if done.note:
        say(done.note)
    return UNFINISHED if done.note else DONE


def _import(place: Place, path: Path) -> Imported:
    from orchestrator_tui.journal.sqlite import open_journal
    from orchestrator_tui.journal.transfer import import_file

    journal = open_journal(place.start, os.environ)
    try:
        return import_file(journal, path)
    finally:
        journal.close()
