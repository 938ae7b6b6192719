"""Merges are whole or not there; what was approved is what is merged; nobody's branch is touched but the named one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator_tui.adapters.git import merging, moving
from orchestrator_tui.adapters.git.command import Result, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.freshness import drift
from orchestrator_tui.adapters.git.merging import (
    Conflicted,
    Merged,
    Published,
    Refused,
    behind,
    ensure_integration,
    merge,
    merged_already,
    preview,
    publish,
    set_aside,
    sides,
    undo,
)
from orchestrator_tui.runtime.run_world import BaseDrift
from tests.adapters.git.repositories import commit, head, run, write


def track(repo: Path, name: str, files: dict[str, str], start: str = "main") -> str:
    """A branch with one commit, made without leaving a working tree."""
    place = repo.parent / f"made-{name}"
    run(repo, "worktree", "add", "--quiet", "-b", name, str(place), start)
    made = commit(place, files, name)
    run(repo, "worktree", "remove", str(place))
    return made


@pytest.fixture
def tree(repo: Path, trees: Path) -> Path:
    return ensure_integration(repo, trees / "integration", "orch/b/integration", "main").path


def test_a_merge_has_two_parents_and_leaves_a_clean_tree(repo: Path, tree: Path) -> None:
    work, tip = track(repo, "one", {"one.txt": "1"}), head(tree)
    merged = merge(tree, work, "Merge one\n\nas approved", tip)
    assert isinstance(merged, Merged)
    assert run(tree, "rev-list", "--parents", "-1", "HEAD").split() == [merged.sha, tip, work]
    assert (tree / "one.txt").read_text() == "1"
    assert run(tree, "status", "--porcelain") == ""
    assert run(tree, "log", "-1", "--format=%B").strip() == "Merge one\n\nas approved"
    assert run(tree, "log", "-1", "--format=%an <%ae> %G?").strip() == "Ada <ada@example.org> N"
    assert (head(repo), head(repo, "one")) == (tip, work)
    assert merged_already(tree, work) == merged.sha
    assert merge(tree, work, "again", tip) == merged == merge(tree, work, "again", merged.sha)


def test_without_an_identity_a_merge_names_the_program(repo: Path, tree: Path) -> None:
    work = track(repo, "one", {"one.txt": "1"})
    run(repo, "config", "--unset", "user.name")
    run(repo, "config", "--unset", "user.email")
    merge(tree, work, "m", head(tree))
    assert run(tree, "log", "-1", "--format=%an <%ae> %cn <%ce>").strip() == " ".join(
        ["orch-tui <orch-tui@localhost>"] * 2
    )


def test_a_conflict_changes_nothing_and_names_the_files(repo: Path, tree: Path) -> None:
    one, two = track(repo, "one", {"notes.md": "A\n"}), track(repo, "two", {"notes.md": "B\n", "new.txt": "n"})
    assert preview(repo, "one", "two").conflicts == ("notes.md",)
    tip = merge(tree, one, "m", head(tree))
    assert isinstance(tip, Merged)
    assert merge(tree, two, "m", tip.sha) == Conflicted(("notes.md",))
    assert head(tree) == tip.sha
    assert run(tree, "status", "--porcelain") == ""
    told = sides(repo, "one", "two", "notes.md")
    assert (told.base, told.ours, told.theirs) == ("one\n", "A\n", "B\n")
    assert told.marked is not None
    assert told.marked.splitlines()[1:4:2] == ["A", "B"]
    assert sides(repo, "one", "two", "nowhere").ours is None


def test_sides_are_bounded_and_binary_ones_are_named(repo: Path) -> None:
    (repo / "b.bin").write_bytes(b"\0" * 10)
    commit(repo, {"long.txt": "line\n" * 100_000})
    assert sides(repo, "main", "main", "b.bin").ours == "(binary, 10 bytes)"
    long = sides(repo, "main", "main", "long.txt").ours
    assert long is not None
    assert len(long) < 70_000
    assert "500000 bytes in all" in long


def test_what_is_not_as_expected_is_refused(repo: Path, tree: Path) -> None:
    work, tip = track(repo, "one", {"one.txt": "1"}), head(tree)
    with pytest.raises(GitError, match="it was moved meanwhile"):
        merge(tree, work, "m", "0" * 40)
    with pytest.raises(GitError, match="is not the full id of a commit"):
        merge(tree, "one", "m", tip)
    with pytest.raises(GitError, match="is no commit"):
        merge(tree, "1" * 40, "m", tip)
    write(tree, {"notes.md": "changed\n"})
    with pytest.raises(GitError, match=r"changes that are not committed: notes\.md"):
        merge(tree, work, "m", tip)
    run(tree, "checkout", "--quiet", "--", ".")
    write(tree, {"one.txt": "mine"})
    with pytest.raises(GitError, match=r"not tracked are in the way in .*: one\.txt"):
        merge(tree, work, "m", tip)
    (tree.parent.parent / "repo/.git/info").mkdir(exist_ok=True)
    (repo / ".git/info/exclude").write_text("one.txt\n")
    with pytest.raises(GitError, match="not tracked are in the way"):
        merge(tree, work, "m", tip)
    assert (tree / "one.txt").read_text() == "mine"
    assert head(tree) == tip


def test_merges_are_taken_back_in_the_integration_worktree_alone(repo: Path, tree: Path) -> None:
    work, tip = track(repo, "one", {"one.txt": "1"}), head(tree)
    merged = merge(tree, work, "m", tip)
    assert isinstance(merged, Merged)
    write(tree, {"report.out": "from a check"})
    with pytest.raises(GitError, match="it was moved meanwhile"):
        undo(tree, tip, tip.replace(tip[0], "0" if tip[0] != "0" else "1"))
    undo(tree, tip, merged.sha)
    assert head(tree) == tip
    assert not (tree / "one.txt").exists()
    assert (tree / "report.out").exists()
    undo(tree, tip, merged.sha)
    with pytest.raises(GitError, match="main working tree"):
        undo(repo, tip, tip)
    with pytest.raises(GitError, match="was never at"):
        undo(tree, work, tip)


def test_what_checks_changed_is_put_aside_and_kept(repo: Path, tree: Path) -> None:
    work, tip = track(repo, "one", {"one.txt": "1"}), head(tree)
    merged = merge(tree, work, "m", tip)
    assert isinstance(merged, Merged)
    write(tree, {"notes.md": "by a check\n", "report.out": "by a check"})
    with pytest.raises(GitError, match=r"changes that are not committed: notes\.md"):
        undo(tree, tip, merged.sha)
    kept = set_aside(tree)
    assert kept is not None
    assert run(tree, "show", f"{kept}:notes.md") == "by a check\n"
    undo(tree, tip, merged.sha)
    assert (tree / "report.out").exists()
    assert set_aside(tree) is None
    assert run(repo, "stash", "list") == ""
    with pytest.raises(GitError, match="its changes are the person's"):
        set_aside(repo)


class Killed(BaseException):
    """Stands for the end of the process."""


def dying(words: str) -> Callable[..., Result]:
    """git that dies instead of running one of the commands, or right after it ran."""
    when, _, command = words.partition(" ")

    def dies(cwd: Path, *args: str, **options: object) -> Result:
        if args[0] == command and when == "before":
            raise Killed
        result = git_result(cwd, *args, **options)  # type: ignore[arg-type]
        if args[0] == command:
            raise Killed
        return result

    return dies


STEPS = ["before read-tree", "after read-tree", "before update-ref", "after update-ref"]


@pytest.mark.parametrize("step", STEPS)
def test_a_merge_that_was_killed_is_finished_and_not_repeated(
    repo: Path, tree: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, tip = track(repo, "one", {"one.txt": "1", "notes.md": "two\n"}), head(tree)
    with monkeypatch.context() as patched:
        patched.setattr(moving, "git_result", dying(step))
        with pytest.raises(Killed):
            merge(tree, work, "m", tip)
    if step == "after read-tree":
        # git itself was killed while it wrote the files.
        (tree / "one.txt").write_text("")
    done = merged_already(tree, work)
    assert done is not None
    assert merge(tree, work, "m", tip) == Merged(done)
    assert run(tree, "rev-list", "--count", f"{tip}..HEAD").strip() == "2"
    assert run(tree, "status", "--porcelain") == ""
    assert (tree / "one.txt").read_text() == "1"


def test_a_killed_merge_is_not_finished_over_other_changes(
    repo: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, tip = track(repo, "one", {"one.txt": "1"}), head(tree)
    with monkeypatch.context() as patched:
        patched.setattr(moving, "git_result", dying("after read-tree"))
        with pytest.raises(Killed):
            merge(tree, work, "m", tip)
    write(tree, {"notes.md": "by a person\n"})
    with pytest.raises(GitError, match=r"was changed since a merge in it was cut short: notes\.md"):
        merge(tree, work, "m", tip)
    assert (tree / "notes.md").read_text() == "by a person\n"


def test_a_failing_move_leaves_everything_as_it_was(repo: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, tip = track(repo, "one", {"one.txt": "1"}), head(tree)

    def failing(cwd: Path, *args: str, **options: object) -> Result:
        return Result(1, "", "fatal: no") if args[0] == "update-ref" else git_result(cwd, *args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(moving, "git_result", failing)
        with pytest.raises(GitError, match=r"git update-ref failed in .*: no"):
            merge(tree, work, "m", tip)
    assert head(tree) == tip
    assert run(tree, "status", "--porcelain", "--ignored") == ""
    assert isinstance(merge(tree, work, "m", tip), Merged)


def test_publishing_moves_the_base_and_its_tree(repo: Path, tree: Path) -> None:
    work, base = track(repo, "one", {"one.txt": "1"}), head(repo)
    merged = merge(tree, work, "m", base)
    assert isinstance(merged, Merged)
    write(repo, {"own.txt": "not tracked"})
    assert publish(repo, "main", merged.sha, base) == Published(merged.sha, True)
    assert publish(repo, "main", merged.sha, base) == Published(merged.sha, True)
    assert (repo / "one.txt").read_text() == "1"
    assert run(repo, "status", "--porcelain") == "?? own.txt\n"


def test_a_file_that_was_only_touched_bars_no_publishing(repo: Path, tree: Path) -> None:
    work, base = track(repo, "one", {"notes.md": "other"}), head(repo)
    merged = merge(tree, work, "m", base)
    assert isinstance(merged, Merged)
    os.utime(repo / "notes.md", (1, 1))
    assert publish(repo, "main", merged.sha, base) == Published(merged.sha, True)


def test_publishing_refuses_what_would_lose_something(repo: Path, tree: Path) -> None:
    work, base = track(repo, "one", {"one.txt": "1"}), head(repo)
    merged = merge(tree, work, "m", base)
    assert isinstance(merged, Merged)
    write(repo, {"notes.md": "changed\n"})
    assert publish(repo, "main", merged.sha, base) == Refused(f"{repo} has changes that are not committed: notes.md")
    run(repo, "checkout", "--quiet", "--", ".")
    write(repo, {"one.txt": "mine"})
    assert publish(repo, "main", merged.sha, base) == Refused(
        f"files that are not tracked are in the way in {repo}: one.txt"
    )
    (repo / "one.txt").unlink()
    moved = commit(repo, {"two.txt": "2"})
    assert publish(repo, "main", merged.sha, base) == Refused(f"main has moved to {moved[:12]} since this was approved")
    assert head(repo) == moved
    both = publish(repo, "main", merged.sha, moved, message="Merge the batch")
    assert isinstance(both, Published)
    assert not both.fast_forward
    assert run(repo, "log", "-1", "--format=%s").strip() == "Merge the batch"
    assert {"one.txt", "two.txt"} <= {each.name for each in repo.iterdir()}
    assert isinstance(publish(repo, "gone", merged.sha, moved), Refused)


def test_a_base_that_nobody_has_checked_out_moves_alone(repo: Path, tree: Path) -> None:
    run(repo, "branch", "release")
    work, base = track(repo, "one", {"notes.md": "two\n"}), head(repo)
    assert publish(repo, "release", work, base, merge=True) != Published(work, True)
    assert head(repo, "release^2") == work
    assert head(repo) == base
    other = track(repo, "two", {"notes.md": "three\n"})
    assert publish(repo, "release", other, head(repo, "release")) == Refused("it conflicts with release in notes.md")


def test_a_base_that_goes_on_is_told(repo: Path) -> None:
    base = head(repo)
    assert drift(repo, "main", base) == BaseDrift(base)
    now = commit(repo, {"notes.md": "two\n"})
    assert drift(repo, "main", base) == BaseDrift(now, 1, False, ("notes.md",))
    assert behind(repo, base, "main") == 1
    run(repo, "commit", "--amend", "--quiet", "--message", "other")
    rewritten = head(repo)
    run(repo, "reset", "--quiet", "--hard", base)
    assert drift(repo, "main", rewritten) == BaseDrift(base, 0, True, ("notes.md",))
    assert drift(repo, "gone", base) == BaseDrift("")


def test_the_integration_branch_is_made_once(repo: Path, trees: Path) -> None:
    first = ensure_integration(repo, trees / "integration", "orch/b/integration", "main")
    assert ensure_integration(repo, trees / "integration", "orch/b/integration", first.base_sha) == first
    run(repo, "branch", "taken")
    with pytest.raises(GitError, match="taken is there already"):
        ensure_integration(repo, trees / "other", "taken", "main")
    assert merging.ensure_integration(repo, trees / "other", "taken", "main", adopt=True).branch == "taken"
