"""`worktrees`: all of ours with what is in them, and `--clean NAME` that removes only what loses nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.cli.worktrees import size
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.plan import BATCH_TRACK
from tests.adapters.git.repositories import commit, head, repository, run
from tests.cli.run_scene import run_of, store
from tests.cli.scene import Scene
from tests.cli.test_json_page import rows, section
from tests.core.run_builders import PLAN, RunLedger


class Trees(Scene):
    """A real repository with the worktrees of a run: two merged, one of them not clean, one with new commits."""

    def __init__(self, root: Path, *, stopped: bool = False) -> None:
        super().__init__(root)
        real = repository(root / "real")
        self.repository = real
        from orchestrator_tui.cli.journals import find_place

        self.place = find_place(str(real))
        self.folder = root / "real-worktrees"
        plan = replace(PLAN, repository=str(real), worktrees=str(self.folder), base_sha=head(real))
        ledger = RunLedger(plan=plan)
        ledger.phase("running")
        self._add(ledger, BATCH_TRACK, "integration")
        for slug in ("limiter", "docs", "fix-clock"):
            self._add(ledger, slug, slug)
            ledger.move(slug, "preparing")
            ledger.move(slug, "running")
        commit(self.folder / "limiter", {"src/a.py": "a"})
        commit(self.folder / "docs", {"docs/a.md": "a"})
        run(self.folder / "integration", "merge", "--quiet", "--no-ff", "orch/list-1/limiter", "-m", "merge")
        (self.folder / "fix-clock" / "loose.txt").write_text("not committed")
        for slug in () if stopped else ("limiter", "docs", "fix-clock"):
            ledger.move(slug, "merged" if slug == "limiter" else "abandoned", "enough")
        ledger.must(Draft("batch_ended", {"outcome": "stopped" if stopped else "completed"}))
        store(self, ledger)

    def _add(self, ledger: RunLedger, slug: str, name: str) -> None:
        path, branch = self.folder / name, f"orch/list-1/{name}"
        run(self.repository, "worktree", "add", "--quiet", "-b", branch, str(path), "main")
        payload = {"track": slug, "path": str(path), "branch": branch, "base_sha": head(self.repository)}
        ledger.must(Draft("worktree_ready", payload))


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path)


def test_every_worktree_of_ours_is_listed_with_what_is_in_it(trees: Trees) -> None:
    found = {one["name"]: one for one in trees.run("worktrees", "--json").json()["worktrees"]}
    assert list(found) == ["docs", "fix-clock", "integration", "limiter"]
    assert {name: one["state"] for name, one in found.items()} == {
        "docs": "unmerged",
        "fix-clock": "dirty",
        "integration": "unmerged",
        "limiter": "clean",
    }
    assert (found["docs"]["unmerged"], found["fix-clock"]["untracked"]) == (1, 1)
    assert found["docs"]["why"] == "1 commit is not in orch/list-1/integration"
    assert all(one["disk_bytes"] > 0 for one in found.values())
    assert list(found["docs"]) == rows(section("worktrees"))
    shown = trees.run("worktrees").out
    assert "can be removed" in shown
    assert str(trees.folder / "docs") in shown


def test_nothing_is_at_work_in_a_batch_that_was_stopped(tmp_path: Path) -> None:
    scene = Trees(tmp_path, stopped=True)
    found = {one["name"]: one["why"] for one in scene.run("worktrees", "--json").json()["worktrees"]}
    assert found == {
        "docs": "1 commit is not in orch/list-1/integration",
        "fix-clock": "holds changes that no commit has",
        "integration": "2 commits are not in main",
        "limiter": "can be removed",
    }
    assert scene.run("worktrees", "--clean", "limiter").code == 0
    assert not (scene.folder / "limiter").exists()


def test_what_is_merged_and_clean_is_removed_by_name_with_its_branch(trees: Trees) -> None:
    ended = trees.run("worktrees", "--clean", "limiter")
    assert (ended.code, ended.out) == (0, "removed limiter and its branch orch/list-1/limiter\n")
    assert not (trees.folder / "limiter").exists()
    assert "orch/list-1/limiter" not in run(trees.repository, "branch", "--list", "--all")
    work = run_of(trees).tracks["limiter"].work
    assert work is not None
    assert work.removed
    assert "limiter" not in trees.run("worktrees").out


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("docs", "1 commit of orch/list-1/docs is not in orch/list-1/integration"),
        ("fix-clock", "files are not tracked: loose.txt"),
    ],
)
def test_what_would_lose_something_stays_and_says_why(trees: Trees, name: str, why: str) -> None:
    """[002-142]"""
    ended = trees.run("worktrees", "--clean", name)
    assert (ended.code, ended.out) == (1, "")
    assert f"{name} stays: {why}" in ended.err
    assert (trees.folder / name).is_dir()


def test_several_are_removed_one_by_one_and_nothing_without_a_name(trees: Trees) -> None:
    ended = trees.run("worktrees", "--clean", "limiter", "docs")
    assert ended.code == 1
    assert "removed limiter" in ended.out
    assert "docs stays" in ended.err
    unknown = trees.run("worktrees", "--clean", "fix-clok")
    assert (unknown.code, 'did you mean "fix-clock"?' in unknown.err) == (2, True)
    assert trees.run("worktrees", "--clean").code == 2


def test_a_worktree_on_a_branch_of_ours_that_nobody_remembers_is_listed_and_kept(trees: Trees) -> None:
    run(trees.repository, "worktree", "add", "--quiet", "-b", "orch/old/x", str(trees.folder / "x"), "main")
    found = {one["name"]: one for one in trees.run("worktrees", "--json").json()["worktrees"]}
    assert (found["old/x"]["batch"], found["old/x"]["state"]) == (None, "unmerged")
    assert "not pushed" in trees.run("worktrees", "--clean", "old/x").err
    assert (trees.folder / "x").is_dir()


def test_a_repository_without_any_is_told_so(scene: Scene) -> None:
    real = repository(scene.repository.parent / "plain")
    scene.repository = real
    ended = scene.run("worktrees")
    assert (ended.code, ended.err) == (0, "No worktree of ours here.\n")
    assert scene.run("worktrees", "--json").json() == {"worktrees": []}


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (4 << 20, "4.0 MiB"), (3 << 30, "3.0 GiB")]
)
def test_sizes_are_said_as_people_say_them(count: int, said: str) -> None:
    assert size(count) == said
