"""Stages that are for some tracks alone: by the areas that a track names, or by the files that it has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import StageStatus, TrackState
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import StageWork
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WORKFLOW, WRITE, Scene, track

E2E = 3
LOOKS = replace(
    WORKFLOW,
    ladder=Ladder("letters", "Letters", "feature", (*WORKFLOW.ladder.stages, StageRule(E2E, "Look at it"))),
    works=(*WORKFLOW.works, StageWork(prompt="look", only_areas=("frontend",), only_files=("*.css", "ui/**"))),
    track_gate=("stages",),
)


@pytest.mark.parametrize(
    ("areas", "file", "looked"),
    [
        (("frontend",), "a.txt", True),
        ((), "style.css", True),
        ((), "ui/button.tsx", True),
        (("backend",), "a.txt", False),
        ((), "api/users.py", False),
    ],
)
def test_the_look_at_it_is_for_what_people_see(areas: tuple[str, ...], file: str, looked: bool) -> None:
    """[003-095] [003-096] [003-097]"""
    scene = Scene(track("a", "a.txt", file, areas=areas), workflow=LOOKS)

    def write(agent: Agent) -> tuple[int, str]:
        agent.write(file, "new\n")
        return 0, ""

    scene.world.acts[f"*/{WRITE}"] = write
    scene.world.acts[f"*/{E2E}"] = lambda agent: (0, "PASS")
    scene.play()
    assert scene.states() == {"a": TrackState.MERGED}
    stage = scene.track("a").stages[E2E - 1]
    assert stage.status is (StageStatus.DONE if looked else StageStatus.SKIPPED)
    assert [one.stage for one in scene.track("a").attempts] == [1, 2, *([E2E] if looked else [])]
    assert scene.track("a").skipped_stages == ()


@pytest.mark.parametrize("beside", ["", "a.txt", "other.txt"])
def test_a_stage_that_only_adds_its_artefacts_changes_nothing_that_was_approved(beside: str) -> None:
    """[003-098]: what the E2E validator sees was approved by QA, and stays as it was."""
    adds = StageWork(prompt="look", adds_only=True, artefacts=("report.md", "shots/*.png"), attempts=1)
    scope = ("a.txt", "other.txt", "report.md", "shots/**")
    scene = Scene(track("a", *scope), workflow=replace(LOOKS, works=(*WORKFLOW.works, adds)))

    def look(agent: Agent) -> tuple[int, str]:
        for name in ("report.md", "shots/wide.png", "shots/*.png", *([beside] if beside else [])):
            agent.write(name, "seen\n")
        return 0, ""

    scene.world.acts[f"*/{E2E}"] = look
    scene.play()
    if beside:
        assert f"{beside} is no artefact of its stage" in scene.gate("cap").question.context
        assert scene.states() == {"a": TrackState.ESCALATED}
    else:
        assert scene.states() == {"a": TrackState.MERGED}
