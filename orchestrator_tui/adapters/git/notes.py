"""Files of our own beside git's: written whole or not at all, and on the disk before what they tell of begins."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from orchestrator_tui.adapters.git.errors import GitError


def write(place: Path, text: str) -> None:
    """Replace a file, or make it; it has reached the disk when this returns.

    Raises:
        GitError: the file system refuses; the old file is still there.
    """
    draft = place.with_name(f"{place.name}.new")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise GitError(f"cannot write {place}: {error.strerror}") from error


def read(place: Path, lines: int) -> tuple[str, ...] | None:
    """The lines of a file that must have so many, or None where there is no file.

    Raises:
        GitError: it cannot be read, or is damaged.
    """
    try:
        found = place.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise GitError(f"cannot read {place}: {error}") from error
    if len(found) != lines:
        raise GitError(f"{place} is damaged: look at the tree it belongs to, then remove it")
    return tuple(found)
