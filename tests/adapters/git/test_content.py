"""What a commit holds: the same tree whatever the commit, a digest of dependencies, and the files that differ."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.content import changed_files, content
from tests.adapters.git.repositories import commit, head


def test_a_tree_is_the_same_in_every_commit_that_holds_it(repo: Path) -> None:
    """[004-150] What is kept of a tree holds for whatever commit has that tree."""
    first = head(repo)
    commit(repo, {}, "nothing")
    assert head(repo) != first
    assert content(repo, "HEAD", ()) == content(repo, first, ())
    assert changed_files(repo, first, "HEAD") == ()


def test_the_digest_is_of_the_files_that_dependencies_stand_in(repo: Path) -> None:
    """[004-150] dependency_hash."""
    patterns = ("**/package.json", "*.lock")
    start, before = head(repo), content(repo, "HEAD", patterns)[1]
    commit(repo, {"web/package.json": "{}"})
    with_one = content(repo, "HEAD", patterns)[1]
    commit(repo, {"notes.txt": "nothing of theirs"})
    assert before == ""
    assert with_one != ""
    assert content(repo, "HEAD", patterns)[1] == with_one
    assert changed_files(repo, start, "HEAD") == ("notes.txt", "web/package.json")
