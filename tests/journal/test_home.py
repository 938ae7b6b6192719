"""Where a journal is: beside platformdirs' opinion, the same for all worktrees of a repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from orchestrator_tui.journal.home import journal_directory, repository_root, state_home, worktrees


def git(*words: str | Path, cwd: Path) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always", *map(str, words)]
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "My Repo"
    root.mkdir()
    git("init", "-q", ".", cwd=root)
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=root)
    return root


@pytest.mark.parametrize("xdg", [None, "", "  ", "/somewhere/state", "relative", "~/mine"])
@pytest.mark.parametrize("home", [None, "", "/home/of/mine", "relative"])
def test_the_state_directory_is_that_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, xdg: str | None, home: str | None
) -> None:
    monkeypatch.delenv("ORCH_HOME")
    for name, value in (("XDG_STATE_HOME", xdg), ("HOME", home)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert state_home(os.environ) == Path(Unix("orch-tui").user_state_dir)
    expected = Path(MacOS("orch-tui").user_state_dir)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert state_home(os.environ) == expected


def test_orch_home_moves_everything(tmp_path: Path) -> None:
    assert state_home({"ORCH_HOME": str(tmp_path), "XDG_STATE_HOME": "/elsewhere"}) == tmp_path
    assert state_home({"ORCH_HOME": "relative"}) == Path.cwd() / "relative"


def test_every_place_in_a_repository_has_its_root(repository: Path) -> None:
    below = repository / "a" / "b"
    below.mkdir(parents=True)
    for place in (repository, below, repository / ".git", repository / ".git" / "refs"):
        assert repository_root(place) == repository


def test_linked_worktrees_have_the_root_of_the_main_tree(repository: Path, tmp_path: Path) -> None:
    outside, inside = tmp_path / "linked", repository / ".claude" / "worktrees" / "x"
    for place in (outside, inside):
        git("worktree", "add", "-q", "--detach", place, cwd=repository)
        assert repository_root(place) == repository
    assert set(worktrees(repository)) == {repository, outside, inside}


def test_bare_repositories_submodules_and_kept_elsewhere(repository: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git("clone", "-q", "--bare", repository, bare, cwd=tmp_path)
    git("worktree", "add", "-q", "--detach", tmp_path / "of-bare", cwd=bare)
    assert repository_root(bare) == bare
    assert repository_root(tmp_path / "of-bare") == bare

    elsewhere = tmp_path / "elsewhere"
    git("init", "-q", "--separate-git-dir", tmp_path / "kept", elsewhere, cwd=tmp_path)
    assert repository_root(elsewhere) == elsewhere
    assert worktrees(elsewhere) == (elsewhere,)

    git("submodule", "--quiet", "add", repository, "sub", cwd=repository)
    submodule = repository / "sub"
    assert repository_root(submodule) == submodule
    git("worktree", "add", "-q", "--detach", tmp_path / "of-sub", cwd=submodule)
    assert repository_root(tmp_path / "of-sub") == submodule


def test_outside_of_a_repository_the_place_itself_counts(tmp_path: Path) -> None:
    assert repository_root(tmp_path) == tmp_path.resolve()
    assert worktrees(tmp_path) == ()


@pytest.mark.parametrize(
    "text", ["", "nonsense", "gitdir: /nowhere/at/all", "gitdir: \x00\xff", "gitdir: " + "x" * 9000]
)
def test_a_broken_pointer_is_no_traceback(tmp_path: Path, text: str) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text(text)
    assert repository_root(tmp_path / "tree") == tmp_path / "tree"


def test_directories_have_readable_names_that_differ(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "My Repo!", tmp_path / "b" / "My Repo!"
    names = [journal_directory(tmp_path, place).name for place in (first, second, tmp_path / "ÄÖ", Path("/"))]
    assert [name[:-9] for name in names] == ["my-repo", "my-repo", "root", "root"]
    assert len(set(names)) == 4
    assert journal_directory(tmp_path, first).parent == tmp_path / "repositories"
    second.parent.mkdir()
    second.symlink_to(first)
    assert journal_directory(tmp_path, second) == journal_directory(tmp_path, first)
