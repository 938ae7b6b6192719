"""The worktrees of a repository as git itself lists them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from orchestrator_tui.adapters.git.command import git, git_result
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.places import common_directory
from orchestrator_tui.core.frozen import frozen

OURS = "orch-tui"
"""How the reason of every worktree begins that is locked for us."""


@frozen
class Listed:
    """One working tree that git knows of; the first of all is the main one."""

    path: Path
    head: str
    branch: str
    """The branch without ``refs/heads/``; "" when none is checked out."""
    locked: str | None
    """Why it is locked against removal ("" without a reason), or None when it is not locked."""
    prunable: str
    """Why git holds it for gone, or ""."""
    bare: bool


def listed(repository: Path) -> tuple[Listed, ...]:
    """All working trees, the main one first.

    Raises:
        GitError: ``repository`` is none, or git fails.
    """
    command = ("worktree", "list", "--porcelain", "-z")
    result = git_result(repository, *command)
    if result.code == 0:
        text = result.out
    else:
        # git lists none while one of them is half registered: by a command under way, or by one that was killed.
        with repository_lock(repository):
            _forget_half_made(common_directory(repository))
            text = git(repository, *command)
    return tuple(_entry(block.split("\0")) for block in text.split("\0\0") if block.strip("\0"))


def find(repository: Path, path: Path) -> Listed | None:
    """The working tree at ``path``, or None."""
    return at(listed(repository), path)


def at(trees: Iterable[Listed], path: Path) -> Listed | None:
    """The one of these working trees that is at ``path``, or None."""
    place = os.path.realpath(path)
    return next((one for one in trees if os.path.realpath(one.path) == place), None)


def holding(repository: Path, branch: str) -> Listed | None:
    """The working tree in which ``branch`` is checked out, or None."""
    return next((one for one in listed(repository) if one.branch == branch), None)


def _forget_half_made(common: Path) -> None:
    """Remove the entries that were cut short while git made them for us: there is no worktree at their ends yet."""
    for own in (common / "worktrees").glob("*"):
        whole = all(_content(own / name) for name in ("gitdir", "HEAD", "commondir"))
        if whole or not _content(own / "locked").startswith(OURS):
            continue
        pointer = Path(_content(own / "gitdir") or own / "nowhere")
        # The place of the worktree holds nothing but git's pointer then.
        if pointer.is_file() and os.listdir(pointer.parent) == [pointer.name]:
            pointer.unlink()
        shutil.rmtree(own, ignore_errors=True)


def _content(file: Path) -> str:
    try:
        return os.fsdecode(file.read_bytes()).strip()
    except OSError:
        return ""


def _entry(lines: list[str]) -> Listed:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, content = line.partition(" ")
        fields[name] = content
    return Listed(
        path=Path(fields["worktree"]),
        head=fields.get("HEAD", ""),
        branch=fields.get("branch", "").removeprefix("refs/heads/"),
        locked=fields.get("locked"),
        prunable=fields.get("prunable", ""),
        bare="bare" in fields,
    )
