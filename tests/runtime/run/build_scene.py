"""Runs for tests whose tracks build at once in one tree, commit nothing, and are reviewed when all are built."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.core.workflow import FAIL, PARALLEL, StageWork, Workflow
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WORKFLOW, WRITE, Scene, approve, track

BUILD = replace(
    WORKFLOW,
    worktree="batch",
    sharing=PARALLEL,
    waves="barrier",
    ending="hard_stop",
    gates=(),
    models={"haiku": "m-haiku", "sonnet": "m-sonnet", "opus": "m-opus"},
    tiers=("haiku", "sonnet", "opus"),
    roles={"implementer": "sonnet", "reviewer": "sonnet", "senior": "opus"},
    works=(
        StageWork(prompt="write", commits=False, spent=FAIL, verdicts={"DONE": "done", "BLOCKED": "failed"}),
        StageWork(
            role="reviewer",
            prompt="review",
            reviews=True,
            writes=False,
            commits=False,
            together=True,
            back_to=WRITE,
            verdicts={"APPROVED": "done", "REWORK": "rework"},
        ),
    ),
)


def chunk(slug: str, wave: int = 1, **fields: Any) -> PlannedTrack:
    """A track that owns its own letter in its wave."""
    return track(slug, wave=wave, **fields)


def build(agent: Agent) -> tuple[int, str]:
    """Add a line to the track's own letter, and leave it uncommitted."""
    name = f"{agent.attempt.track}.txt"
    agent.write(name, f"built by {agent.attempt.track}\n", commit=False)
    return 0, f"{agent.attempt.track} is built\nDONE"


def blocked(agent: Agent) -> tuple[int, str]:
    """Build nothing, and say why."""
    return 0, "the auth helper is missing\nBLOCKED"


def building(*tracks: PlannedTrack, workflow: Workflow = BUILD, **more: Any) -> Scene:
    """A run of such a workflow in which everything goes well, unless its acts are changed."""
    scene = Scene(*tracks, workflow=workflow, **more)
    scene.world.acts = {f"*/{WRITE}": build, f"*/{REVIEW}": approve}
    return scene
