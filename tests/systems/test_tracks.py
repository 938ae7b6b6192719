"""The sample of parallel tracks, run with real agents to its proper end, and the files that its users know."""

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
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.demo.repository import git, make_repository
from orchestrator_tui.resources import sample_plans_directory
from tests.cli.scene import command, environment

GOLDEN = Path(__file__).with_name("golden") / "tracks"
PATIENCE_S = 120.0
PLAN = "tracks.yaml"
IMPLEMENT, REVIEW = 1, 3


class Run:
    """The sample, run once: how it ended, its batch, and what it left."""

    def __init__(self, root: Path) -> None:
        self.repository = make_repository(root)
        shutil.copy(sample_plans_directory() / PLAN, root / PLAN)
        shutil.copytree(sample_plans_directory() / Path(PLAN).stem, root / Path(PLAN).stem)
        (root / "answers.yaml").write_text(json.dumps([{"gate": "^batch/.*Bring", "option": "approve"}]))
        told = ("--repo", str(self.repository), "--headless", "--yes", "--answers", "answers.yaml")
        self.ended = subprocess.run(
            command("run", PLAN, *told),
            cwd=root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        with reading(find_place(str(self.repository))) as journal:
            assert journal is not None
            (self.batch,) = load_state(journal).batches.values()
        self.files = self.repository / ".orch" / "reports" / self.batch.id

    def text(self, path: Path) -> str:
        """A file without what differs from run to run: times, ids, commits."""
        text = path.read_text("utf-8").replace(self.batch.id, "BATCH")
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", text)
        text = re.sub(r"\bf-\d+\b", "FINDING", text)
        return re.sub(r"(?<=at |ed )[0-9a-f]{7,10}\b", "COMMIT", text)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    if not sys.platform.startswith("linux"):
        pytest.skip("runs of real processes are tried on Linux")
    root = tmp_path_factory.mktemp("tracks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCH_HOME", str(root / "home"))
        yield Run(root)


def test_the_sample_comes_to_its_proper_end(run: Run) -> None:
    """[000-001] [000-076] [000-078] [000-081]"""
    assert run.ended.returncode == 0, run.ended.stderr
    assert run.batch.state == "completed"
    assert run.batch.merged == ("receipts", "discounts")
    subjects = git(run.repository, "log", "--first-parent", "--format=%s", "main").splitlines()
    assert [one.split(":")[0] for one in subjects[:2]] == ["Merge discounts", "Merge receipts"]
    assert all(one.name != "merged: unit" or one.result == "pass" for one in run.batch.tracks["discounts"].checks)


def test_each_role_was_an_agent_of_its_own_and_the_scout_came_once(run: Run) -> None:
    """[000-011] [000-012] [000-042] [000-044]"""
    roles = {slug: [one.role for one in track.attempts] for slug, track in run.batch.tracks.items()}
    assert roles == {
        BATCH_TRACK: ["scout"],
        "discounts": ["implementer", "reviewer", "implementer", "reviewer"],
        "receipts": ["implementer", "reviewer"],
    }
    attempts = [one for track in run.batch.tracks.values() for one in track.attempts]
    assert len({one.process for one in attempts}) == len(attempts)


def test_the_review_sent_back_one_finding_and_then_approved(run: Run) -> None:
    """[000-063] [000-066]"""
    track = run.batch.tracks["discounts"]
    assert [one.stage for one in track.attempts] == [IMPLEMENT, REVIEW, IMPLEMENT, REVIEW]
    assert [(one.severity, one.state) for one in track.findings] == [("blocker", "fixed")]


def test_all_items_of_both_checklists_passed(run: Run) -> None:
    """[000-089] [000-102] [000-104] [000-105]"""
    for track in run.batch.tracks.values():
        assert track.work is not None
        assert track.work.checklist
        assert {result for _, result, _ in track.work.checklist} == {"PASS"}


def test_the_checkpoint_lies_in_the_repository_and_git_does_not_see_it(run: Run) -> None:
    """[000-090] [000-111]"""
    for name in ("SESSION.md", "HANDOFF.json"):
        assert run.text(run.repository / ".agent" / name) == (GOLDEN / name).read_text("utf-8")
    assert git(run.repository, "status", "--short") == ""


@pytest.mark.parametrize("name", ["batch-summary.md", "track-report-receipts.md", "discovery-brief.md"])
def test_its_files_are_those_that_its_users_know(run: Run, name: str) -> None:
    """[000-052] [000-083] [000-088]"""
    assert run.text(run.files / name) == (GOLDEN / name).read_text("utf-8")
