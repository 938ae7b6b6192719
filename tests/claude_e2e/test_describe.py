"""``orch-tui run --describe`` with real Claude Code: a sentence becomes tracks that are approved, built and merged."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claude_e2e.plans import WORKFLOW, ClaudeRun, committing, shell
from tests.claude_rig import ClaudeRig, marker, say

pytestmark = pytest.mark.e2e_claude

DIVIDING = WORKFLOW.replace("letters", "sentences").replace(
    "stages:\n",
    "batch_stages:\n"
    f"  - {{name: Divide, role: planner, prompt: \"{marker('divide')}\", artefacts: ['{{plan}}'], commits: false}}\n"
    "stages:\n",
    1,
)
LIST = """\
tracks:
  - {slug: alpha, brief: write more of alpha, owned: [alpha.txt]}
  - {slug: beta, brief: write more of beta, owned: [beta.txt], depends_on: [alpha]}
"""


@pytest.fixture
def run(claude_rig: ClaudeRig, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClaudeRun]:
    """A repository with a workflow that divides; its agents are the ``claude`` on the person's path."""
    programs = claude_rig.log / "bin"
    programs.mkdir()
    claude = programs / "claude"
    claude.write_text(f'#!/bin/sh\nexec {shlex.join(claude_rig.cli.command)} "$@"\n')
    claude.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    claude_rig.settings = {"permissions": {"allow": ["Bash"]}}
    claude_rig.write_settings()
    with ClaudeRun(claude_rig) as made:
        workflow = Path(claude_rig.project) / ".orch" / "workflows" / "sentences.yaml"
        workflow.write_text(DIVIDING, "utf-8")
        made.git("add", "-A")
        made.git("commit", "-q", "-m", "a workflow that divides")
        yield made


def test_a_sentence_becomes_tracks_that_are_published(run: ClaudeRun) -> None:
    run.rig.script(
        "divide", [shell(f"mkdir -p $ORCH_SPEC && cat > $ORCH_SPEC/tracks.yaml <<'END'\n{LIST}END"), say("ok")]
    )
    for slug in ("alpha", "beta"):
        run.script("write", slug, [*committing(slug), say("written")])
        run.script("review", slug, [say("It is fine.\n\nAPPROVED")])
    host = run.host("--describe", "write more of both letters", "--workflow", "sentences")
    run.decide(run.wait_gate("Bring"), "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()
    assert run.batch().merged == ("alpha", "beta")
    assert run.rig.requests.first_with("write more of both letters", "divide")
    assert run.git("show", "main:beta.txt") == "beta\nmore of beta\n"
    asked = [one.question.question for one in run.batch().gates.values() if one.question.kind == "spend"]
    assert len(asked) == 2, "first the stage that finds the tracks, then the tracks themselves"
    assert "Start 2 tracks" in asked[1]
