"""The caller's own task file: finding or making it, reading it, changing its metadata under Claude Code's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from orchestrator_tui.adapters.tasks.lock import TaskLocked
from orchestrator_tui.adapters.tasks.reader import read_task
from orchestrator_tui.adapters.tasks.record import TaskRecord, is_number
from orchestrator_tui.adapters.tasks.writer import TaskWriteFailed, create_task, merge_metadata, update_task
from orchestrator_tui.agent.identity import Identity
from orchestrator_tui.agent.stop import BAD_USAGE, REFUSED, UNFINISHED, Stop
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.metadata import TaskMetadata, read_metadata, slugify
from orchestrator_tui.core.naming import task_source
from orchestrator_tui.core.subject import parse_subject
from orchestrator_tui.core.text import sanitise_line


class Edit(NamedTuple):
    """Changes of a task: keys to merge into its metadata, where None deletes, and keys of the task itself."""

    metadata: Mapping[str, Any]
    fields: Mapping[str, Any] = {}


class OwnTask:
    """The caller's task.

    Raises:
        Stop: it cannot be read or made, or it is another track's.
    """

    def __init__(self, identity: Identity) -> None:
        self._track = identity.track
        self.directory = identity.directory
        with _in_one_line():
            self.path = os.path.join(identity.directory, identity.task) if identity.task else self._found(identity)
            self.record = self._read()

    @property
    def task_id(self) -> str:
        """The task's id inside its list."""
        return self.record.task_id

    @property
    def source(self) -> str:
        """What joins the task to its track and gates in the journal."""
        return task_source(self.task_id)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the file's metadata holds, unknown keys too."""
        return self.record.metadata

    def understood(self) -> TaskMetadata:
        """The metadata as everybody reads it, with the subject filling in what it lacks."""
        return understood(self.record.subject, self.record.metadata)

    def change(self, edit: Callable[[Mapping[str, Any]], Edit]) -> TaskRecord:
        """Make the changes that ``edit`` decides on; the record is the one that was written.

        ``edit`` gets the whole task as the file holds it under its lock, and may be asked again.

        Raises:
            Stop: it could not be written, and is as it was; or it is another track's by now.
        """

        def changed(task: dict[str, Any]) -> dict[str, Any]:
            self._refuse_foreign(task.get("subject"), task.get("metadata"))
            decided = edit(task)
            return {**merge_metadata(task, decided.metadata), **decided.fields}

        with _in_one_line():
            self.record = update_task(self.path, changed)
        return self.record

    def _read(self) -> TaskRecord:
        record = read_task(self.path)
        if record is None:
            raise Stop(UNFINISHED, f"{_shown(self.path)}: the task is not there; finished lists are deleted")
        if record.problem is not None:
            raise Stop(UNFINISHED if record.torn else BAD_USAGE, f"{_shown(self.path)}: {record.problem}")
        self._refuse_foreign(record.subject, record.metadata)
        return record

    def _refuse_foreign(self, subject: Any, metadata: Any) -> None:
        owner = _owner(subject, metadata)
        if owner and owner != self._track:
            raise Stop(REFUSED, f"{_shown(self.path)} is the task of track {owner}; you are {self._track}")

    def _found(self, identity: Identity) -> str:
        """The first task of the list that is the track's; made when there is none."""
        for name in _task_names(identity.directory):
            path = os.path.join(identity.directory, name)
            record = read_task(path)
            if record is not None and _owner(record.subject, record.metadata) == identity.track:
                return path
        fields = {"subject": identity.track, "status": "in_progress", "metadata": {"track": identity.track}}
        return create_task(identity.directory, fields).path


def understood(subject: Any, metadata: Any) -> TaskMetadata:
    """What a task's subject and metadata say, as everybody reads them."""
    subject = subject if isinstance(subject, str) else ""
    metadata = metadata if isinstance(metadata, Mapping) else {}
    return read_metadata(TaskFact("", "", subject, "", "", metadata, 0))


def _owner(subject: Any, metadata: Any) -> str:
    """The slug that a task names as its track, or ""."""
    named = metadata.get("track") if isinstance(metadata, Mapping) else None
    if isinstance(named, str) and slugify(named):
        return slugify(named)
    facts = parse_subject(subject) if isinstance(subject, str) else None
    return slugify(facts.slug) if facts is not None else ""


def _task_names(directory: str) -> list[str]:
    try:
        names = [name for name in os.listdir(directory) if name.endswith(".json")]
    except FileNotFoundError:
        return []
    return sorted(names, key=lambda name: (int(name[:-5]) if is_number(name[:-5]) else 10**9, name))


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except (TaskWriteFailed, TaskLocked, OSError, ValueError) as error:
        raise Stop(UNFINISHED, _shown(str(error))) from None


def _shown(text: str) -> str:
    return sanitise_line(text, 300)
