"""The whole story beside the real Claude Code: a session that follows our skill runs three pipelines as sub-agents.

Two run in the background, in worktrees, and report through MCP; one runs in the foreground and reports through its
task. All go through the eight stages of a workflow; six gates are answered by keys in a cockpit that is killed and
opened again in between. Afterwards the batch is played again, from a file, in another home.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.model import GateState, StageStatus, Track
from orchestrator_tui.runtime.rules import load_rules
from tests.claude_e2e.beside import PROGRAMS, Answered, Beside
from tests.claude_e2e.scripts import agent_call, ask, bash, ours, update
from tests.claude_rig import ClaudeRig, Step, ToolCall, call, say, wait_until

pytestmark = pytest.mark.e2e_claude

STAGES = tuple(stage.name for stage in load_rules().ladders["prd-to-pr"].stages)
COUNSEL = "auth-fix: the counsel wants rework, how do we go on?"
DEPLOY = "auth-fix: deploy to production now?"
BUILD = "cache-ttl: the build failed three times, what now?"
FEEDBACK = "cache-ttl: a suggestion contradicts the requirements, follow it?"
SCOPE = "docs-sync: also the old guides?"
REVIEW = "docs-sync: the review has two concerns, fix both?"
"""The six questions: which track asks what."""
GATES = {"auth-fix": {3: COUNSEL, 8: DEPLOY}, "cache-ttl": {4: BUILD, 7: FEEDBACK}, "docs-sync": {3: SCOPE, 6: REVIEW}}
"""By track: which stage asks what."""
ANSWERS = {COUNSEL: 2, DEPLOY: 1, BUILD: 1, FEEDBACK: 2, SCOPE: 1, REVIEW: 2}
OPTIONS = ("first: the first way", "second: the second way")


@pytest.fixture
def story(claude_rig: ClaudeRig) -> Iterator[Beside]:
    """A workplace of its own, connected, with a cockpit open."""
    with Beside(claude_rig) as beside:
        beside.connect()
        beside.open_cockpit()
        yield beside


def by_task(slug: str, task: str) -> list[Step]:
    """A sub-agent with task tools: it asks, works on, and is held where its turn would end."""
    steps = []
    for number, name in enumerate(STAGES, 1):
        steps.append(update(number, task=task, stageName=name))
        if number in GATES[slug]:
            steps += [
                ask(GATES[slug][number], *OPTIONS, stage=number, task=task, stageName=name),
                bash(f"echo {slug} works on beside its gate"),
                say(f"{slug} waits"),
                update(number, task=task, needsDecision=False, stageName=name),
            ]
        steps.append(update(number, "completed", task=task, stageName=name))
    return [*steps, call("TaskUpdate", taskId=task, status="completed"), say(f"{slug} is done")]


def by_calls(slug: str) -> list[Step]:
    """A background sub-agent: it asks without waiting, works on, and then waits by the same request."""
    steps = []
    for number, name in enumerate(STAGES, 1):
        where: dict[str, Any] = {"track": slug, "stage": number}
        stage = {**where, "stage_name": name, "workflow": "prd-to-pr"}
        steps.append(ours("report_stage", **stage, status="in_progress"))
        if number in GATES[slug]:
            asked = {
                **where,
                "question": GATES[slug][number],
                "options": list(OPTIONS),
                "request_id": f"{slug}-{number}",
            }
            steps += [
                ours("request_decision", **asked, wait_seconds=0),
                ours("note", text=f"{slug} works on beside its gate", track=slug),
                ours("request_decision", **asked),
            ]
        steps.append(ours("report_stage", **stage, status="completed"))
    return [*steps, ours("pending_decisions"), say(f"{slug} is done")]


def orchestrating(beside: Beside) -> str:
    """The prompt of the session that starts it all, as the skill says: a task a track, then all agents at once."""
    rig = beside.rig
    created = tuple(
        ToolCall("TaskCreate", {"subject": f"[WF-{number}] {slug} (prd-to-pr) — Stage 0/8", "description": "d"})
        for number, slug in enumerate(GATES, 1)
    )
    agents = [agent_call(rig.script("auth-fix", by_task("auth-fix", "1")))]
    for slug in ("cache-ttl", "docs-sync"):
        prompt = rig.script(slug, by_calls(slug))
        agents.append(agent_call(prompt, background=True, name=f"{slug}-pipeline", isolation="worktree"))
    return rig.script("main", [call("Skill", skill="orch-tui"), Step(calls=created), Step(calls=tuple(agents))])


def test_the_whole_story(story: Beside, tmp_path: Path) -> None:
    rig = story.rig
    session = rig.start(orchestrating(story))
    assert "Never approve for the person" in rig.requests.wait_for_step("main", 1).new_text, "the skill is read"
    answers: dict[str, Answered] = {}
    for question in (COUNSEL, BUILD, SCOPE):
        answers[question] = answer(story, question)
        assert_visible(story, *GATES)
        if question == BUILD:
            story.wait_gate(SCOPE)
            story.kill_cockpit()
            story.open_cockpit()
    for question in (REVIEW, FEEDBACK, DEPLOY):
        answers[question] = answer(story, question)
    assert session.finish(120) == 0

    for question, answered in answers.items():
        ended = story.wait_acknowledged(answered.gate)
        assert ended.decision is not None
        assert (ended.decision.origin, ended.state) == ("key", GateState.ACKNOWLEDGED)
        rig.requests.wait_for(answered.decision.id, question.partition(":")[0])
    batch = answers[COUNSEL].gate.batch
    assert {one.gate.batch for one in answers.values()} == {batch}, "one session is one batch"
    for slug in GATES:
        assert_done(wait_done(story, slug))
    assert_visible(story, *GATES)
    wait_until(lambda: story.state().batches[batch].ended_at, "the end of the batch", context=story.describe)
    # Whoever watches records what it still sees of the agents that have ended: the export would miss it.
    story.kill_cockpit()
    assert_replays(story, batch, tmp_path)


def answer(story: Beside, question: str) -> Answered:
    """Answer by keys what the person sees."""
    gate = story.wait_gate(question)
    assert_visible(story, gate.track)
    said = story.answer(gate, ANSWERS[question], reason="as we agreed this morning")
    print(f"{gate.id}: {question}")
    return said


def assert_visible(story: Beside, *slugs: str) -> None:
    """The cockpit shows these tracks."""
    wait_until(
        lambda: all(slug in story.cockpit.screen() for slug in slugs), f"{slugs} on the screen", context=story.describe
    )


def wait_done(story: Beside, slug: str) -> Track:
    """The track, when its last stage has ended."""

    def look() -> Track | None:
        found = story.tracks(slug)
        return next((one for one in found if one.stages and one.stages[-1].status is StageStatus.DONE), None)

    return wait_until(
        look, f"the end of {slug}", every=0.1, context=lambda: f"{story.tracks(slug)}\n{story.describe()}"
    )


def assert_done(track: Track) -> None:
    """All eight stages are there, by their names, and done."""
    assert tuple(stage.name for stage in track.stages) == STAGES
    assert {stage.status for stage in track.stages} == {StageStatus.DONE}


def assert_replays(story: Beside, batch: str, directory: Path) -> None:
    """Exported, proven, imported elsewhere and shown again, the batch is what it was."""
    file = directory / "batch.jsonl"
    story.orch("export", batch, "-o", str(file))
    story.orch("verify", str(file))
    environ = {**story.rig.environment(), "ORCH_HOME": str(directory / "elsewhere")}

    def elsewhere(*arguments: str) -> str:
        done = subprocess.run(
            [PROGRAMS / "orch-tui", *arguments], cwd=story.rig.project, env=environ, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    elsewhere("import", str(file))
    here, there = json.loads(story.orch("status", batch, "--json")), json.loads(elsewhere("status", batch, "--json"))
    assert here == there
    shown = elsewhere("replay", batch, "--text", "--size", "140x45")
    for slug in GATES:
        assert slug in shown
