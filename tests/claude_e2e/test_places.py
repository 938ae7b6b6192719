"""Where sessions keep their things and work: another list, another home, a worktree, a job in the background."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.claude_e2e.beside import Beside
from tests.claude_e2e.scripts import ask, create, ours
from tests.claude_rig import ClaudeRig, HeadlessSession, Step, say

pytestmark = pytest.mark.e2e_claude

HEADLESS = ("-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions")


@contextmanager
def connected(rig: ClaudeRig) -> Iterator[Beside]:
    """A workplace, connected, with a cockpit open."""
    with Beside(rig) as beside:
        beside.connect()
        beside.open_cockpit()
        yield beside


def asking(question: str, task: str = "1") -> list[Step]:
    """An agent that asks and is held at its end."""
    return [create("s"), ask(question, "red", "blue", task=task), say("I wait"), say("done")]


def assert_answered(beside: Beside, question: str, script: str) -> str:
    """The question is answered by key, the agent is told, and has gone on; the batch that it belongs to."""
    gate = beside.wait_gate(question)
    beside.wait_held(gate)
    answer = beside.answer(gate, 2)
    told = beside.rig.requests.wait_for(answer.decision.id, script)
    answer.report(script, told)
    assert "blue" in told.new_text
    beside.wait_acknowledged(gate)
    return gate.batch


def test_sessions_that_share_a_list_are_one_batch_and_each_gets_its_own_answer(claude_rig: ClaudeRig) -> None:
    """The list is named in their environment alone; the cockpit finds it by what they write."""
    rig = claude_rig
    with connected(rig) as beside:
        rig.variables["CLAUDE_CODE_TASK_LIST_ID"] = "orch/list 1.x"
        first = rig.start(rig.script("first", asking("First, red or blue?")))
        one = beside.wait_gate("First, red or blue?")
        second = rig.start(rig.script("second", asking("Second, red or blue?", task="2")))
        beside.wait_gate("Second, red or blue?")
        assert {name.partition("/")[0] for name in rig.tasks()} == {"orch-list-1-x"}
        assert {
            assert_answered(beside, "Second, red or blue?", "second"),
            assert_answered(beside, "First, red or blue?", "first"),
        } == {one.batch}
        assert (first.finish(), second.finish()) == (0, 0)


def test_a_home_that_is_elsewhere_is_honoured(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    elsewhere = rig.home / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(rig.home / ".claude.json", elsewhere / ".claude.json")
    rig.variables["CLAUDE_CONFIG_DIR"] = str(elsewhere)
    with connected(rig) as beside:
        session = rig.start(rig.script("moved", asking("Moved, red or blue?")))
        assert_answered(beside, "Moved, red or blue?", "moved")
        assert session.finish() == 0
        assert (elsewhere / "settings.json").exists()
        assert not list(rig.config.iterdir()), "nothing is written where Claude Code does not look"


def test_a_session_in_a_worktree_belongs_to_its_repository(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    tree = rig.project.parent / "tree"
    subprocess.run(["git", "-C", str(rig.project), "worktree", "add", "-q", "-b", "side", str(tree)], check=True)
    with connected(rig) as beside:
        session = inside(rig, tree)
        try:
            session.send_prompt(rig.script("tree", asking("Tree, red or blue?")))
            assert_answered(beside, "Tree, red or blue?", "tree")
            assert session.finish() == 0
        finally:
            session.close()


def inside(rig: ClaudeRig, directory: Path) -> HeadlessSession:
    """A headless session in a directory of its own."""
    return HeadlessSession([*rig.cli.command, *HEADLESS], directory, rig.environment(), rig.log / "inside.jsonl")


def test_a_job_in_the_background_is_held_at_its_end(claude_rig: ClaudeRig) -> None:
    """It says that it runs at a terminal, and nobody sits there who could be nudged."""
    rig = claude_rig
    with connected(rig) as beside:
        prompt = rig.script("job", asking("Job, red or blue?"))
        in_the_background(rig, prompt)
        assert_answered(beside, "Job, red or blue?", "job")
        rig.requests.wait_for_step("job", 3)


def test_a_job_in_the_background_waits_in_its_call(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    with connected(rig) as beside:
        asked = ours("request_decision", question="Called, red or blue?", options=["red", "blue"])
        prompt = rig.script("caller", [asked, say("done")])
        in_the_background(rig, prompt)
        gate = beside.wait_gate("Called, red or blue?")

        answer = beside.answer(gate, 2)

        told = rig.requests.wait_for_step("caller", 1)
        answer.report("MCP, background job", told)
        assert answer.told(told), told.new_text
        beside.wait_acknowledged(gate)


def in_the_background(rig: ClaudeRig, prompt: str) -> None:
    """Start a job, which a daemon of Claude Code's runs."""
    command = [*rig.cli.command, "--bg", "--dangerously-skip-permissions", prompt]
    subprocess.run(
        command,
        cwd=rig.project,
        env=rig.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=60,
    )
