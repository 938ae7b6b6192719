"""Settings are listed once for as long as not a byte of their files changes, and anew right after one has."""

import os
from pathlib import Path

import pytest

from orchestrator_tui.adapters.git import command
from orchestrator_tui.adapters.git.command import git, settings_at
from orchestrator_tui.adapters.git.creating import create
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.trees import contents
from tests.adapters.git.repositories import run, write


@pytest.fixture
def listings(repo: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The places whose settings were listed, from now on; and a home without settings of its own."""
    places: list[str] = []
    before = command._run

    def counted(place: str, args: tuple[str, ...], *more: object) -> object:
        if args[:2] == ("config", "--list"):
            places.append(place)
        return before(place, args, *more)  # type: ignore[arg-type]

    monkeypatch.setenv("HOME", str(repo.parent / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    # The directory is in the settings, so that no other test has listed the same ones.
    run(repo, "config", "test.place", str(repo))
    settings_at(repo)
    monkeypatch.setattr(command, "_run", counted)
    return places


def test_listed_once_for_all_trees_of_a_repository(repo: Path, trees: Path, listings: list[str]) -> None:
    settings_at(repo)
    listings.clear()
    tree = create(repo, trees / "a", "orch/b/a", "main", "orch-tui:b").path
    for place in (repo, tree, repo):
        contents(place)
    assert listings == []


def test_a_driver_counts_for_the_very_next_command(repo: Path, listings: list[str]) -> None:
    contents(repo)
    config = repo / ".git" / "config"
    was = config.stat()
    text = config.read_text()
    config.write_text(text + '[filter "aaaa"]\n\tclean = x\n')
    assert "filter.aaaa.clean" in settings_at(repo).drivers_off.values()
    # As long as before, and as old: only its content tells.
    config.write_text(text + '[filter "bbbb"]\n\tclean = x\n')
    os.utime(config, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert "filter.bbbb.clean" in settings_at(repo).drivers_off.values()
    config.write_text(text)
    assert settings_at(repo).drivers_off == {"GIT_CONFIG_COUNT": "0"}


@pytest.mark.parametrize("where", ["home/.gitconfig", "home/.config/git/config", "repo/.git/config.worktree"])
def test_every_file_that_git_reads_counts(repo: Path, listings: list[str], where: str) -> None:
    run(repo, "config", "extensions.worktreeConfig", "true")
    assert "merge.mine.driver" not in settings_at(repo).names
    write(repo.parent, {where: '[merge "mine"]\n\tdriver = x\n'})
    assert "merge.mine.driver" in settings_at(repo).drivers_off.values()


def test_what_is_included_is_read_every_time(repo: Path, listings: list[str]) -> None:
    run(repo, "config", "include.path", str(repo.parent / "more"))
    assert "filter.x.clean" not in settings_at(repo).names
    write(repo.parent, {"more": '[filter "x"]\n\tclean = x\n'})
    assert "filter.x.clean" in settings_at(repo).drivers_off.values()
    listings.clear()
    settings_at(repo)
    assert listings == [str(repo)]


def test_a_file_too_long_to_compare_is_listed_every_time(repo: Path, listings: list[str]) -> None:
    config = repo / ".git" / "config"
    config.write_text(config.read_text() + "# long\n" * 200_000)
    for _ in range(2):
        settings_at(repo)
    assert len(listings) == 2


def test_a_tree_whose_files_are_said_to_be_elsewhere_is_not_judged(repo: Path, trees: Path) -> None:
    contents(repo)
    run(repo, "config", "core.worktree", str(trees))
    with pytest.raises(GitError, match="not the root of its working tree"):
        contents(repo)


def test_settings_that_cannot_be_read_are_an_error_and_not_none(repo: Path) -> None:
    write(repo, {".git/config": "[broken\n"})
    with pytest.raises(GitError, match="config"):
        git(repo, "status")
