"""The state of a pool of worktrees as it is kept in a file beside the slots: written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from orchestrator_tui.adapters.git import notes
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.core.frozen import frozen

State = Literal["idle", "busy", "dirty", "error"]
_STATES: tuple[State, ...] = ("idle", "busy", "dirty", "error")

NAME = "pool.json"
LARGEST = 8
_VERSION = 1
_FILE_LIMIT = 64 << 10
_TEXTS = ("name", "state", "owner", "branch", "base_sha", "reason")
_ADDED = ("into", "after", "acquired_at")
"""Fields that a file of an earlier version may lack."""


@frozen
class Slot:
    """One place of a pool for a worktree."""

    name: str
    """``wt-1`` ... ``wt-8``."""
    path: Path
    state: State = "idle"
    """``idle``, ``busy``, ``dirty`` (it holds work that would be lost) or ``error`` (it is not what it should be)."""
    owner: str = ""
    """Whose work is in it: the track."""
    branch: str = ""
    base_sha: str = ""
    reason: str = ""
    """Why it is dirty or in error, in one line."""
    into: str = ""
    """The branch that its work is to be merged into, where that was said."""
    after: str = ""
    """The owners whose work is merged before its own, separated by blanks."""
    acquired_at: str = ""
    """When it was taken, as ISO 8601 in UTC."""


def read(root: Path) -> tuple[Slot, ...]:
    """The slots of the pool below ``root``.

    Raises:
        GitError: there is no pool, or its file is damaged.
    """
    place = root / NAME
    try:
        with open(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            data = json.loads(file.read(_FILE_LIMIT))
    except FileNotFoundError:
        raise GitError(f"there is no pool in {root}") from None
    except OSError as error:
        raise GitError(f"cannot read {place}: {error.strerror}") from error
    except ValueError:
        raise GitError(f"{place} is damaged: it is no JSON") from None
    version = data.get("version") if isinstance(data, dict) else None
    entries = data.get("slots") if isinstance(data, dict) else None
    if version != _VERSION or not isinstance(entries, list) or not 1 <= len(entries) <= LARGEST:
        raise GitError(f"{place} is damaged, or of another version")
    return tuple(_slot(place, root, number, entry) for number, entry in enumerate(entries, 1))


def made_at(root: Path) -> str:
    """When the pool was made, as ISO 8601 in UTC; "" where its file does not say."""
    try:
        data = json.loads((root / NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    found = data.get("created_at") if isinstance(data, dict) else None
    return found if isinstance(found, str) else ""


def write(root: Path, slots: tuple[Slot, ...], created_at: str = "") -> None:
    """Replace the state of the pool; it reaches the disk before this returns. When it was made stays as it is.

    Raises:
        GitError: the file system refuses; the old state is still there.
    """
    entries = [{name: getattr(slot, name) for name in (*_TEXTS, *_ADDED)} for slot in slots]
    made = created_at or made_at(root)
    text = json.dumps({"version": _VERSION, "created_at": made, "slots": entries}, indent=1) + "\n"
    notes.write(root / NAME, text)


def _slot(place: Path, root: Path, number: int, entry: Any) -> Slot:
    texts = {name: entry.get(name) for name in _TEXTS} if isinstance(entry, dict) else {}
    texts |= {name: entry.get(name, "") for name in _ADDED} if isinstance(entry, dict) else {}
    state = next((one for one in _STATES if one == texts.get("state")), None)
    # Where a slot is follows from its number alone: a file that says otherwise is not believed.
    if state is None or texts["name"] != f"wt-{number}" or not all(isinstance(text, str) for text in texts.values()):
        raise GitError(f"{place} is damaged: slot {number} cannot be read")
    return Slot(
        f"wt-{number}",
        root / f"wt-{number}",
        state,
        str(texts["owner"]),
        str(texts["branch"]),
        str(texts["base_sha"]),
        str(texts["reason"]),
        *(str(texts[name]) for name in _ADDED),
    )
