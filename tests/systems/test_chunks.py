"""The sample of seed 001, run with real agents to its hard stop, and the files that its users know."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.cli.journals import find_place, load_state, reading
from orchestrator_tui.core.model import GateState
from orchestrator_tui.demo.repository import git, make_repository
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.explain import thresholds
from orchestrator_tui.resources import sample_plans_directory
from tests.cli.scene import command, environment

GOLDEN = Path(__file__).with_name("golden") / "chunks"
PATIENCE_S = 120.0
PLAN = "chunks.yaml"
ANSWERS = [
    {"gate": "Is this the plan", "option": "approve"},
    {"gate": "Start 3 tracks", "option": "approve"},
    {"gate": "1 concern", "option": "defer"},
]


class Run:
    """The sample, run once: how it ended, its batch, and what it left."""

    def __init__(self, root: Path) -> None:
        self.repository = make_repository(root)
        self.before = git(self.repository, "for-each-ref", "--format=%(refname)")
        shutil.copy(sample_plans_directory() / PLAN, root / PLAN)
        shutil.copytree(sample_plans_directory() / Path(PLAN).stem, root / Path(PLAN).stem)
        (root / "answers.yaml").write_text(json.dumps(ANSWERS))
        told = ("--repo", str(self.repository), "--headless", "--answers", "answers.yaml")
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
        assert self.batch.run is not None
        self.tree = Path(self.batch.run.integration_path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    if not sys.platform.startswith("linux"):
        pytest.skip("runs of real processes are tried on Linux")
    root = tmp_path_factory.mktemp("chunks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCH_HOME", str(root / "home"))
        yield Run(root)


def test_it_comes_to_its_hard_stop(run: Run) -> None:
    """[001-01] [001-03] [001-04] [001-05] [001-07] [001-09] [001-10] [001-32] [001-82] [001-101]"""
    assert run.batch.state == "awaiting_user", run.ended.stderr
    assert not [one for one in run.batch.gates.values() if one.state is GateState.OPEN]
    states = {slug: one.state.value for slug, one in run.batch.tracks.items() if slug != "batch"}
    assert states == {"c1": "done", "c2": "done", "c3": "done"}
    kinds = sorted(one.question.kind for one in run.batch.gates.values())
    assert kinds == ["concerns", "refine", "spend"]


def test_everything_lies_uncommitted_in_one_worktree_and_the_repository_is_as_it_was(run: Run) -> None:
    """[001-18] [001-19] [001-81] [001-102] [001-105]"""
    assert git(run.repository, "status", "--porcelain", "--untracked-files=no") == ""
    assert git(run.repository, "rev-parse", "main") == git(run.tree, "rev-parse", "HEAD")
    left = {line[3:] for line in git(run.tree, "status", "--porcelain", "--untracked-files=all").splitlines()}
    built = {"shop/invoices.py", "tests/test_invoices.py", "shop/export.py", "tests/test_export.py", "CHANGES.md"}
    assert {one for one in left if not one.startswith("agent-os/")} == built
    refs = git(run.repository, "for-each-ref", "--format=%(refname)").splitlines()
    assert set(refs) - set(run.before.splitlines()) == {"refs/heads/csv-export"}


def test_the_angles_and_tiers_are_those_of_the_seed(run: Run) -> None:
    """[001-24] [001-25] [001-28] [001-34] [001-55]"""
    own = run.batch.tracks["batch"].attempts
    explored = {one.id.rsplit("-", 1)[1]: one.model for one in own if one.stage == 1}
    assert explored == {"locate": "haiku", "adjacent": "sonnet", "tests": "haiku", "constraints": "haiku"}
    assert 2 <= len(explored) <= 4
    assert [one.model for one in own if one.stage == 2] == ["sonnet"]
    assert {one.model for one in own if one.stage == 4} == {"opus"}


@pytest.mark.parametrize("name", ["build-args.json", "build-result.json"])
def test_the_files_are_those_that_its_users_know(run: Run, name: str) -> None:
    """[001-68] [001-83] [001-84] [001-99]"""
    assert (run.files / name).read_text("utf-8") == (GOLDEN / name).read_text("utf-8")


def test_the_agents_read_what_was_explored_and_build_without_committing(run: Run) -> None:
    """[001-80] [001-103]"""
    assert run.batch.merged == ()
    c1, c2 = run.batch.tracks["c1"], run.batch.tracks["c2"]
    assert [(one.stage, one.verdict) for one in c1.attempts] == [(1, "BLOCKED"), (1, "DONE"), (2, "CLEAN")]
    assert [(one.stage, one.verdict) for one in c2.attempts] == [(1, "DONE"), (2, "CLEAN"), (1, "DONE"), (2, "CLEAN")]
    assert [one.state for one in c1.findings] == ["deferred"]


def test_what_it_did_is_summed_up_for_the_person(run: Run) -> None:
    """[001-100] [001-82]"""
    summary = (run.files / "summary.md").read_text("utf-8")
    for word in ("CSV export for invoices", "c1", "c2", "c3", "shop/export.py", "csv-export"):
        assert word in summary, word
    assert "c2" in run.ended.stderr


# --- what the workflow itself says ----------------------------------------------------------------------------

CHUNKS = load_workflows(None, None).workflows["chunks"]
STAGES = {rule.name: work for rule, work in zip(CHUNKS.batch_ladder.stages, CHUNKS.batch_works, strict=True)}
STAGES |= {rule.name: work for rule, work in zip(CHUNKS.ladder.stages, CHUNKS.works, strict=True)}


def test_the_numbers_are_those_of_the_seed() -> None:
    """[001-25] [001-35] [001-36] [001-74] [001-79]"""
    assert (STAGES["Execute"].attempts, STAGES["Execute"].bump_at, STAGES["Execute"].spent) == (3, 3, "fail")
    assert STAGES["Review"].rounds == 2
    assert 2 <= len(STAGES["Explore"].angles) <= 4
    assert CHUNKS.tiers == ("haiku", "sonnet", "opus")
    assert CHUNKS.roles["planner"] == "sonnet"
    assert STAGES["Plan"].bump_at == 2
    # Rounds are the cap: no blocker is a person's before its second fix was reviewed.
    assert CHUNKS.resends > STAGES["Review"].rounds
    assert CHUNKS.gates == ("resume", "dispatch", "concerns")
    assert (CHUNKS.ending, CHUNKS.worktree, CHUNKS.sharing, CHUNKS.waves) == (
        "hard_stop",
        "batch",
        "parallel",
        "barrier",
    )


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("Explore", ("You read", "change nothing else", "file and line")),
        ("Plan", ("description", "{spec}/locate.md", "files and lines", "gaps", "open questions", "chunks")),
        (
            "Divide",
            ("discrete chunks", "depend on none of that wave", "disjoint", "purely cosmetic", "`deep_review: true`"),
        ),
        ("Execute", ("Commit nothing", "BLOCKED")),
        ("Review", ("you change nothing", "No finding at all means clean")),
    ],
)
def test_each_agent_is_told_what_the_seed_has_it_told(stage: str, words: tuple[str, ...]) -> None:
    """[001-27] [001-31] [001-37] [001-38] [001-45] [001-56] [001-57] [001-59] [001-58]"""
    prompt = " ".join(STAGES[stage].prompt.split())
    for word in words:
        assert word in prompt, word


def test_every_threshold_is_shown() -> None:
    """[001-79] [001-74]"""
    shown = {one.key: one.value for one in thresholds((CHUNKS,))}
    assert shown["stage 1 Execute: attempts"] == "3"
    assert shown["stage 1 Execute: bump_at"] == "3"
    assert shown["stage 1 Execute: spent"] == "fail"
    assert shown["stage 2 Review: rounds"] == "2"
    assert shown["batch stage 1 Explore: angles"] == "locate, adjacent (sonnet), tests, constraints"
    assert shown["earlier.commits"] == "2"
    assert shown["sharing"] == "parallel"
