"""What a track changed, by a git that runs nothing an agent could have prepared."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.adapters import evidence
from orchestrator_tui.adapters.evidence import TrackEvidence, output_name
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.run import Work
from orchestrator_tui.journal.home import worktrees

TRACK = Track("one", "fix-auth", "Fix", "bug", worktree="../tree")


def git(tree: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.invalid", "-c", "init.defaultBranch=main")
    ended = subprocess.run(["git", *identity, "-C", str(tree), *arguments], capture_output=True, text=True, check=True)
    return ended.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    main = tmp_path / "repo"
    main.mkdir()
    git(main, "init", "-q")
    (main / "a.txt").write_text("one\ntwo\n")
    git(main, "add", "a.txt")
    git(main, "commit", "-q", "-m", "first")
    git(main, "worktree", "add", "-q", "-b", "fix", str(tmp_path / "tree"))
    return main


def looking(repository: Path) -> TrackEvidence:
    return TrackEvidence(lambda: worktrees(repository), repository.parent / "out", os.environ)


def test_committed_and_other_changes_since_the_branch_left(repository: Path) -> None:
    tree = repository.parent / "tree"
    (tree / "a.txt").write_text("one\n2\n")
    git(tree, "commit", "-q", "-a", "-m", "second")
    (tree / "a.txt").write_text("one\n2\nthree\n")
    (repository / "a.txt").write_text("elsewhere\n")
    git(repository, "commit", "-q", "-a", "-m", "of others")
    text = looking(repository).diff(TRACK)
    assert [line for line in text.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        "-two",
        "+2",
        "+three",
    ]


@pytest.mark.parametrize("begun", ["", "HEAD", "tip"])
def test_what_a_run_has_brought_into_a_track_is_none_of_its_changes(repository: Path, begun: str) -> None:
    tree = repository.parent / "tree"
    (tree / "of-others.txt").write_text("merged before it\n")
    git(tree, "add", "of-others.txt")
    git(tree, "commit", "-q", "-m", "of others")
    tip = git(tree, "rev-parse", "HEAD").strip()
    (tree / "own.txt").write_text("its own\n")
    git(tree, "add", "own.txt")
    git(tree, "commit", "-q", "-m", "its own")
    work = Work(PlannedTrack("fix-auth", "Fix", "bug", "tracks"), base_sha=tip if begun == "tip" else begun)
    text = looking(repository).diff(replace(TRACK, work=work))
    assert "+its own" in text
    assert ("+merged before it" in text) is (begun != "tip")


def test_what_is_being_merged_into_a_track_is_none_of_its_changes(repository: Path) -> None:
    tree = repository.parent / "tree"
    (tree / "own.txt").write_text("its own\n")
    git(tree, "add", "own.txt")
    git(tree, "commit", "-q", "-m", "its own")
    (repository / "of-others.txt").write_text("merged before it\n")
    git(repository, "add", "of-others.txt")
    git(repository, "commit", "-q", "-m", "of others")
    tip = git(repository, "rev-parse", "HEAD").strip()
    git(tree, "merge", "-q", "--no-commit", "--no-ff", tip)
    work = Work(PlannedTrack("fix-auth", "Fix", "bug", "tracks"), base_sha=tip)
    text = looking(repository).diff(replace(TRACK, work=work))
    assert "+its own" in text
    assert "merged before it" not in text
    git(tree, "merge", "--abort")
    assert "merged before it" not in looking(repository).diff(replace(TRACK, work=work))


def test_the_main_tree_shows_what_is_not_committed(repository: Path) -> None:
    (repository / "a.txt").write_text("one\n")
    assert "\n-two\n" in looking(repository).diff(replace(TRACK, worktree="."))
    assert looking(repository).diff(TRACK) == ""


@pytest.mark.parametrize(
    ("worktree", "told"),
    [
        ("", "no worktree is known for fix-auth"),
        ("../elsewhere", "is no worktree of this repository"),
        ("..", "is no worktree of this repository"),
    ],
)
def test_git_runs_only_in_worktrees_that_are_known(repository: Path, worktree: str, told: str) -> None:
    with pytest.raises(OSError, match=told):
        looking(repository).diff(replace(TRACK, worktree=worktree))


def test_what_git_complains_about_is_told(repository: Path) -> None:
    (repository / ".git" / "worktrees" / "tree" / "HEAD").write_text("ref: refs/heads/none\n")
    with pytest.raises(OSError, match="fatal: "):
        looking(repository).diff(TRACK)


def test_nothing_that_an_agent_prepared_is_run(repository: Path, tmp_path: Path) -> None:
    tree, trap = repository.parent / "tree", tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    (tree / "a.txt").write_text("changed\n")
    (tree / ".gitattributes").write_text("*.txt filter=evil diff=evil\n")
    for name in (
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "credential.helper",
    ):
        git(tree, "config", name, str(trap))
    git(tree, "config", "filter.evil.required", "true")
    for hook in ("post-index-change", "pre-commit"):
        (repository / ".git" / "hooks" / hook).write_text(trap.read_text())
        (repository / ".git" / "hooks" / hook).chmod(0o755)
    assert "+changed" in looking(repository).diff(TRACK)
    assert not (tmp_path / "sprung").exists()


def test_the_environment_cannot_aim_git_elsewhere(repository: Path) -> None:
    aimed = {**os.environ, "GIT_DIR": "/nowhere", "GIT_EXTERNAL_DIFF": "false", "GIT_WORK_TREE": "/"}
    (repository / "a.txt").write_text("one\n")
    found = TrackEvidence(lambda: worktrees(repository), repository, aimed).diff(replace(TRACK, worktree="."))
    assert "\n-two\n" in found


def test_a_long_diff_is_cut(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "DIFF_LIMIT", 60)
    (repository / "a.txt").write_text("x\n" * 100)
    text = looking(repository).diff(replace(TRACK, worktree="."))
    assert text.endswith("… cut here: the diff is longer than 4 MiB\n")
    assert len(text) < 120


def test_the_end_of_a_long_output(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / output_name(7, "99")).write_bytes(b"first\n" + b"x" * evidence.OUTPUT_LIMIT + b"\xfflast\n")
    attempt = Attempt("a", 1, "implement", ("x",), "/", Instant(0, 0, ""), (7, "99", "b"))
    text = looking(repository).output(replace(TRACK, attempts=(attempt,)))
    assert text.endswith("\ufffdlast\n")
    assert "first" not in text
    assert looking(repository).output(TRACK) == ""


# --- files that a tool call would change -------------------------------------------------------------------


def test_a_file_of_any_working_tree_is_shown_as_it_is_now(repository: Path) -> None:
    tree = repository.parent / "tree"
    (tree / "a.txt").write_text("elsewhere\n")
    found = looking(repository)
    assert found.content("one", str(repository / "a.txt")) == "one\ntwo\n"
    assert found.content("one", str(tree / "deep" / ".." / "a.txt")) == "elsewhere\n"
    with pytest.raises(FileNotFoundError):
        found.content("one", str(repository / "deep" / "new.txt"))


def test_what_is_none_of_the_repository_or_no_text_is_not_shown(repository: Path) -> None:
    outside = repository.parent / "secret.txt"
    outside.write_text("secret")
    (repository / "link.txt").symlink_to(outside)
    (repository / "long.txt").write_text("x" * (evidence.CONTENT_LIMIT + 1))
    (repository / "image.png").write_bytes(b"\x89PNG\xff\xfe")
    os.mkfifo(repository / "pipe")
    for path, why in (
        (str(outside), "outside"),
        (str(repository / "link.txt"), "outside"),
        ("a.txt", "outside"),
        (str(repository / ".." / "secret.txt"), "outside"),
        (str(repository / ".git" / "config"), "git itself"),
        (str(repository / "long.txt"), "longer than 256 KiB"),
        (str(repository / "image.png"), "no text"),
        (str(repository / "pipe"), "no ordinary file"),
        (str(repository), "directory|ordinary"),
    ):
        with pytest.raises(OSError, match=why):
            looking(repository).content("one", path)
