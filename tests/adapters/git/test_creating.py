"""Worktrees are made once, whole, and side by side; what was there before stays as it was."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator_tui.adapters.git import creating
from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.worktrees import Created, create, listed
from tests.adapters.git.repositories import commit, head, run, write

REASON = "orch-tui:batch-1"


def branches(repo: Path) -> set[str]:
    return set(run(repo, "for-each-ref", "--format=%(refname:short)", "refs/heads").split())


def test_a_worktree_is_made_at_its_base_locked_and_tracking_nothing(repo: Path, trees: Path) -> None:
    """[000-037] [000-050]"""
    base = head(repo)
    run(repo, "config", "branch.autoSetupMerge", "always")
    made = create(repo, trees / "cart", "orch/b/cart", "main", REASON)
    assert made == Created(trees / "cart", "orch/b/cart", base)
    assert (trees / "cart" / "cart" / "sum.py").is_file()
    assert run(trees / "cart", "status", "--porcelain") == ""
    assert run(trees / "cart", "symbolic-ref", "HEAD").strip() == "refs/heads/orch/b/cart"
    assert run(repo, "config", "--get-regexp", "^branch.orch", check=False) == ""
    there = next(one for one in listed(repo) if one.path == trees / "cart")
    assert (there.branch, there.locked, there.prunable) == ("orch/b/cart", REASON, "")


def test_made_again_it_is_found_even_with_work_in_it(repo: Path, trees: Path) -> None:
    first = create(repo, trees / "cart", "orch/b/cart", "main", REASON)
    work = commit(first.path, {"a.txt": "a"})
    write(first.path, {"half.txt": "half"})
    assert create(repo, trees / "cart", "orch/b/cart", first.base_sha, REASON) == first
    assert head(first.path) == work
    assert (first.path / "half.txt").read_text() == "half"


@pytest.mark.parametrize("round_", range(3))
def test_twenty_four_at_once_all_succeed(repo: Path, trees: Path, round_: int) -> None:
    started = time.monotonic()

    def one(number: int) -> Created:
        return create(repo, trees / f"t{number}", f"orch/b{round_}/t{number}", "main", REASON)

    with ThreadPoolExecutor(24) as pool:
        made = list(pool.map(one, range(24)))
    print(f"24 worktrees in {time.monotonic() - started:.2f} s")
    assert {each.path for each in made} == {trees / f"t{number}" for number in range(24)}
    assert len(listed(repo)) == 25
    assert all((each.path / "cart" / "sum.py").is_file() for each in made)


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it, nothing is cleaned up."""


def dying(step: int) -> Callable[..., str]:
    """git that dies before its n-th command that changes something."""
    left = [step]
    real = git

    def dies(cwd: Path, *args: str, **options: object) -> str:
        if args[0] in ("worktree", "update-ref", "symbolic-ref", "reset"):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
        return real(cwd, *args, **options)  # type: ignore[arg-type]

    return dies


@pytest.mark.parametrize("step", range(4))
def test_killed_before_any_step_it_is_finished_by_the_next_call(
    repo: Path, trees: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = head(repo)
    with monkeypatch.context() as patched:
        patched.setattr(creating, "git", dying(step))
        with pytest.raises(Killed):
            create(repo, trees / "cart", "orch/b/cart", base, REASON)
    made = create(repo, trees / "cart", "orch/b/cart", base, REASON)
    assert made == Created(trees / "cart", "orch/b/cart", base)
    assert run(made.path, "status", "--porcelain") == ""
    assert branches(repo) == {"main", "orch/b/cart"}
    assert len(listed(repo)) == 2


@pytest.mark.parametrize("step", range(1, 4))
def test_failing_at_any_step_it_leaves_nothing(
    repo: Path, trees: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(cwd: Path, *args: str, **options: object) -> str:
        if args[0] == ("worktree", "update-ref", "symbolic-ref", "reset")[step] and "-d" not in args:
            raise GitError("no space left")
        return real(cwd, *args, **options)  # type: ignore[arg-type]

    real = git
    with monkeypatch.context() as patched:
        patched.setattr(creating, "git", failing)
        with pytest.raises(GitError, match="no space left"):
            create(repo, trees / "cart", "orch/b/cart", "main", REASON)
    assert branches(repo) == {"main"}
    assert len(listed(repo)) == 1
    assert not (trees / "cart").exists()


def test_a_branch_that_was_there_is_refused_or_adopted_as_it_is(repo: Path, trees: Path) -> None:
    base = head(repo)
    run(repo, "switch", "--quiet", "--create", "orch/b/cart")
    theirs = commit(repo, {"x.txt": "x"})
    run(repo, "switch", "--quiet", "main")
    with pytest.raises(GitError, match="orch/b/cart is there already and not of this batch: adopt it"):
        create(repo, trees / "cart", "orch/b/cart", "main", REASON)
    assert branches(repo) == {"main", "orch/b/cart"}
    assert create(repo, trees / "cart", "orch/b/cart", "main", REASON, adopt=True).base_sha == base
    assert head(trees / "cart") == theirs


def test_a_worktree_of_somebody_else_is_refused_or_adopted_where_it_is(repo: Path, trees: Path) -> None:
    run(repo, "worktree", "add", "--quiet", "-b", "orch/b/cart", str(trees / "mine"))
    with pytest.raises(GitError, match=r"is checked out in .*mine"):
        create(repo, trees / "cart", "orch/b/cart", "main", REASON)
    with pytest.raises(GitError, match="is a worktree already, with the branch orch/b/cart, and not of this batch"):
        create(repo, trees / "mine", "orch/b/cart", "main", REASON)
    assert create(repo, trees / "cart", "orch/b/cart", "main", REASON, adopt=True).path == trees / "mine"
    assert listed(repo)[1].locked == REASON


def test_a_directory_with_something_in_it_is_left_alone(repo: Path, trees: Path) -> None:
    write(trees / "cart", {"mine.txt": "mine"})
    for adopt in (False, True):
        with pytest.raises(GitError, match="is there already and is no worktree"):
            create(repo, trees / "cart", "orch/b/cart", "main", REASON, adopt=adopt)
    assert (trees / "cart" / "mine.txt").read_text() == "mine"
    assert branches(repo) == {"main"}


def test_names_that_collide_are_refused(repo: Path, trees: Path) -> None:
    run(repo, "branch", "Orch/b/Cart")
    run(repo, "branch", "plain")
    with pytest.raises(GitError, match="differs only by case from Orch/b/Cart"):
        create(repo, trees / "cart", "orch/b/cart", "main", REASON)
    with pytest.raises(GitError, match="one would be a directory of the other"):
        create(repo, trees / "cart", "plain/cart", "main", REASON)
    with pytest.raises(GitError, match="is no commit, branch or tag"):
        create(repo, trees / "cart", "orch/c/cart", "nowhere", REASON)
    (trees / "link").symlink_to(repo)
    with pytest.raises(GitError, match="no symbolic link"):
        create(repo, trees / "link", "orch/c/cart", "main", REASON)


def test_an_agent_that_left_its_branch_is_told(repo: Path, trees: Path) -> None:
    made = create(repo, trees / "cart", "orch/b/cart", "main", REASON)
    run(made.path, "switch", "--quiet", "--create", "elsewhere")
    with pytest.raises(GitError, match="holds the branch elsewhere, not orch/b/cart"):
        create(repo, trees / "cart", "orch/b/cart", "main", REASON)
    run(made.path, "switch", "--quiet", "--detach")
    with pytest.raises(GitError, match="has left the branch"):
        create(repo, trees / "cart", "orch/b/cart", "main", REASON)
