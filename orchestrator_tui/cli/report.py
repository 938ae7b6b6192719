"""``orch-tui report BATCH``: what a batch or one of its tracks did, as Markdown, JSON, a page or text (seed 000)."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.faults import DONE, BadInput
from orchestrator_tui.cli.journals import Place, current_batch, find_batch, find_place, load_state, reading
from orchestrator_tui.cli.naming_gates import find_track
from orchestrator_tui.cli.tables import say
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.core.report.formats import FORMATS
from orchestrator_tui.core.report.summary import batch_summary, track_report

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.core.instant import Instant

_MODE = 0o644
_BY_NAME = {".md": "md", ".json": "json", ".html": "html", ".htm": "html", ".txt": "text"}


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "report")
    parser.add_argument("batch", nargs="?", metavar="BATCH", help="id, beginning of an id, or title (the newest)")
    parser.add_argument(
        "--format", choices=tuple(FORMATS), metavar="FORM", help=f"one of {', '.join(FORMATS)} (text, or as FILE ends)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write; stdout without it")
    parser.add_argument("--track", metavar="SLUG", help="the report of one track: its slug, or the beginning of it")
    parser.add_argument(
        "--files",
        nargs="*",
        metavar="EXPORT",
        help="write the files that users of the source systems know, below the folder that -o names, without it below "
        ".orch/reports/BATCH in the repository: by name, or those of the batch's workflow",
    )
    add_repository(parser)


def run(arguments: Namespace) -> int:
    """Make the report of what the journal holds now, and print or write it."""
    place = find_place(arguments.repo)
    batch = _batch(place, arguments.batch)
    now = SystemClock().now()
    if arguments.files is not None:
        return _write_files(place, batch, arguments, now)
    if arguments.track is None:
        report = batch_summary(batch, now)
    else:
        report = track_report(batch, find_track(State({batch.id: batch}), arguments.track)[1], now)
    text = FORMATS[_form(arguments)](report)
    if arguments.output is None:
        sys.stdout.write(text)
        return DONE
    _write(Path(arguments.output), text)
    say(f"wrote the report of {report.subject or batch.id} to {arguments.output}")
    return DONE


def _write_files(place: Place, batch: Batch, arguments: Namespace, now: Instant) -> int:
    """Write exports by name, each file at the path below a folder where its users look for it.

    Without a folder they go where the batch's reports are, and never into whatever directory this was called from.
    """
    from orchestrator_tui.cli.exporting import documents, write_documents
    from orchestrator_tui.cli.reporting import report_folder
    from orchestrator_tui.core.exports.registry import EXPORTS
    from orchestrator_tui.plan.problems import nearest_of

    names = list(arguments.files)
    if not names and batch.run is not None:
        names = list(batch.run.workflows[batch.run.plan.workflow].exports)
    if not names:
        raise BadInput(f"{batch.id} names no exports; there are {', '.join(EXPORTS)}")
    for name in names:
        if name not in EXPORTS:
            meant = nearest_of(name, EXPORTS)
            hint = f"; did you mean {meant}?" if meant else f"; there are {', '.join(EXPORTS)}"
            raise BadInput(f"there is no export {name!r}{hint}")
    folder = Path(arguments.output) if arguments.output else report_folder(place, batch)
    found = write_documents(folder, documents(batch, names, now))
    for path in found:
        say(f"wrote {_as_seen(path)}")
    if not found:
        say(f"{batch.id} has nothing for {', '.join(names)} yet")
    return DONE


def _as_seen(path: Path) -> str:
    """A path as short as it can be from where the command was called."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _write(path: Path, text: str) -> None:
    """Put the report in the place of the file, whole or not at all.

    Raises:
        BadInput: something that is no file stands there.
        OSError: it cannot be written.
    """
    from orchestrator_tui.adapters.tasks.atomic import replace_file

    if path.exists() and not path.is_file():
        raise BadInput(f"{path} is not a file")
    replace_file(str(path), text.encode("utf-8"), _MODE, lambda: None)


def _form(arguments: Namespace) -> str:
    if arguments.format is not None:
        return str(arguments.format)
    return _BY_NAME.get(Path(arguments.output or "").suffix.lower(), "text")


def _batch(place: Place, wanted: str | None) -> Batch:
    with reading(place) as journal:
        if journal is None:
            raise BadInput(f"nothing was ever watched in {place.repository}: run `orch-tui` there first")
        if wanted is not None:
            named = find_batch(journal.batches(), wanted)
            return load_state(journal, [named]).batches[named]
        batch = current_batch(load_state(journal))
    if batch is None:
        raise BadInput("there is no batch yet to report on")
    return batch
