"""What of earlier work a real repository holds: branch, commits since the default branch, files and worktrees."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.creating import create
from orchestrator_tui.adapters.git.earlier import before
from tests.adapters.git.repositories import commit, run


def test_commits_since_the_default_branch_are_told_newest_first(repo: Path) -> None:
    """[001-11] [001-15]"""
    default = run(repo, "branch", "--show-current").strip()
    commit(repo, {"a.txt": "1\n"})
    run(repo, "checkout", "--quiet", "-b", "wip-export")
    commit(repo, {"a.txt": "2\n"})
    commit(repo, {"a.txt": "3\n"})
    seen = before(repo)
    assert (seen.branch, seen.default, len(seen.subjects)) == ("wip-export", default, 2)


def test_files_of_earlier_runs_and_worktrees_with_work_are_told(repo: Path, tmp_path: Path) -> None:
    """[001-11]"""
    base = commit(repo, {"a.txt": "1\n"})
    left = repo / ".orch" / "reports" / "old"
    left.mkdir(parents=True)
    (left / "build-args.json").write_text("{}", "utf-8")
    clean = create(repo, tmp_path / "clean", "orch/old/clean", base, "orch-tui: old")
    used = create(repo, tmp_path / "used", "orch/old/used", base, "orch-tui: old")
    (used.path / "new.txt").write_text("new\n", "utf-8")
    told = before(repo).left
    assert told == (
        "the file .orch/reports/old/build-args.json",
        f"the worktree {used.path}: 0 commits, 1 file that nobody has committed",
    )
    assert clean.path.is_dir()
