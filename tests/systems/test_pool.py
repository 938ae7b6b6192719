"""The sample of a pool, run with real agents in two sessions to its proper end, and the files that its users know."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.cli.journals import find_place, load_state, reading
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.schedule.rules import run_of, work_of
from orchestrator_tui.demo.repository import git, make_repository
from orchestrator_tui.resources import sample_plans_directory
from tests.cli.scene import command, environment

GOLDEN = Path(__file__).with_name("golden") / "pool"
PATIENCE_S = 120.0
PLAN = "pool.yaml"
EXECUTE, QA, E2E = 1, 2, 3
FIRST = ("auto-progress.yaml", "execution-mode.txt")
"""Files that are looked at between the sessions; all others at the end."""


class Run:
    """The sample, run once: its batch after each session, what was said, and what it left."""

    def __init__(self, root: Path) -> None:
        self.repository = make_repository(root)
        shutil.copy(sample_plans_directory() / PLAN, root / PLAN)
        shutil.copytree(sample_plans_directory() / Path(PLAN).stem, root / Path(PLAN).stem)
        (root / "answers.yaml").write_text(json.dumps([{"gate": "Bring", "option": "approve"}]))
        self.root = root
        self.first = self._session(PLAN, "--yes")
        self.handed_over = self._batch()
        self.files = self.repository / ".orch" / "reports" / self.handed_over.id / ".claude"
        self.between = {name: (self.files / name).read_text("utf-8") for name in FIRST}
        self.second = self._session("--resume", self.handed_over.id)
        self.batch = self._batch()

    def _session(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        more = ("--repo", str(self.repository), "--headless", "--answers", "answers.yaml")
        return subprocess.run(
            command("run", *arguments, *more),
            cwd=self.root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def _batch(self) -> Batch:
        with reading(find_place(str(self.repository))) as journal:
            assert journal is not None
            (batch,) = load_state(journal).batches.values()
        return batch

    def text(self, name: str) -> str:
        """An exported file without what differs from run to run: times, ids and places."""
        text = self.between.get(name) or (self.files / "auto-memory" / name).read_text("utf-8")
        text = text.replace(self.batch.id, "BATCH").replace(str(self.root), "ROOT")
        text = re.sub(r"(wt|worktree)-\d", r"\1-N", text)
        text = re.sub(r"auto-\d{8}-\d{6}", "SESSION", text)
        text = re.sub(r"specs/[\d-]+-", "specs/DAY-", text)
        return re.sub(r"'?\d{4}-\d\d-\d\dT[\d:]+Z'?", "TIME", text)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    if not sys.platform.startswith("linux"):
        pytest.skip("runs of real processes are tried on Linux")
    root = tmp_path_factory.mktemp("pool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCH_HOME", str(root / "home"))
        yield Run(root)


def test_one_group_a_session_and_the_next_by_resume(run: Run) -> None:
    """[003-076] [003-080] [003-089]"""
    assert run.first.returncode == 1, run.first.stderr
    assert run.first.stderr.splitlines()[-1] == (
        f"Session complete. Go on with: orch-tui run --resume {run.handed_over.id}"
    )
    assert run.handed_over.state == "handed_over"
    assert set(run.handed_over.merged) == {"slugs", "discount", "window"}
    assert run.handed_over.tracks["receipt"].attempts == ()
    assert run.second.returncode == 0, run.second.stderr
    assert run.batch.state == "completed"
    assert run_of(run.batch).session == 2


def test_what_was_merged_is_in_the_order_of_dependencies_and_on_the_base(run: Run) -> None:
    """[003-063] [003-064] [003-073]"""
    assert run.batch.merged[-1] == "receipt"
    subjects = git(run.repository, "log", "--first-parent", "--format=%s", "main").splitlines()
    assert subjects[0] == "Merge receipt: Receipts name the discount"
    assert (run.repository / "shop" / "receipt.py").is_file()


def test_every_task_was_verified_by_another_agent_in_a_tree_of_its_own(run: Run) -> None:
    """[003-042] [003-052] [003-053] [003-054] [003-058] [003-059] [003-060] [003-098]"""
    stages = {slug: [one.stage for one in run.batch.tracks[slug].attempts] for slug in run.batch.merged}
    assert stages["slugs"] == stages["receipt"] == [EXECUTE, QA]
    assert stages["discount"] == [EXECUTE, QA, EXECUTE, QA]
    assert stages["window"] == [EXECUTE, QA, E2E]
    for slug in run.batch.merged:
        track = run.batch.tracks[slug]
        places = {stage: {one.cwd for one in track.attempts if one.stage == stage} for stage in (EXECUTE, QA)}
        assert not places[EXECUTE] & places[QA]
        assert all("/pool/wt-" in one for one in places[EXECUTE])
        assert all("/fresh/" in one for one in places[QA])
        installed = [one.result for one in track.checks if one.name.startswith("fresh setup")]
        assert installed == ["pass"] * stages[slug].count(QA)


def test_what_people_see_was_looked_at_in_four_sizes_with_pictures(run: Run) -> None:
    """[003-095] [003-100] [003-101]"""
    seen = work_of(run.batch.tracks["window"]).inspection
    assert seen is not None
    report = next(one for one in seen.files if one.endswith("e2e-report.md"))
    lines = (run.repository / report).read_text("utf-8").splitlines()
    assert [one.split(":")[0] for one in lines] == [
        "Viewports tested",
        "Screenshots",
        "Visual regressions",
        "Interactive tests",
        "Status",
    ]
    pictures = [one for one in seen.files if one.endswith(".png")]
    assert [one.rpartition("-")[2] for one in pictures] == ["desktop.png", "mobile.png", "tablet.png", "wide.png"]
    assert all((run.repository / one).read_bytes().startswith(b"\x89PNG") for one in pictures)


def test_nothing_of_the_pool_is_left_behind(run: Run) -> None:
    """[003-021] [003-068] [003-069] [003-109]"""
    root = Path(run_of(run.batch).plan.worktrees)
    assert sorted(one.name for one in (root / "pool").iterdir()) == [".pool.lock", "pool.json"]
    assert list((root / "fresh").iterdir()) == []
    branches = git(run.repository, "branch", "--format=%(refname:short)").split()
    assert branches == ["main", f"orch/{run.batch.id}/integration"]


@pytest.mark.parametrize("name", sorted(one.name for one in GOLDEN.iterdir()))
def test_its_files_are_those_that_its_users_know(run: Run, name: str) -> None:
    """[003-046] [003-056] [003-085] [003-087] [003-115]"""
    assert run.text(name) == (GOLDEN / name).read_text("utf-8")
