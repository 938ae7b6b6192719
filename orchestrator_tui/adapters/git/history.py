"""Questions about commits: what a name means, what contains what, how far two lines have moved apart."""

from __future__ import annotations

import re
from pathlib import Path

from orchestrator_tui.adapters.git.command import failure, git, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.core.text import sanitise_line

NOWHERE = "0" * 40
"""What git takes as the old value of a reference that must not exist yet."""

_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def is_full_id(name: str) -> bool:
    """Whether this can be nothing but the full id of an object."""
    return _OBJECT.fullmatch(name) is not None


def commit_id(repository: Path, name: str) -> str:
    """The full id of the commit that a branch, tag or id means.

    Raises:
        GitError: it means none.
    """
    result = git_result(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    found = result.out.strip()
    if result.code != 0 or not is_full_id(found):
        raise GitError(f"{sanitise_line(name, 80)!r} is no commit, branch or tag of {repository}")
    return found


def branch_tip(repository: Path, branch: str) -> str | None:
    """The id of the commit that a branch points at, or None when there is no such branch.

    Raises:
        GitError: git fails.
    """
    result = git_result(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"refs/heads/{branch}")
    return result.out.strip() if result.code == 0 else None


def missing_base(repository: Path, branch: str) -> str:
    """That there is no such branch to begin from, with the nearest that there is; "" where there is one.

    Raises:
        GitError: git fails.
    """
    if branch_tip(repository, branch) is not None:
        return ""
    from difflib import get_close_matches

    names = git(repository, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/").splitlines()
    meant = get_close_matches(branch, names, n=1)
    near = f'; did you mean "{sanitise_line(meant[0], 80)}"?' if meant else ""
    return f'there is no branch "{sanitise_line(branch, 80)}" to begin from{near}'


def contains(repository: Path, descendant: str, ancestor: str) -> bool:
    """Whether the history of one commit has the other in it.

    Raises:
        GitError: one of them is not there.
    """
    result = git_result(repository, "merge-base", "--is-ancestor", "--end-of-options", ancestor, descendant)
    if result.code not in (0, 1):
        raise failure(repository, "merge-base", result)
    return result.code == 0


def merge_base(repository: Path, one: str, other: str) -> str | None:
    """The best common ancestor of two commits, or None when they have none.

    Raises:
        GitError: one of them is not there.
    """
    result = git_result(repository, "merge-base", "--end-of-options", one, other)
    if result.code not in (0, 1):
        raise failure(repository, "merge-base", result)
    return result.out.strip() or None


def behind(repository: Path, head: str, of: str) -> int:
    """How many commits ``of`` has that ``head`` has not.

    Raises:
        GitError: one of them is not there.
    """
    return count(repository, of, f"^{head}")


def count(repository: Path, *names: str) -> int:
    """How many commits are reachable from the names and from none of those that begin with ``^`` or are options.

    Raises:
        GitError: one of them is not there.
    """
    return int(git(repository, "rev-list", "--count", *names, "--"))


def apart(repository: Path, one: str, other: str) -> tuple[int, int]:
    """How many commits each of two has that the other has not.

    Raises:
        GitError: one of them is not there.
    """
    left, right = git(repository, "rev-list", "--left-right", "--count", f"{one}...{other}", "--").split()
    return int(left), int(right)
