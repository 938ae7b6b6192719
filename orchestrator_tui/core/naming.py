"""Names that several processes must arrive at alone: the batch of a task list, the source of a task."""

from __future__ import annotations

from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.metadata import slugify

_TASK = "task:"


def list_batch_id(directory: str) -> str:
    """The id of the batch that watches one task list, from the list directory's real path."""
    name = directory.rstrip("/").rpartition("/")[2]
    return f"{slugify(name)[:40].strip('-') or 'list'}-{sha256_hex(directory)[:8]}"


def task_source(task_id: str) -> str:
    """The name of a task inside its list: what joins a track and its gates to their task file."""
    return f"{_TASK}{task_id}"


def is_task_source(source: str) -> bool:
    """Whether this names a task of a list."""
    return source.startswith(_TASK)
