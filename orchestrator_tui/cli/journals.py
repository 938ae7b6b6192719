"""The journal that a command works on: found from a directory, made only by what writes (DESIGN §3)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator_tui.cli.faults import BadInput, nearest
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.journal.home import journal_directory, repository_root, state_home
from orchestrator_tui.journal.port import BatchHead, JournalDamaged, JournalMissing, JournalUnwritable
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.follower import Follower


@frozen
class Place:
    """Where a command looks: the directory that was named, its repository, and that repository's journal."""

    start: Path
    repository: Path
    home: Path
    directory: Path


def find_place(start: str) -> Place:
    """The place that a directory belongs to.

    Raises:
        BadInput: there is no such directory.
    """
    path = existing_directory(start)
    home, repository = state_home(os.environ), repository_root(path)
    return Place(path, repository, home, journal_directory(home, repository))


def existing_directory(name: str) -> Path:
    """The directory ``name``.

    Raises:
        BadInput: it does not exist or is none; the text names the nearest one beside it.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise BadInput(f"{name} is not a directory")
    raise BadInput(f"there is no directory {name}{_nearest_beside(path, os.DirEntry.is_dir)}")


def existing_file(name: str) -> Path:
    """The regular file ``name``.

    Raises:
        BadInput: it does not exist or is none; the text names the nearest one beside it.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.exists():
        raise BadInput(f"{name} is not a file")
    raise BadInput(f"there is no file {name}{_nearest_beside(path, os.DirEntry.is_file)}")


def _nearest_beside(path: Path, is_such: Callable[[os.DirEntry[str]], bool]) -> str:
    try:
        with os.scandir(path.parent) as entries:
            return nearest(path.name, [entry.name for entry in entries if is_such(entry)])
    except OSError:
        return ""


@contextmanager
def reading(place: Place) -> Iterator[SqliteJournal | None]:
    """The journal of a place for as long as the block lasts, or None where there is none yet; none is made.

    Raises:
        BadInput: it is there and cannot be read.
    """
    try:
        journal = SqliteJournal(place.directory, create=False)
    except JournalMissing:
        yield None
        return
    except (JournalUnwritable, JournalDamaged) as error:
        raise BadInput(str(error)) from error
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def writing(place: Place) -> Iterator[SqliteJournal]:
    """The journal of a place, to write into it; there must be one.

    Raises:
        BadInput: there is none, or it cannot be opened.
    """
    with reading(place) as journal:
        if journal is None:
            raise BadInput(f"nothing was ever watched in {place.repository}: run `orch-tui` there first")
        if journal.problem:
            raise BadInput(journal.problem)
        yield journal


def load_state(journal: SqliteJournal, batches: Iterable[str] | None = None, repository: str = "") -> State:
    """The state of some batches, of all by default, folded from the journal; of one repository when it is named."""
    follower = Follower(journal, repository)
    follower.show([head.id for head in journal.batches()] if batches is None else batches)
    return follower.state


def find_batch(heads: Iterable[BatchHead], wanted: str) -> str:
    """The id of the batch that ``wanted`` names by id, unique beginning of an id, or title.

    Raises:
        BadInput: none or several are meant.
    """
    listed = list(heads)
    exact = [head.id for head in listed if head.id == wanted]
    found = exact or [head.id for head in listed if head.id.startswith(wanted) or head.title == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(f"several batches are meant by {wanted!r}: {', '.join(sorted(found)[:5])}")
    raise BadInput(f"there is no batch {wanted!r}{nearest(wanted, [head.id for head in listed])}")


def current_batch(state: State) -> Batch | None:
    """The batch that is meant when none is named: the newest that goes on, else the newest."""
    batches = list(state.batches.values())
    going = [batch for batch in batches if batch.ended_at is None]
    return max(going or batches, key=_started, default=None)


def _started(batch: Batch) -> int:
    return 0 if batch.started_at is None else batch.started_at.wall_ms
