"""Documents of a batch's own stages, moved from the integration worktree into the reports of the batch."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from orchestrator_tui.adapters.plain_file import whole
from orchestrator_tui.adapters.tasks.atomic import replace_file
from orchestrator_tui.core.model import Batch

MOST_BYTES = 16 * 1024 * 1024
"""A document that is longer stays where it is."""


def take_in(batch: Batch, folder: Path) -> None:
    """Move what stages of the batch have promised and left uncommitted to ``folder``; each is written before it goes.

    Doing it again goes on where it was interrupted. A file that is no plain one, or too long, stays.

    Raises:
        OSError: one cannot be written or taken away.
    """
    # Loaded here: reports are written while nothing is taken in, too.
    from orchestrator_tui.adapters.git.errors import GitError
    from orchestrator_tui.adapters.git.trees import contents
    from orchestrator_tui.core.schedule.documents import FOLDER, promised, tree_to_tidy

    place = tree_to_tidy(batch)
    if not place or not Path(place).is_dir():
        return
    tree = Path(place).resolve()
    try:
        untracked = contents(tree).untracked
    except GitError:
        # It is kept with its reason by whoever would remove it; the report of the batch is none the worse.
        return
    for file, name in promised(batch, untracked).items():
        source, target = tree / file, folder / FOLDER / name
        data = whole(source, MOST_BYTES) if source.parent.resolve() == source.parent else None
        if data is None:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(str(target), data, 0o644, lambda: None)
        source.unlink()
        _clear(source.parent, tree)


def _clear(folder: Path, tree: Path) -> None:
    """Remove folders that are empty now."""
    with suppress(OSError):
        while folder != tree:
            folder.rmdir()
            folder = folder.parent
