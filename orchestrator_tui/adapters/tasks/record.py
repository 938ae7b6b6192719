"""One task file as it was read: a task of a Claude Code task list (reference claude-code §2.2, DESIGN §4.1)."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from orchestrator_tui.core.frozen import frozen

FIELD_LIMIT = 65_536
"""Characters of any one text that are kept (S-3)."""


@frozen
class TaskRecord:
    """One parsed task file. Texts are raw, as the agent wrote them: not safe to draw.

    Attributes:
        list_name: the name of the list's directory.
        directory: the list's directory as it was given.
        task_id: the file's name without ``.json``; Claude Code goes by it, whatever ``id`` the file holds.
        subject, description, active_form, owner, status: texts, "" where the file has none.
        blocks, blocked_by: ids of other tasks.
        metadata: the JSON object of the file, unknown keys kept; nobody changes it.
        mtime_ns, size, inode: of the file that was read; 0 where it could not be opened.
        digest: SHA-256 of the file's bytes in hexadecimal, "" where not all of them were read.
        problem: why the file says nothing, or None. The other fields then hold what could be known.
        torn: the problem may be a write under way, or pass by itself: read again before believing it (W-4).
        notes: what is odd about a file that was read all the same, one line each.
    """

    list_name: str
    directory: str
    task_id: str
    subject: str = ""
    description: str = ""
    active_form: str = ""
    owner: str = ""
    status: str = ""
    blocks: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    mtime_ns: int = 0
    size: int = 0
    inode: int = 0
    digest: str = ""
    problem: str | None = None
    torn: bool = False
    notes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The file's path, below the directory as it was given."""
        return f"{self.directory}/{self.task_id}.json"

    @property
    def order(self) -> tuple[str, int, str]:
        """The order of tasks on screen: by list, then by number."""
        number = int(self.task_id) if is_number(self.task_id) else 10**9
        return self.directory, number, self.task_id


def is_number(task_id: str) -> bool:
    """Whether this is an id as Claude Code gives them: digits, few enough to count on."""
    return task_id.isascii() and task_id.isdigit() and len(task_id) <= 9
