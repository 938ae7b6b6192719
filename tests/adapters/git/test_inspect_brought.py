"""What others have merged is no change of the track into whose tree it was brought, and what is made of it is one."""

from pathlib import Path

import pytest

from orchestrator_tui.adapters.git.bringing import bring
from orchestrator_tui.adapters.git.creating import create
from orchestrator_tui.adapters.git.inspect import Changes, changes, touched
from orchestrator_tui.adapters.git.places import git_directory
from orchestrator_tui.adapters.git.port import RunGit
from orchestrator_tui.adapters.memory import ManualClock
from tests.adapters.git.repositories import commit, head, repository, run, write


class Brought:
    """The worktree of a track in which a tip was left in conflict: others have changed, added and removed files."""

    def __init__(self, root: Path) -> None:
        self.shop = repository(root / "shop")
        self.tree = create(self.shop, root / "trees" / "a", "orch/b/a", head(self.shop), "orch-tui:b").path
        commit(self.tree, {"notes.md": "mine\n", "mine.py": "mine\n"})
        run(self.shop, "rm", "--quiet", "README.md")
        self.tip = commit(self.shop, {"notes.md": "theirs\n", "cart/sum.py": "pass\n", "new/er.md": "new\n"})
        assert bring(self.tree, self.tip).result == "conflict"

    def seen(self) -> Changes:
        return changes(self.tree, self.tip)

    def touched(self) -> set[str]:
        return {one.path for one in touched(self.seen())}


@pytest.fixture
def brought(tmp_path: Path) -> Brought:
    return Brought(tmp_path)


def test_what_came_in_by_a_merge_that_is_not_committed_counts_for_nobody(brought: Brought) -> None:
    assert brought.touched() == {"notes.md", "mine.py"}
    assert "cart/sum.py" in brought.seen().uncommitted
    write(brought.tree, {"notes.md": "both\n"})
    run(brought.tree, "add", "--all")
    assert brought.touched() == {"notes.md", "mine.py"}
    commit(brought.tree, {})
    assert brought.touched() == {"notes.md", "mine.py"}


@pytest.mark.parametrize("command", [("merge", "--abort"), ("reset", "--quiet", "--hard")])
def test_a_merge_that_was_given_up_leaves_the_track_with_its_own_changes(
    brought: Brought, command: tuple[str, ...]
) -> None:
    run(brought.tree, *command)
    assert brought.touched() == {"notes.md", "mine.py"}
    assert {one.path for one in brought.seen().files} == {"notes.md", "mine.py"}


def test_a_merge_that_was_forgotten_leaves_files_that_stand_as_they_came(brought: Brought) -> None:
    run(brought.tree, "reset", "--quiet")
    assert brought.touched() == {"notes.md", "mine.py"}


@pytest.mark.parametrize(
    ("files", "named"),
    [({"cart/sum.py": "evil\n"}, "cart/sum.py"), ({"new/er.md": "newer\n"}, "new/er.md")],
)
@pytest.mark.parametrize("way", ["left", "staged", "committed", "forgotten", "given up"])
def test_what_a_resolver_changes_beyond_what_came_is_seen(
    brought: Brought, files: dict[str, str], named: str, way: str
) -> None:
    write(brought.tree, {"notes.md": "both\n"})
    if way == "forgotten":
        run(brought.tree, "reset", "--quiet")
    if way == "given up":
        run(brought.tree, "merge", "--abort")
    write(brought.tree, files)
    if way in ("staged", "committed"):
        run(brought.tree, "add", "--all")
    if way == "committed":
        commit(brought.tree, {})
    assert brought.touched() == {"notes.md", "mine.py", named}


@pytest.mark.parametrize("committed", [True, False])
def test_a_resolver_that_takes_the_work_of_others_back_is_seen(brought: Brought, committed: bool) -> None:
    run(brought.tree, "checkout", "--quiet", "HEAD", "--", "cart/sum.py", "README.md")
    run(brought.tree, "rm", "--quiet", "--force", "new/er.md")
    write(brought.tree, {"notes.md": "both\n"})
    if committed:
        commit(brought.tree, {})
    assert brought.touched() == {"notes.md", "mine.py", "cart/sum.py", "README.md", "new/er.md"}


def test_another_commit_that_is_said_to_be_merged_hides_nothing(brought: Brought) -> None:
    write(brought.tree, {"cart/sum.py": "evil\n", "notes.md": "both\n"})
    run(brought.tree, "add", "--all")
    evil = run(brought.tree, "commit-tree", "-p", brought.tip, "-m", "e", run(brought.tree, "write-tree").strip())
    (git_directory(brought.tree) / "MERGE_HEAD").write_text(evil)
    assert "cart/sum.py" in brought.touched()
    commit(brought.tree, {})
    assert "cart/sum.py" in brought.touched()


def test_work_that_was_committed_and_set_to_what_came_counts(brought: Brought) -> None:
    run(brought.tree, "merge", "--abort")
    commit(brought.tree, {"cart/sum.py": "evil\n"})
    write(brought.tree, {"cart/sum.py": "pass\n"})
    assert "cart/sum.py" in brought.touched()


def test_two_tracks_do_not_share_what_one_of_them_was_brought(brought: Brought, tmp_path: Path) -> None:
    other = create(brought.shop, tmp_path / "trees" / "c", "orch/b/c", brought.tip, "orch-tui:b").path
    commit(other, {"cart/sum.py": "more\n", "mine.py": "not mine\n"})
    port = RunGit("b", ManualClock())
    trees = {"a": (str(brought.tree), brought.tip), "c": (str(other), brought.tip)}
    assert port.shared(trees) == (("a", "c", "mine.py"),)
