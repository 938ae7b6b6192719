"""``orch-tui export BATCH [-o FILE]``: one batch as one file, or what a damaged journal still holds (J-6, J-4)."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput
from orchestrator_tui.cli.journals import Place, find_batch, find_place, writing
from orchestrator_tui.cli.tables import say
from orchestrator_tui.journal.port import JournalUnwritable

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands

ZONES = "zoneinfo/"


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "export")
    parser.add_argument("batch", nargs="?", metavar="BATCH", help="id, beginning of an id, or title")
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write; stdout without it")
    parser.add_argument(
        "--salvage", metavar="DIR", help="write what can still be read of a damaged journal, every batch, into DIR"
    )
    add_repository(parser)


def run(arguments: Namespace) -> int:
    """Export a batch, or everything that can be salvaged."""
    place = find_place(arguments.repo)
    if arguments.salvage is not None:
        if arguments.batch is not None or arguments.output is not None:
            raise BadInput("--salvage writes every batch: it takes neither BATCH nor -o")
        return _salvage(place, Path(arguments.salvage))
    if arguments.batch is None:
        raise BadInput("name the BATCH to export; `orch-tui list` shows them")
    if arguments.output is None and sys.stdout.isatty():
        raise BadInput("an export is a file: name it with -o FILE, or redirect stdout")
    from orchestrator_tui.journal.transfer import export_batch, export_file

    with writing(place) as journal:
        batch = find_batch(journal.batches(), arguments.batch)
        if arguments.output is None:
            export_batch(journal, batch, sys.stdout.buffer, time_zone())
            return DONE
        path = Path(arguments.output)
        try:
            count = export_file(journal, batch, path, time_zone())
        except JournalUnwritable as error:
            raise BadInput(str(error)) from error
    say(f"exported {count:,} events of {batch} to {path}")
    return DONE


def time_zone() -> str:
    """The name of the person's time zone, as far as the system tells it: ``Europe/Berlin``, else ``UTC``."""
    said = os.environ.get("TZ", "").lstrip(":")
    if said and not said.startswith("/"):
        return said
    try:
        target = os.readlink("/etc/localtime")
    except OSError:
        return "UTC"
    return target.partition(ZONES)[2] or "UTC"


def _salvage(place: Place, target: Path) -> int:
    from orchestrator_tui.journal.salvage import salvage

    found = salvage(place.directory, target, time_zone())
    for one in found:
        where = "nothing could be read" if one.path is None else f"{one.count:,} events to {one.path}"
        say(f"{one.batch}: {where}" + (f"; {one.note}" if one.note else ""))
    return DONE if all(not one.note for one in found) else UNFINISHED
