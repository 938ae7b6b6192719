"""One working tree: its own root, what is changed in it, what is under way in it."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.git.command import git, settings_at
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.places import common_directory, git_directory
from orchestrator_tui.core.frozen import frozen

_UNDER_WAY = (
    ("MERGE_HEAD", "merge"),
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)


@frozen
class Contents:
    """What a working tree holds beside its last commit."""

    branch: str
    """The branch without ``refs/heads/``; "" when none is checked out."""
    head: str
    """The commit that is checked out; "" before the first one."""
    uncommitted: tuple[str, ...]
    """Tracked files that differ from the last commit, staged or not, in git's order; a rename counts by both names."""
    untracked: tuple[str, ...]
    ignored: tuple[str, ...]
    """Ignored files, and ignored directories with a slash at their end, when asked for."""


def contents(tree: Path, ignored: bool = False) -> Contents:
    """What is checked out and changed in the working tree whose root is ``tree``.

    Raises:
        GitError: it is none, its settings place its files elsewhere, or git fails.
    """
    confirm_root(tree)
    more = ("--ignored=matching",) if ignored else ()
    text = git(tree, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", *more)
    branch, head, lists = "", "", {"changed": list[str](), "?": list[str](), "!": list[str]()}
    parts = iter(text.split("\0"))
    for part in parts:
        kind, _, rest = part.partition(" ")
        if kind == "#":
            name, _, content = rest.partition(" ")
            branch = content if name == "branch.head" and content != "(detached)" else branch
            head = content if name == "branch.oid" and content != "(initial)" else head
        elif kind in ("?", "!"):
            lists[kind].append(rest)
        elif kind in ("1", "u"):
            lists["changed"].append(rest.split(" ", 7 if kind == "1" else 9)[-1])
        elif kind == "2":
            lists["changed"] += [rest.split(" ", 8)[-1], next(parts, "")]
    return Contents(branch, head, tuple(lists["changed"]), tuple(lists["?"]), tuple(lists["!"]))


def concealed(tree: Path) -> tuple[str, ...]:
    """Files that git was told not to look at although they are there: their changes show in no status.

    Raises:
        GitError: git fails.
    """
    marked = []
    for line in git(tree, "ls-files", "-v", "-z").split("\0"):
        tag, _, name = line.partition(" ")
        if tag and (tag.islower() or (tag == "S" and os.path.lexists(tree / name))):
            marked.append(name)
    return tuple(marked)


def confirm_root(tree: Path) -> None:
    """Make sure that git takes exactly this directory for the working tree, before anything in it is judged.

    A setting ``core.worktree`` could place the files elsewhere: what is reset or compared would be another directory.

    Raises:
        GitError: it does not.
    """
    if (tree / ".git").exists() and "core.worktree" not in settings_at(tree).names:
        return
    top = git(tree, "rev-parse", "--show-toplevel").rstrip("\n")
    if os.path.realpath(top) != os.path.realpath(tree):
        raise GitError(f"{tree} is not the root of its working tree: git says {top}")


def under_way(tree: Path) -> str:
    """What was begun in the working tree and not ended: ``merge``, ``rebase``, ``cherry-pick`` ..., or "".

    Raises:
        GitError: it is no working tree.
    """
    own = git_directory(tree)
    return next((word for name, word in _UNDER_WAY if (own / name).exists()), "")


def break_locks(tree: Path, branch: str = "") -> None:
    """Remove what a git that was killed has left locked in a linked worktree, and of its branch.

    Only for worktrees in which nobody but us works, under the lock that all git commands of ours inherit: then none
    of them is running.
    """
    own, common = git_directory(tree), common_directory(tree)
    if own == common:
        return
    for lock in (*own.glob("*.lock"), *([common / "refs" / "heads" / f"{branch}.lock"] if branch else [])):
        lock.unlink(missing_ok=True)


def some(names: tuple[str, ...], most: int = 3) -> str:
    """The first few names and how many more there are, for a reason that a person reads."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
