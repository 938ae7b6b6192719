"""A sixth system that nobody built for: one YAML file in the repository, and it checks, runs, exports and explains."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.cli.journals import find_place, load_state, reading
from orchestrator_tui.demo.repository import git, make_repository
from tests.cli.scene import command, environment

PATIENCE_S = 90.0

WORKFLOW = """\
workflow: galley
title: Texts are drafted, proofed by somebody else, and set in one order
kind: text
waves: barrier
concurrency: 3
gates: [publish]
tests_first: false
neighbours: false
models: {cheap: pica, dear: cicero}
roles: {writer: cheap, proofreader: dear}
track_gate: [stages, scope, findings]
batch_gate: [tracks]
merging: {first: [], checks: []}
exports: [dashboard, state-md, session-metrics, session-close]
sessions:
  types: [issue]
  type: issue
  roles: [Draft, Set]
  maps: {"1": [Draft + Set], "2": [Draft, Set]}
  waves: 2
  least: 1
  role: Draft
  state: {press: .press}
guard: {enforcement: strict, blocked: [shred]}
breaker: {turns: {issue: 4}}
stages:
  - name: Write
    of_roles: [Draft]
    role: writer
    prompt: Write the text.
    verdicts: {WRITTEN: done}
  - name: Set
    of_roles: [Set]
    role: writer
    prompt: Put the texts into one, in the order of their names.
    verdicts: {SET: done}
  - name: Proof
    of_roles: [Draft]
    role: proofreader
    prompt: Read it, and change nothing.
    reviews: true
    writes: false
    commits: false
    back_to: Write
    verdicts: {IMPRIMATUR: done, ERRATA: rework}
"""
PLAN = """\
title: The first issue
workflow: galley
base: main
agent: {runner: scripted, scripts: scripts}
session: {focus: short words}
tracks:
  - {slug: preface, brief: write a preface, files: [texts/preface.txt]}
  - {slug: essay, brief: write an essay, files: [texts/essay.txt]}
  - {slug: issue, brief: set the issue, role: Set, files: [issue.txt]}
"""
SCRIPTS = {
    "preface": """\
stages:
  1/1: [{write: {path: texts/preface.txt, content: "Teh beginning.\\n"}}, {commit: Preface}, {verdict: WRITTEN}]
  1/2: [{write: {path: texts/preface.txt, content: "The beginning.\\n"}}, {commit: Mend it}, {verdict: WRITTEN}]
  3/1: [{finding: {severity: blocker, title: Teh, file: texts/preface.txt, line: 1}}, {verdict: ERRATA}]
  3/2: [{verdict: IMPRIMATUR}]
""",
    "essay": """\
stages:
  1: [{write: {path: texts/essay.txt, content: "The middle.\\n"}}, {commit: Essay}, {verdict: WRITTEN}]
  3: [{verdict: IMPRIMATUR}]
""",
    "issue": """\
stages:
  2: [{shell: cat texts/preface.txt texts/essay.txt > issue.txt}, {commit: The issue}, {verdict: SET}]
""",
}


class Run:
    """The invented system, run once in a repository that has its file and nothing else of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.repository = root, make_repository(root)
        own = self.repository / ".orch" / "workflows" / "galley.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(WORKFLOW)
        git(self.repository, "add", "--force", ".orch/workflows")
        git(self.repository, "commit", "--quiet", "--message", "How we make an issue")
        (root / "plan.yaml").write_text(PLAN)
        (root / "scripts").mkdir()
        for slug, steps in SCRIPTS.items():
            (root / "scripts" / f"{slug}.yaml").write_text(f"track: {slug}\n{steps}")
        (root / "answers.yaml").write_text(json.dumps([{"gate": "^batch/.*Bring", "option": "approve"}]))
        self.explained = self.orch("check", "plan.yaml", "--explain")
        self.ended = self.orch("run", "plan.yaml", "--headless", "--yes", "--answers", "answers.yaml")
        with reading(find_place(str(self.repository))) as journal:
            assert journal is not None
            (self.batch,) = load_state(journal).batches.values()
        self.files = self.repository / ".orch" / "reports" / self.batch.id

    def orch(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*words, "--repo", str(self.repository)),
            cwd=self.root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    if not sys.platform.startswith("linux"):
        pytest.skip("runs of real processes are tried on Linux")
    root = tmp_path_factory.mktemp("galley")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCH_HOME", str(root / "home"))
        yield Run(root)


def test_its_thresholds_are_explained_like_those_of_any_other(run: Run) -> None:
    assert run.explained.returncode == 0, run.explained.stdout + run.explained.stderr
    words = " ".join(run.explained.stdout.split())
    for row in ("sessions.waves: 2", "guard.enforcement: strict", "guard.blocked: shred", "breaker.turns: issue: 4"):
        assert row in words


def test_it_runs_to_its_end_by_its_own_ladder(run: Run) -> None:
    assert run.ended.returncode == 0, run.ended.stderr
    assert run.batch.state == "completed"
    tracks = run.batch.tracks
    assert [one.stage for one in tracks["preface"].attempts] == [1, 3, 1, 3], "the proofreader sent it back once"
    assert [one.stage for one in tracks["essay"].attempts] == [1, 3]
    assert [one.stage for one in tracks["issue"].attempts] == [2]
    assert [tracks[slug].wave for slug in ("preface", "essay", "issue")] == [1, 1, 2]
    assert (run.repository / "issue.txt").read_text() == "The beginning.\nThe middle.\n"


def test_its_agents_are_guarded_and_told_what_comes_first(run: Run) -> None:
    (scope,) = run.root.rglob("attempts/a-essay-1-1-1/wave-scope.json")
    assert json.loads(scope.read_text())["allowedPaths"] == ["texts/essay.txt"]
    (prompt,) = run.root.rglob("attempts/a-essay-1-1-1/prompt.md")
    assert "**Priority Focus (from user):** short words" in prompt.read_text()
    assert "You have 4 turns" in prompt.read_text()
    assert "preface" not in prompt.read_text()


def test_its_files_are_written_under_its_own_words(run: Run) -> None:
    state = (run.files / ".press" / "STATE.md").read_text()
    assert "session-type: issue\n" in state
    assert "### Wave 1 — Draft\n" in state
    assert "### Wave 2 — Set\n" in state
    (row,) = (run.files / ".orchestrator" / "metrics" / "sessions.jsonl").read_text().splitlines()
    assert json.loads(row)["agent_summary"] == {"complete": 3, "partial": 0, "failed": 0, "spiral": 0}
    assert "Nothing is left over." in (run.files / "session-report.md").read_text()
    assert "The first issue" in (run.files / "summary.md").read_text()
    assert (run.files / "dashboard.txt").exists()
