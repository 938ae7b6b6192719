"""Second worktrees at a commit: detached beside the branch that is checked out, and never dropped with work in them."""

from pathlib import Path

from orchestrator_tui.adapters.git.copies import copy, drop
from orchestrator_tui.adapters.git.pool import acquire, init
from tests.adapters.git.repositories import commit, run, write


def test_a_copy_stands_beside_the_tree_that_has_its_branch(repo: Path, trees: Path) -> None:
    """[003-121]"""
    init(trees / "pool", 1)
    slot = acquire(repo, trees / "pool", "auto/one", "main", "one")
    head = commit(slot.path, {"one.txt": "1"})
    place = trees / "fresh" / "one-2-1-1"
    for _ in range(2):
        copy(repo, place, head)
    assert (place / "one.txt").read_text() == "1"
    assert run(place, "rev-parse", "HEAD").strip() == head
    assert run(place, "branch", "--show-current") == ""
    assert drop(repo, place) == drop(repo, place) == ""
    assert not place.exists()


def test_what_was_changed_or_committed_in_a_copy_stays(repo: Path, trees: Path) -> None:
    place = trees / "fresh" / "one"
    copy(repo, place, "main")
    write(place, {"notes.txt": "mine"})
    assert drop(repo, place) == "it holds changes: notes.txt"
    commit(place, {"notes.txt": "mine"})
    assert drop(repo, place) == "it holds commits that nothing else has"
    assert (place / "notes.txt").read_text() == "mine"
