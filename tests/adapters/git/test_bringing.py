"""Bringing what is merged into a track's worktree: clean, in conflict, by one side, and after a git that was killed."""

from pathlib import Path

import pytest

from orchestrator_tui.adapters.git.bringing import bring
from orchestrator_tui.adapters.git.creating import create
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.places import common_directory, git_directory
from tests.adapters.git.repositories import commit, head, repository, run, write

BRANCH = "orch/b/a"


def _made(root: Path, mine: str, tip: str) -> tuple[Path, str]:
    """The worktree of a track that has changed ``notes.md``, and a tip that has changed it, too."""
    shop = repository(root / "shop")
    tree = create(shop, root / "trees" / "a", BRANCH, head(shop), "orch-tui:b").path
    commit(tree, {"notes.md": mine})
    return tree, commit(shop, {"notes.md": tip, "new.md": "new\n"})


def test_a_conflict_is_left_for_its_agent(tmp_path: Path) -> None:
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    for _ in range(2):
        made = bring(tree, tip)
        assert (made.result, made.files) == ("conflict", ("notes.md",))
    assert "<<<<<<<" in (tree / "notes.md").read_text()


@pytest.mark.parametrize(("side", "text"), [("ours", "mine\n"), ("theirs", "theirs\n")])
def test_one_side_is_taken(tmp_path: Path, side: str, text: str) -> None:
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    bring(tree, tip)
    assert bring(tree, tip, side).result == "taken"
    assert (tree / "notes.md").read_text() == text
    assert run(tree, "status", "--porcelain") == ""
    assert bring(tree, tip, side).result == "clean"


def test_what_a_killed_git_has_locked_stops_nothing(tmp_path: Path) -> None:
    tree, tip = _made(tmp_path, "one\n", "one\n")
    (git_directory(tree) / "index.lock").touch()
    (common_directory(tree) / "refs" / "heads" / f"{BRANCH}.lock").touch()
    assert bring(tree, tip).result == "clean"
    assert (tree / "new.md").read_text() == "new\n"


def test_what_no_commit_holds_is_not_merged_over(tmp_path: Path) -> None:
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    write(tree, {"README.md": "half done\n"})
    with pytest.raises(GitError, match=r"README\.md"):
        bring(tree, tip)
    assert (tree / "README.md").read_text() == "half done\n"
