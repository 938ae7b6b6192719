"""What of earlier work a repository holds when a batch begins: its branch, commits, and what earlier runs have left."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.history import branch_tip, count
from orchestrator_tui.adapters.git.listing import OURS, listed
from orchestrator_tui.adapters.git.state import tree_state
from orchestrator_tui.adapters.git.trees import contents
from orchestrator_tui.core.earlier import Before
from orchestrator_tui.core.text import plural

DEFAULTS = ("main", "master")
"""Names of a default branch, the first that there is counts."""

_SUBJECTS = 50
_LEFT = 10
_FILES = ("build-args.json", "build-result.json")


def before(repository: Path) -> Before:
    """Look at it.

    Raises:
        GitError: it is no repository, or git fails.
    """
    branch = tree_state(repository).branch
    default = next((one for one in DEFAULTS if branch_tip(repository, one)), "")
    subjects: tuple[str, ...] = ()
    if default and branch != default:
        text = git(repository, "log", "--format=%s", "-z", f"-{_SUBJECTS}", "HEAD", f"^refs/heads/{default}", "--")
        subjects = tuple(one for one in text.split("\0") if one.strip())
    return Before(branch, default, subjects, (*_files(repository), *_trees(repository, default)))


def _files(repository: Path) -> list[str]:
    """Build args and results of earlier runs, the newest first."""
    found = [path for name in _FILES for path in (repository / ".orch" / "reports").glob(f"*/{name}")]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [f"the file {path.relative_to(repository)}" for path in found[:_LEFT]]


def _trees(repository: Path, default: str) -> list[str]:
    """Worktrees of ours with commits that the default branch lacks, or with changes that nobody has committed."""
    told = []
    for tree in listed(repository)[1:]:
        if not (tree.locked or "").startswith(OURS) or not tree.path.is_dir():
            continue
        ahead = count(repository, tree.head, f"^refs/heads/{default}") if default else 0
        held = contents(tree.path)
        loose = len({*held.uncommitted, *held.untracked})
        if ahead or loose:
            left = f"{plural(ahead, 'commit')}, {plural(loose, 'file')} that nobody has committed"
            told.append(f"the worktree {tree.path}: {left}")
    return told[:_LEFT]
