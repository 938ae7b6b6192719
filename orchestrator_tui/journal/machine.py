"""Which repositories of this machine have a journal below one state directory."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.journal.home import REPOSITORIES, journal_directory
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.journal.sqlite import SqliteJournal


def journalled_repositories(home: Path) -> tuple[Path, ...]:
    """The repositories that were watched and are still there, by path; a journal that cannot be read tells none."""
    try:
        names = sorted(entry.name for entry in os.scandir(home / REPOSITORIES))
    except OSError:
        return ()
    found = (_repository(home, home / REPOSITORIES / name) for name in names)
    return tuple(sorted(path for path in found if path is not None and path.is_dir()))


def _repository(home: Path, directory: Path) -> Path | None:
    """The repository of a journal, as its newest batch that belongs there names it."""
    try:
        journal = SqliteJournal(directory, create=False)
    except JournalError:
        return None
    try:
        for head in reversed(journal.batches()):
            for event in journal.events_of(head.id, "batch_opened"):
                path = Path(str(event.payload.get("repository", "")))
                # An imported batch names the repository that it comes from.
                if path.is_absolute() and journal_directory(home, path) == directory:
                    return path
    except JournalError:
        return None
    finally:
        journal.close()
    return None
