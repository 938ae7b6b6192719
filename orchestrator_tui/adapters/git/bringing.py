"""Bringing what is merged already into a track's worktree, so that a conflict is resolved where its agent works."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import WRITE_SECONDS, commit_identity, git, git_result
from orchestrator_tui.adapters.git.content import blob_at
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import commit_id, contains, is_full_id
from orchestrator_tui.adapters.git.joining import LIMIT, Joins, joined, none
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.merge_commit import commit_merge, exact
from orchestrator_tui.adapters.git.merging_here import is_merging, leave_conflict, merging, take_back
from orchestrator_tui.adapters.git.moving import clean_tree, move, settle
from orchestrator_tui.adapters.git.previewing import preview
from orchestrator_tui.adapters.git.trees import break_locks
from orchestrator_tui.adapters.plain_file import whole
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import sanitise_line

OURS, THEIRS = "ours", "theirs"


@frozen
class Brought:
    """How a tip came into a worktree: ``clean``, ``taken`` by one side, or ``conflict`` with the files in it.

    ``tip`` is the commit that came: an earlier one than was asked for where a merge was under way already.
    """

    result: str
    tip: str
    files: tuple[str, ...] = ()
    head: str = ""
    """The commit in which one side was taken."""


def bring(tree: Path, tip: str, take: str = "", joins: Joins = none, mine: str = "") -> Brought:
    """Merge ``tip`` into the branch that is checked out in ``tree``.

    A conflict is left in the worktree, unless ``take`` says whose side of the conflicting files is taken: ``ours`` is
    the worktree's own, ``theirs`` the tip's; then the merge is committed. Called again it goes on where it was, also
    where we or git were killed, or where another tip is asked for meanwhile: first what is under way is finished.

    Args:
        joins: to which files what both sides have appended is joined, the tip's first: they are no conflict.
        mine: the full id of the commit with the worktree's own side; whatever somebody has made of the conflict since,
            committed or not, is not what was asked for. Without it, its last commit.

    Raises:
        GitError: the worktree holds changes that no commit holds, another merge is under way there, the tip is not
            there, or git fails.
    """
    with repository_lock(tree):
        head = exact(tree, tip)
        # No agent works in it now, and no git of ours under this lock: a git that was killed here has left them.
        break_locks(tree, git_result(tree, "symbolic-ref", "--short", "--quiet", "HEAD").out.strip())
        settle(tree)
        take_back(tree)
        message = f"Merge what is integrated ({head[:12]})"
        if contains(tree, "HEAD", head):
            _forget_finished(tree)
            if not (mine and take):
                return Brought("clean", head)
            return _taken(tree, _met(tree, head) if is_merging(tree) else head, take, joins, mine)
        if not is_merging(tree):
            held = clean_tree(tree)
            # Named as git names it in a working tree: the marks in the files are the same then.
            outcome = preview(tree, "HEAD", head)
            better = joined(tree, outcome, head, held.head, joins)
            if not better.conflicts:
                made = commit_merge(tree, better.tree, held.head, head, message)
                move(tree, held.branch, held.head, made, f"orch-tui: bring {head[:12]}")
                return _taken(tree, head, take, joins, mine) if mine and take else Brought("clean", head)
            leave_conflict(tree, held.head, head, outcome.tree, message)
        met = _met(tree, head)
        _join(tree, met, joins)
        files = _conflicting(tree)
        if take not in (OURS, THEIRS):
            return Brought("conflict", met, files)
        return _taken(tree, met, take, joins, mine)


def _taken(tree: Path, met: str, take: str, joins: Joins, mine: str) -> Brought:
    """Take one side of what conflicts between ``mine`` and what came, and commit that."""
    own = exact(tree, mine) if mine else commit_id(tree, "HEAD")
    conflicts = joined(tree, preview(tree, own, met), met, own, joins).conflicts
    files = tuple(dict.fromkeys((*conflicts, *_conflicting(tree))))
    for file in files:
        _take(tree, file, own if take == OURS else met)
    if is_merging(tree):
        _commit(tree, f"Merge what is integrated ({met[:12]})")
    elif files:
        named = tuple(_literal(file) for file in files)
        listed = git(tree, "diff", "--cached", "--name-only", "--no-renames", "-z", "HEAD", "--", *named).split("\0")
        only = tuple(_literal(file) for file in listed if file)
        if only:
            # Whatever else somebody has prepared there stays as it is.
            _commit(tree, f"Take one side of the conflict with what is integrated ({met[:12]})", *only)
    return Brought("taken", met, files, commit_id(tree, "HEAD")) if files else Brought("clean", met)


def _forget_finished(tree: Path) -> None:
    """Let git forget a merge that is committed: whoever committed it was killed right after."""
    if is_merging(tree) and contains(tree, "HEAD", "MERGE_HEAD"):
        git(tree, "merge", "--quit")


def _met(tree: Path, tip: str) -> str:
    """What is being merged into the worktree: the tip, or one before it.

    Whoever works there can write down any other commit as that: what it brings would count as integrated.
    """
    met = merging(tree)
    if len(met) != 1 or not is_full_id(met[0]) or not contains(tree, tip, commit_id(tree, met[0])):
        said = sanitise_line(" ".join(one[:12] for one in met), 80)
        raise GitError(f"{tree} is in a merge of {said}, which is not what is integrated: commit or abort it there")
    return met[0]


def _join(tree: Path, met: str, joins: Joins) -> None:
    """Join what both sides have appended, where a conflict is still as git has left it: nobody has worked at it."""
    if not any(joins(file) for file in _conflicting(tree)):
        return
    outcome = preview(tree, "HEAD", met)
    better = joined(tree, outcome, met, commit_id(tree, "HEAD"), joins)
    for file in better.files:
        left = whole(tree / file, LIMIT)
        if left is not None and left == blob_at(tree, outcome.tree, file, LIMIT):
            git(tree, "checkout", better.tree, "--", _literal(file))


def _conflicting(tree: Path) -> tuple[str, ...]:
    names = git(tree, "diff", "--name-only", "--diff-filter=U", "-z", "--").split("\0")
    return tuple(name for name in names if name)


def _take(tree: Path, file: str, commit: str) -> None:
    """Have a file as a commit has it; where that has none, it is removed."""
    if git_result(tree, "cat-file", "-e", f"{commit}:{file}").code == 0:
        git(tree, "checkout", commit, "--", _literal(file))
    else:
        git(tree, "rm", "--force", "--quiet", "--ignore-unmatch", "--", _literal(file))


def _commit(tree: Path, message: str, *only: str) -> None:
    command = ("commit", "--no-gpg-sign", "--no-verify", "-m", message, "--", *only)
    git(tree, *command, timeout=WRITE_SECONDS, env=commit_identity(tree))


def _literal(file: str) -> str:
    return f":(literal){file}"
