"""A merge whose conflict stays in a working tree for somebody to resolve, and which is never left half made.

git writes the files, then its index, then that a merge is under way; when it is killed in between, or when we are, so
that nobody reads any more what it says and it ends by that, a tree is left that looks like somebody's unfinished work.
So before it begins, what it will make is computed and written down beside the tree's own git files. Whoever comes next
finds that note and takes back exactly what this merge has written: any file that holds something else is left alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.git import notes
from orchestrator_tui.adapters.git.command import WRITE_SECONDS, commit_identity, failure, git, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.moving import differing, refuse_overwriting
from orchestrator_tui.adapters.git.places import git_directory
from orchestrator_tui.adapters.git.trees import contents, some

_NOTE_NAME = "orch-tui-bring"
_LONGEST = 16 << 20
"""A longer file is not compared: it counts as written by somebody else."""


def is_merging(tree: Path) -> bool:
    """Whether a merge is under way in the working tree."""
    return (git_directory(tree) / "MERGE_HEAD").exists()


def merging(tree: Path) -> list[str]:
    """The commits that the working tree itself says are being merged into it; whoever works there may have written it.

    Raises:
        GitError: it is no working tree.
    """
    try:
        return (git_directory(tree) / "MERGE_HEAD").read_text("ascii", "replace").split()
    except OSError:
        return []


def leave_conflict(tree: Path, head: str, other: str, merged: str, message: str) -> None:
    """Begin to merge ``other`` into the clean ``tree``, which is at ``head``, and leave its conflicts there.

    Args:
        merged: the tree that git makes of the two, with the marks of the conflicts (:mod:`~.previewing`).

    Raises:
        GitError: a file is in the way, or git fails; nothing has changed then.
    """
    refuse_overwriting(tree, head, merged)
    note = git_directory(tree) / _NOTE_NAME
    notes.write(note, f"{head}\n{merged}\n")
    made = git_result(
        tree,
        *("merge", "--no-ff", "--no-commit", "--no-edit", "--no-gpg-sign", "--no-verify", "--no-rerere-autoupdate"),
        *("-m", message, "--end-of-options", other),
        timeout=WRITE_SECONDS,
        env=commit_identity(tree),
    )
    if not is_merging(tree):
        take_back(tree)
        raise failure(tree, "merge", made)
    note.unlink(missing_ok=True)


def take_back(tree: Path) -> None:
    """Take back what a merge of ours that was cut short has written; nothing is done when there was none.

    Under the repository's lock, and after the locks of a git that was killed are broken.

    Raises:
        GitError: a file of it holds what neither side of that merge has: somebody has worked there since.
    """
    place = git_directory(tree) / _NOTE_NAME
    note = notes.read(place, 2)
    if note is None:
        return
    head, merged = note
    held = contents(tree)
    # Once git says that a merge is under way, all of it is written; and with another commit, somebody went on.
    if not is_merging(tree) and held.head == head:
        touched = dict(differing(tree, head, merged))
        foreign = [name for name in held.uncommitted if name not in touched]
        foreign += [name for name in touched if not _is_of_merge(tree, name, head, merged)]
        if foreign:
            raise GitError(f"{tree} was changed since a merge in it was cut short: {some(tuple(foreign))}")
        git(tree, "reset", "--hard", "--quiet", "--no-recurse-submodules", "HEAD", "--", timeout=WRITE_SECONDS)
        for name in (name for name, kind in touched.items() if kind == "A"):
            (tree / name).unlink(missing_ok=True)
    place.unlink(missing_ok=True)


def _is_of_merge(tree: Path, name: str, head: str, merged: str) -> bool:
    """Whether a file is as it was, or as far as the merge had come with it: gone, or a beginning of what it writes."""
    held = _content(tree / name)
    if held is None:
        return True
    if _begins(held, _blob(tree, merged, name)):
        return True
    return held in _forms(_blob(tree, head, name))


def _begins(held: bytes, whole: bytes | None) -> bool:
    return any(form.startswith(held) for form in _forms(whole))


def _forms(blob: bytes | None) -> tuple[bytes, ...]:
    """What git writes for a file: as it is kept, or with the line ends of other systems."""
    return () if blob is None else (blob, blob.replace(b"\n", b"\r\n"))


def _content(file: Path) -> bytes | None:
    """What is at a path; None for nothing. What is no file or link, or too long, holds nothing that a merge wrote."""
    if file.is_symlink():
        return os.fsencode(os.readlink(file))
    try:
        if not file.is_file():
            return b"\0not a file\0" if os.path.lexists(file) else None
        with file.open("rb") as opened:
            return opened.read(_LONGEST + 1)
    except OSError as error:
        raise GitError(f"cannot read {file}: {error.strerror}") from error


def _blob(tree: Path, of: str, name: str) -> bytes | None:
    result = git_result(tree, "cat-file", "blob", f"{of}:{name}", limit=_LONGEST + 2)
    return os.fsencode(result.out) if result.code == 0 else None
