"""Nothing is removed that could be lost, and the reason is told; what is clean and merged goes, branch included."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.keeping import keep_branch
from orchestrator_tui.adapters.git.worktrees import (
    Candidates,
    Created,
    Kept,
    Removed,
    TreeStatus,
    create,
    ignored_candidates,
    listed,
    look,
    provision,
    remove,
)
from tests.adapters.git.repositories import commit, head, run, write

REASON = "orch-tui:b"


@pytest.fixture
def made(repo: Path, trees: Path) -> Created:
    return create(repo, trees / "cart", "orch/b/cart", "main", REASON)


def test_a_look_tells_how_it_stands(repo: Path, made: Created) -> None:
    work = commit(made.path, {"a.txt": "a" * 5000})
    commit(repo, {"b.txt": "b"})
    commit(repo, {"c.txt": "c"})
    write(made.path, {"notes.md": "two\n", "new.txt": "new"})
    seen = look(made.path, made.base_sha, "main")
    assert seen == TreeStatus(
        exists=True,
        branch="orch/b/cart",
        head=work,
        uncommitted=("notes.md",),
        untracked=("new.txt",),
        ahead=1,
        unmerged_into=1,
        unpushed=None,
        behind=2,
        locked=REASON,
        disk_bytes=seen.disk_bytes,
    )
    assert seen.disk_bytes > 5000
    run(repo, "update-ref", "refs/remotes/origin/main", "main")
    away = look(made.path, made.base_sha, "gone", measure=False)
    assert (away.unpushed, away.unmerged_into, away.behind, away.disk_bytes) == (1, None, None, 0)
    assert look(made.path.parent / "nowhere", made.base_sha, None) == TreeStatus(False)


def test_what_is_clean_and_merged_goes_with_its_branch(repo: Path, made: Created) -> None:
    work = commit(made.path, {"a.txt": "a", ".gitignore": "*.log\nbuild/\n"})
    write(made.path, {"x.log": "x", "build/y": "y"})
    run(made.path, "config", "branch.orch/b/cart.remote", "origin")
    run(repo, "merge", "--quiet", "--no-ff", "--no-edit", "orch/b/cart")
    assert remove(repo, made.path, "orch/b/cart", "main") == Removed(made.path, "orch/b/cart", work, ignored=2)
    assert not made.path.exists()
    assert len(listed(repo)) == 1
    assert run(repo, "branch", "--list", "orch/*") == ""
    assert "branch" not in (repo / ".git" / "config").read_text()
    assert remove(repo, made.path, "orch/b/cart", "main") == Removed(made.path, "", "", 0)
    keep_branch(repo, "orch/b/cart", work)
    assert run(repo, "rev-parse", "orch/b/cart").strip() == work
    keep_branch(repo, "orch/b/cart", head(repo))
    assert run(repo, "rev-parse", "orch/b/cart").strip() == work, "one that is there stays where it is"


def dirty(repo: Path, tree: Path) -> None:
    write(tree, {"notes.md": "two\n"})


def staged(repo: Path, tree: Path) -> None:
    write(tree, {"notes.md": "two\n"})
    run(tree, "add", ".")


def untracked(repo: Path, tree: Path) -> None:
    write(tree, {"deep/new.txt": "new"})


def untracked_out_of_sight(repo: Path, tree: Path) -> None:
    run(tree, "config", "status.showUntrackedFiles", "no")
    write(tree, {"new.txt": "new"})


def unmerged(repo: Path, tree: Path) -> None:
    commit(tree, {"a.txt": "a"})


def out_of_sight(repo: Path, tree: Path) -> None:
    run(tree, "update-index", "--assume-unchanged", "notes.md")
    write(tree, {"notes.md": "two\n"})


def skipped(repo: Path, tree: Path) -> None:
    run(tree, "update-index", "--skip-worktree", "notes.md")
    write(tree, {"notes.md": "two\n"})


def in_the_middle(repo: Path, tree: Path) -> None:
    commit(repo, {"notes.md": "theirs\n"})
    commit(tree, {"notes.md": "ours\n"})
    run(tree, "merge", "main", check=False)


def elsewhere(repo: Path, tree: Path) -> None:
    run(tree, "switch", "--quiet", "--create", "other")


def detached(repo: Path, tree: Path) -> None:
    run(tree, "switch", "--quiet", "--detach")


def a_repository_inside(repo: Path, tree: Path) -> None:
    run(repo, "clone", "--quiet", str(repo), str(tree / "inner"))


KEPT: list[tuple[Callable[[Path, Path], None], str]] = [
    (dirty, "changes are not committed: notes.md"),
    (staged, "changes are not committed: notes.md"),
    (untracked, "files are not tracked: deep/new.txt"),
    (untracked_out_of_sight, "files are not tracked: new.txt"),
    (unmerged, "1 commit of orch/b/cart is not in main"),
    (out_of_sight, "git was told not to look at changes of: notes.md"),
    (skipped, "git was told not to look at changes of: notes.md"),
    (in_the_middle, "a merge is under way in it"),
    (elsewhere, "it holds other, not orch/b/cart"),
    (detached, "it holds no branch, not orch/b/cart"),
    (a_repository_inside, "files are not tracked: inner/"),
]


@pytest.mark.parametrize(("act", "reason"), KEPT, ids=[act.__name__ for act, _ in KEPT])
def test_what_could_be_lost_is_kept_with_the_reason(
    repo: Path, made: Created, act: Callable[[Path, Path], None], reason: str
) -> None:
    """[000-039]"""
    act(repo, made.path)
    before = {one: one.read_bytes() for one in sorted(made.path.rglob("*")) if one.is_file()}
    tip = head(repo, "orch/b/cart")
    assert remove(repo, made.path, "orch/b/cart", "main") == Kept(reason)
    assert {one: one.read_bytes() for one in sorted(made.path.rglob("*")) if one.is_file()} == before
    assert head(repo, "orch/b/cart") == tip
    assert listed(repo)[1].locked == REASON


def test_a_branch_without_its_worktree_goes_only_when_merged(repo: Path, made: Created) -> None:
    run(made.path, "worktree", "remove", "--force", "--force", str(made.path))
    run(repo, "branch", "orch/b/other")
    work = head(repo)
    assert remove(repo, made.path, "orch/b/cart", "gone") == Kept("gone, into which it was to be merged, is not there")
    assert remove(repo, made.path, "orch/b/cart", None) == Kept("1 commit of orch/b/cart is not pushed")
    run(repo, "update-ref", "refs/remotes/origin/main", "main")
    assert remove(repo, made.path, "orch/b/cart", None) == Removed(made.path, "orch/b/cart", work)
    assert remove(repo, made.path, "orch/b/other", "main").__class__ is Removed


def test_main_trees_and_foreign_directories_are_never_removed(repo: Path, trees: Path) -> None:
    assert remove(repo, repo, "main", "main") == Kept(f"{repo} is the main working tree")
    write(trees, {"mine/x.txt": "x"})
    assert remove(repo, trees / "mine", "orch/b/mine", "main") == Kept(f"{trees / 'mine'} is no worktree of {repo}")
    assert (trees / "mine" / "x.txt").exists()


def test_a_worktree_whose_disk_is_away_is_kept(repo: Path, made: Created) -> None:
    away = made.path.parent.rename(made.path.parent.with_name("unplugged"))
    assert remove(repo, made.path, "orch/b/cart", "main") == Kept(f"the directory {made.path} is not there")
    away.rename(made.path.parent)
    assert listed(repo)[1].locked == REASON
    assert remove(repo, made.path, "orch/b/cart", "main").__class__ is Removed


def test_private_settings_are_copied_and_heavy_directories_linked(repo: Path, made: Created) -> None:
    commit(repo, {".gitignore": ".env*\nnode_modules/\nsettings.local.json\n*.log\nbuild/\n"})
    write(repo, {".env": "KEY=1\n", ".env.test": "T\n", "settings.local.json": "{}", "x.log": "x", "build/o": "o"})
    write(repo, {"node_modules/left/index.js": "1", "cart/.env": "deeper"})
    (repo / ".env").chmod(0o644)
    run(made.path, "merge", "--quiet", "--ff-only", "main")
    assert ignored_candidates(repo) == Candidates((".env", ".env.test", "settings.local.json"), ("node_modules",))
    told = provision(repo, made.path, (".env", "cart/.env", "gone", "README.md"), ("node_modules", "cart"))
    assert told == (
        ".env: copied",
        "cart/.env: copied",
        "gone: not copied, git does not ignore it",
        "README.md: is there already",
        "node_modules: linked",
        "cart: is there already",
    )
    assert (made.path / ".env").read_text() == "KEY=1\n"
    assert (made.path / ".env").stat().st_mode & 0o777 == 0o600
    assert (made.path / "node_modules" / "left" / "index.js").read_text() == "1"
    assert run(made.path, "status", "--porcelain") == ""
    (made.path / ".env").write_text("KEY=mine\n")
    assert provision(repo, made.path, (".env",), ("node_modules",)) == (
        ".env: is there already",
        "node_modules: is there already",
    )
    assert (made.path / ".env").read_text() == "KEY=mine\n"
    outcome = remove(repo, made.path, "orch/b/cart", "main")
    assert isinstance(outcome, Removed)
    assert outcome.ignored == 3
    assert (repo / "node_modules" / "left" / "index.js").read_text() == "1"


def test_nothing_is_copied_through_a_link_or_out_of_the_tree(repo: Path, made: Created, tmp_path: Path) -> None:
    commit(repo, {".gitignore": "*.env\nout\nbig\npipe\n"})
    run(made.path, "merge", "--quiet", "--ff-only", "main")
    write(tmp_path, {"secret.env": "s", "out/x.env": "x"})
    (repo / "a.env").symlink_to(tmp_path / "secret.env")
    (repo / "out").symlink_to(tmp_path / "out")
    (made.path / "b.env").symlink_to(tmp_path / "written.env")
    write(repo, {"b.env": "b"})
    told = provision(repo, made.path, ("a.env", "out/x.env", "b.env"), ("out",))
    assert [line.partition(",")[0] for line in told] == [
        "a.env: not copied",
        "out/x.env: not copied",
        "b.env: is there already",
        "out: not linked",
    ]
    assert not (made.path / "a.env").exists()
    assert not (tmp_path / "written.env").exists()
    for name in ("../x", "/etc/passwd", ".git/config", "", "a\nb", "*.env"):
        with pytest.raises(GitError, match="cannot be provided"):
            provision(repo, made.path, (name,), ())
        with pytest.raises(GitError, match="cannot be provided"):
            provision(repo, made.path, (), (name,))
