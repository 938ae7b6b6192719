"""What a commit holds: its tree, a digest of some of its files, and which files two commits hold otherwise."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from orchestrator_tui.adapters.git.command import git, git_result
from orchestrator_tui.adapters.git.history import commit_id
from orchestrator_tui.core.scope import expand


def content(repository: Path, sha: str, patterns: tuple[str, ...]) -> tuple[str, str]:
    """The tree of a commit, and a digest of its files that fall under these patterns, "" without any.

    Raises:
        GitError: there is no such commit, or git fails.
    """
    commit = commit_id(repository, sha)
    tree = git(repository, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}").strip()
    if not patterns:
        return tree, ""
    rows = git(repository, "ls-tree", "-r", "-z", "--full-tree", commit).split("\0")
    blobs = {name: head.split()[-1] for head, tab, name in (row.partition("\t") for row in rows) if tab}
    found = expand(patterns, sorted(blobs))
    text = "".join(f"{blobs[name]} {name}\n" for name in found)
    return tree, hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() if found else ""


def changed_files(repository: Path, since: str, until: str) -> tuple[str, ...]:
    """The files that differ between two commits; one that was renamed counts as two.

    Raises:
        GitError: one of them is not there, or git fails.
    """
    one, other = commit_id(repository, since), commit_id(repository, until)
    text = git(repository, "diff-tree", "-r", "--name-only", "--no-renames", "-z", one, other, "--")
    return tuple(name for name in text.split("\0") if name)


def entry_at(repository: Path, tree: str, file: str) -> tuple[str, str] | None:
    """Mode and id of what a tree or commit has at a path; None where it has nothing.

    Raises:
        GitError: there is no such tree, or git fails.
    """
    listed = git(repository, "ls-tree", "-z", "--full-tree", tree, "--", file).rstrip("\0")
    told, _, name = listed.partition("\t")
    if name != file:
        return None
    mode, _, blob = told.split()
    return mode, blob


def blob_at(repository: Path, tree: str, file: str, limit: int) -> bytes | None:
    """The content of a file in a tree or commit; None where there is none, or it is longer than ``limit`` bytes."""
    result = git_result(repository, "cat-file", "blob", f"{tree}:{file}", limit=limit + 1)
    found = os.fsencode(result.out)
    return found if result.code == 0 and len(found) <= limit else None
