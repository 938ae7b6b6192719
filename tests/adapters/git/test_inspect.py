"""What a track changed: kinds, what only grew, what is not committed; digests and breaches of its scope."""

from pathlib import Path

import pytest

from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.inspect import Changes, FileChange, changes, diff, digest, scope_breaches, touched
from orchestrator_tui.core.scope import Breach, Touched
from tests.adapters.git.repositories import commit, head, run, write


def by_path(found: Changes) -> dict[str, FileChange]:
    return {one.path: one for one in found.files}


def test_every_kind_of_change_is_told(repo: Path) -> None:
    base = commit(repo, {"gone.txt": "g", "old name.txt": "a\nb\nc\nd\n", "kind.txt": "k", "bin": "x\0y"})
    run(repo, "rm", "--quiet", "gone.txt")
    run(repo, "mv", "old name.txt", "neuer ñame.txt")
    (repo / "kind.txt").unlink()
    (repo / "kind.txt").symlink_to("notes.md")
    commit(repo, {"new.txt": "1\n2\n", "notes.md": "one\ntwo\n", "bin": "x\0z"})
    write(repo, {"README.md": "# shop\n", "untracked\tfile": "u"})
    found = changes(repo, base)
    assert (found.head, found.commits) == (head(repo), 1)
    assert (found.uncommitted, found.untracked) == (("README.md",), ("untracked\tfile",))
    assert by_path(found) == {
        "README.md": FileChange("README.md", "M", 1, 1),
        "bin": FileChange("bin", "M", 0, 0),
        "gone.txt": FileChange("gone.txt", "D", 0, 1),
        "kind.txt": FileChange("kind.txt", "T", 1, 1),
        "neuer ñame.txt": FileChange("neuer ñame.txt", "R", 0, 0, False, "old name.txt"),
        "new.txt": FileChange("new.txt", "A", 2, 0, True),
        "notes.md": FileChange("notes.md", "M", 1, 0, True),
    }


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize(
    ("old", "new", "grew"),
    [
        ("one\n", "one\ntwo\n", True),
        ("one", "one\ntwo", True),
        ("one", "one more", True),
        ("one\n", "zero\none\n", False),
        ("a\nb\n", "a\nX\nb\n", False),
        ("a\nb\n", "a\n", False),
        ("a\na\n", "a\na\na\n", True),
        ("", "x", True),
    ],
)
def test_what_only_grew_is_told_to_the_byte(repo: Path, old: str, new: str, grew: bool, committed: bool) -> None:
    base = commit(repo, {"log.md": old})
    write(repo, {"log.md": new})
    if committed:
        commit(repo, {})
    assert by_path(changes(repo, base))["log.md"].appended_only is grew


def test_a_file_made_executable_did_not_only_grow(repo: Path) -> None:
    (repo / "notes.md").chmod(0o755)
    write(repo, {"notes.md": "one\ntwo\n"})
    assert not by_path(changes(repo, "HEAD"))["notes.md"].appended_only


def test_a_conflict_in_the_tree_is_told_once(repo: Path) -> None:
    run(repo, "switch", "--quiet", "--create", "other")
    commit(repo, {"notes.md": "theirs\n"})
    run(repo, "switch", "--quiet", "main")
    base = commit(repo, {"notes.md": "ours\n"})
    run(repo, "merge", "other", check=False)
    found = changes(repo, base)
    assert [one.path for one in found.files] == ["notes.md"]
    assert found.uncommitted == ("notes.md",)


def test_the_diff_has_what_is_not_committed_and_is_cut_at_its_limit(repo: Path) -> None:
    base = head(repo)
    commit(repo, {"a.txt": "committed\n"})
    write(repo, {"notes.md": "not yet\n"})
    text = diff(repo, base, 100_000)
    assert "+committed" in text
    assert "+not yet" in text
    write(repo, {"notes.md": "x" * 50_000 + "\n"})
    short = diff(repo, base, 1000)
    assert len(short) < 1100
    assert short.endswith("… cut here: the diff is longer than 1000 bytes\n")
    with pytest.raises(GitError, match="is no commit"):
        diff(repo, "nowhere", 1000)


def test_a_digest_changes_with_the_work_and_with_nothing_else(repo: Path) -> None:
    base = head(repo)
    one = commit(repo, {"a.txt": "a"})
    first = digest(repo, base, one)
    run(repo, "config", "diff.algorithm", "patience")
    run(repo, "config", "diff.noprefix", "true")
    write(repo, {"b.txt": "b"})
    assert digest(repo, base, "HEAD") == first
    assert digest(repo, one, one) != first
    run(repo, "commit", "--quiet", "--amend", "--message", "other words")
    assert digest(repo, base, "HEAD") != first


def test_breaches_count_everything_that_was_touched(repo: Path) -> None:
    base = head(repo)
    commit(repo, {"cart/sum.py": "pass\n", "docs/a.md": "a"})
    run(repo, "mv", "README.md", "cart/READ.md")
    write(repo, {"notes.md": "zero\n", "stray.txt": "s", "LICENSE": "free"})
    found = changes(repo, base)
    assert {one.path for one in touched(found)} == {
        *("cart/sum.py", "docs/a.md", "README.md", "cart/READ.md", "notes.md", "stray.txt", "LICENSE")
    }
    told = scope_breaches(found, ["cart/**"], ["docs/"], ["LICENSE"], ["notes.md"])
    assert set(told) == {
        Breach("README.md", "is outside of this track's scope"),
        Breach("notes.md", "may only be appended to, and was changed otherwise"),
        Breach("stray.txt", "is outside of this track's scope"),
        Breach("LICENSE", "is read-only for this track"),
    }


def test_what_was_committed_and_put_back_since_counts(repo: Path) -> None:
    base = head(repo)
    commit(repo, {"notes.md": "zero\n"})
    write(repo, {"notes.md": "one\n"})
    found = changes(repo, base)
    assert found.files == ()
    assert touched(found) == (Touched("notes.md"),)


_MARKED = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("a\nb\n", _MARKED, True),
        ("", _MARKED, True),
        ("a\nb\n", _MARKED.replace("\n", "\r\n"), True),
        ("a\nb\n", "Title\n=======\na\nb\nc\n", False),
        ("a\nb\n", _MARKED.replace("<<<<<<<", "    <<<<<<<"), False),
        (_MARKED, f"{_MARKED}and\nthree\nmore\n", False),
    ],
)
@pytest.mark.parametrize("committed", [True, False])
def test_markers_of_a_conflict_are_found_where_they_are_new(
    repo: Path, old: str, new: str, found: bool, committed: bool
) -> None:
    base = commit(repo, {"same.txt": old} if old else {"other.txt": "x"})
    write(repo, {"same.txt": new})
    if committed or not old:
        commit(repo, {})
    assert changes(repo, base).marked == (("same.txt",) if found else ())
