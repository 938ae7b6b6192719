"""The sample of mixed pipelines, run with real agents to its proper end, and the files that its users know."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.cli.journals import find_place, load_state, reading
from orchestrator_tui.core.model import Batch
from orchestrator_tui.demo.repository import git, make_repository
from orchestrator_tui.resources import sample_plans_directory
from tests.cli.scene import command, environment

GOLDEN = Path(__file__).with_name("golden") / "pipelines"
PATIENCE_S = 120.0
PLAN = "bugs-and-features.yaml"
ANSWERS = [{"gate": "Deploy .* to staging", "option": "approve"}, {"gate": "^batch/.*Bring", "option": "approve"}]


class Run:
    """The sample, run once: how it ended, its batch, and what it left."""

    def __init__(self, root: Path) -> None:
        self.repository = make_repository(root)
        shutil.copy(sample_plans_directory() / PLAN, root / PLAN)
        shutil.copytree(sample_plans_directory() / Path(PLAN).stem, root / Path(PLAN).stem)
        (root / "answers.yaml").write_text(json.dumps(ANSWERS))
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
        self.deploys = [json.loads(line)["track"] for line in _lines(root / "environments" / "dev.jsonl")]

    def text(self, name: str) -> str:
        """An exported file without what differs from run to run: times, ids and places."""
        text = (self.files / name).read_text("utf-8").replace(self.batch.id, "BATCH")
        text = re.sub(r'(?<=worktree": ")[^"]*', "WORKTREE", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", text)
        return re.sub(r"Elapsed: [\d:]+ *║", "Elapsed: TIME".ljust(64) + "║", text)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    if not sys.platform.startswith("linux"):
        pytest.skip("runs of real processes are tried on Linux")
    root = tmp_path_factory.mktemp("pipelines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCH_HOME", str(root / "home"))
        yield Run(root)


def track(batch: Batch, slug: str) -> Any:
    return batch.tracks[slug]


def test_a_feature_and_a_bug_come_to_their_proper_end(run: Run) -> None:
    """[002-31]"""
    assert run.ended.returncode == 0, run.ended.stderr
    assert run.batch.state == "completed"
    assert run.batch.merged == ("fix-cents", "coupons"), "the bug first"
    assert run.deploys == ["fix-cents", "coupons"]
    subjects = git(run.repository, "log", "--first-parent", "--format=%s", "main").splitlines()
    assert [one.split(":")[0] for one in subjects[:2]] == ["Merge coupons", "Merge fix-cents"]
    read_me = (run.repository / "README.md").read_text("utf-8").splitlines()
    assert read_me[-3:] == ["Totals keep their cents.", "", "Coupons take a fixed sum off a total."]


def test_every_stage_was_done_by_an_agent_of_its_own(run: Run) -> None:
    """[002-143] [002-42]"""
    before_merge = [1, 2, 3, 4, 5, 6, 7]
    for slug in run.batch.merged:
        # What both append to README.md is joined without an agent.
        assert [one.stage for one in track(run.batch, slug).attempts] == before_merge
    assert len({one.process for slug in run.batch.merged for one in track(run.batch, slug).attempts}) == 14


def test_the_table_answers_what_it_may_and_the_person_the_rest(run: Run) -> None:
    """[002-72] [002-81] [002-82]"""
    log = json.loads((run.files / "tasks" / "1.json").read_text("utf-8"))["metadata"]["decisions"]
    assert sorted((one["track"], one["by"]) for one in log) == [
        ("batch", "user"),
        ("batch", "user"),
        ("coupons", "auto"),
        ("coupons", "auto"),
        ("coupons", "user"),
        ("fix-cents", "auto"),
    ]


@pytest.mark.parametrize("name", sorted(str(one.relative_to(GOLDEN)) for one in GOLDEN.rglob("*.*")))
def test_its_files_are_those_that_its_users_know(run: Run, name: str) -> None:
    """[002-104] [002-52] [002-75]"""
    assert run.text(name) == (GOLDEN / name).read_text("utf-8")
