"""The task lists of one repository behind the engine's port: looked at, answered, written to (DESIGN §4.1, §4.2)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from orchestrator_tui.adapters.discovery import Found
from orchestrator_tui.adapters.tasks.answer import decision_metadata, decision_paragraph, message_paragraph
from orchestrator_tui.adapters.tasks.decision import MESSAGE, described
from orchestrator_tui.adapters.tasks.fact import to_fact
from orchestrator_tui.adapters.tasks.lock import TaskLocked
from orchestrator_tui.adapters.tasks.reader import read_task
from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.adapters.tasks.scan import ScanResult, TaskLists
from orchestrator_tui.adapters.tasks.writer import TaskWriteFailed, merge_metadata, update_task, write_decision
from orchestrator_tui.core.facts import ListSeen
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.naming import task_source
from orchestrator_tui.core.normalise import digest, task_question
from orchestrator_tui.runtime.ports import Clock
from orchestrator_tui.runtime.world import ListSight

MESSAGE_LIMIT = 20
"""Messages that are kept in a task's metadata; older ones have been read or never will be."""


class Lists(Protocol):
    """Which task lists are to be followed."""

    @property
    def tasks(self) -> Path:
        """The directory in which new lists appear."""

    def refresh(self) -> Found:
        """Look again."""


class RepositoryTasks:
    """Implements :class:`~orchestrator_tui.runtime.world.TaskFiles` over the lists that are found and asked for.

    Args:
        discovery: which lists to follow; asked at every look.
        clock: the time.
        why_empty: the lines that explain an empty screen.
        again_in: asks for another look after so many milliseconds, where a file was half written or is gone (W-4).
    """

    def __init__(
        self,
        discovery: Lists,
        clock: Clock,
        why_empty: Callable[[], tuple[str, ...]],
        again_in: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._discovery, self._clock, self._why_empty, self.again_in = discovery, clock, why_empty, again_in
        self._lists = TaskLists(discovery.refresh().lists)
        self._whole: set[str] = set()
        self._asked_for: frozenset[str] = frozenset()
        self._empty: tuple[str, ...] | None = None

    def directories(self) -> tuple[str, ...]:
        """Where a change may matter: the lists that are followed, and the directory in which new ones appear."""
        return (*self._lists.directories(), str(self._discovery.tasks))

    def scan(self) -> tuple[ListSight, ...]:
        """Look at every list; each that is there is reported, with what changed in it, the first time as a whole."""
        found = tuple(dict.fromkeys((*self._discovery.refresh().lists, *sorted(self._asked_for))))
        if self._lists.roots != found:
            self._lists.follow(found)
        now = self._clock.now()
        result = self._lists.scan(now)
        if result.next_retry_at is not None:
            self.again_in(max(0, result.next_retry_at - now.boot_ms))
        self._empty = None
        changed = _by_directory(result.changed)
        vanished = _by_directory(result.vanished)
        wholly = self._wholly(result)
        lists = {one.directory for one in result.lists} | wholly.keys()
        return tuple(
            ListSight(
                directory,
                os.path.basename(directory),
                ListSeen(
                    tuple(to_fact(record) for record in wholly.get(directory, changed.get(directory, ()))),
                    tuple(task_source(record.task_id) for record in vanished.get(directory, ())),
                    whole=directory in wholly,
                ),
            )
            for directory in sorted(lists | changed.keys() | vanished.keys())
        )

    def follow(self, directories: Iterable[str]) -> None:
        """Look at these lists too, whoever found them; one that is not there is told as a whole without a task."""
        self._asked_for = frozenset(directories)

    def forget(self, directory: str) -> None:
        """Report every task of this list as changed again at the next look."""
        self._whole.discard(directory)

    def write_decision(self, directory: str, gate: Gate) -> str:
        """Write the answer into the gate's task, if the question in the file is still the one that was answered."""
        path = task_path(directory, gate.source)
        if path is None or gate.decision is None:
            return "its task is not known"
        try:
            outcome = write_decision(
                path, decision_metadata(gate), decision_paragraph(gate), lambda record: changed_since(gate, record)
            )
        except (TaskWriteFailed, TaskLocked) as error:
            return str(error)
        return outcome.refused or ""

    def holds_decision(self, directory: str, gate: Gate) -> bool:
        """Whether the task file holds this very decision."""
        path = task_path(directory, gate.source)
        record = None if path is None else read_task(path)
        if record is None or gate.decision is None:
            return False
        written = record.metadata.get("decision")
        return isinstance(written, Mapping) and (written.get("id"), written.get("gate"), written.get("revision")) == (
            gate.decision.id,
            gate.id,
            gate.revision,
        )

    def write_message(self, directory: str, source: str, message: Mapping[str, Any]) -> str:
        """Add a message to the task's metadata, once, and say it in its description."""
        path = task_path(directory, source)
        if path is None:
            return "its task is not known"

        def add(task: dict[str, Any]) -> dict[str, Any]:
            metadata = task.get("metadata")
            known = metadata.get("messages") if isinstance(metadata, dict) else None
            listed = [one for one in known if isinstance(one, dict)] if isinstance(known, list) else []
            others = [one for one in listed if one.get("id") != message["id"]]
            messages = [*others, dict(message)][-MESSAGE_LIMIT:]
            description = task.get("description")
            text = described(description if isinstance(description, str) else "", message_paragraph(messages), MESSAGE)
            return {**merge_metadata(task, {"messages": messages}), "description": text}

        try:
            update_task(path, add)
        except (TaskWriteFailed, TaskLocked, ValueError) as error:
            return str(error)
        return ""

    def empty_reason(self) -> tuple[str, ...]:
        """Why there is nothing to show, line by line; () when there are tasks."""
        if self._empty is None:
            self._empty = () if self._lists.records() else self._why_empty()
        return self._empty

    def _wholly(self, result: ScanResult) -> dict[str, list[TaskRecord]]:
        """All tasks of the lists that are to be told as a whole: at their first look, and when they were forgotten.

        A list of which something could not be read yet is told in parts until it can.
        """
        blind = {one.path for one in result.problems}
        tasks = {**dict.fromkeys(self._asked_for, 0), **{one.directory: one.tasks for one in result.lists}}
        self._whole &= tasks.keys()
        due = tasks.keys() - self._whole - blind
        if not due:
            return {}
        known = _by_directory(self._lists.records())
        wholly = {name: known.get(name, []) for name in due if len(known.get(name, ())) == tasks[name]}
        self._whole |= wholly.keys()
        return wholly


def _by_directory(records: Iterable[TaskRecord]) -> dict[str, list[TaskRecord]]:
    found: dict[str, list[TaskRecord]] = {}
    for record in records:
        found.setdefault(record.directory, []).append(record)
    return found


def task_path(directory: str, source: str) -> Path | None:
    """The file behind the source of a track or gate, or None when the source names no task."""
    task_id = source.removeprefix(task_source(""))
    if task_source(task_id) != source or not task_id or "/" in task_id or "\0" in task_id:
        return None
    return Path(directory) / f"{task_id}.json"


def changed_since(gate: Gate, record: TaskRecord) -> str | None:
    """Why the task as it is now must not get the answer to ``gate``, or None.

    Only a question that was asked in the file can change there; other gates' answers are merely left in it. An agent
    that carries its question into a later stage still asks it.
    """
    if gate.question.kind != "task":
        return None
    question = task_question(record.metadata, gate.question.stage)
    if question is None:
        return "its agent took the question down"
    return None if digest(question) == gate.digest else "the question in its task changed since it was answered"
