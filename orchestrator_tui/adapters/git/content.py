"""What a commit holds: its tree, a digest of some of its files, and which files two commits hold otherwise."""

from __future__ import annotations

import hashlib
from pathlib import Path

from orchestrator_tui.adapters.git.command import git
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
