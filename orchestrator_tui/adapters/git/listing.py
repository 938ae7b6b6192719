"""The worktrees of a repository as git itself lists them."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.core.frozen import frozen


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
    text = git(repository, "worktree", "list", "--porcelain", "-z")
    return tuple(_entry(block.split("\0")) for block in text.split("\0\0") if block.strip("\0"))


def find(repository: Path, path: Path) -> Listed | None:
    """The working tree at ``path``, or None."""
    place = os.path.realpath(path)
    return next((one for one in listed(repository) if os.path.realpath(one.path) == place), None)


def holding(repository: Path, branch: str) -> Listed | None:
    """The working tree in which ``branch`` is checked out, or None."""
    return next((one for one in listed(repository) if one.branch == branch), None)


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
