"""A batch that starts from a sentence: a stage writes the track list, and a person approves what it found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import StageWork, Workflow
from orchestrator_tui.runtime.requests_run import take_tracks
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WORKFLOW, Scene, track

DIVIDING = replace(
    WORKFLOW,
    batch_ladder=Ladder("letters", "Letters", "batch", (StageRule(1, "Scout"), StageRule(2, "Divide"))),
    batch_works=(
        StageWork(role="scout", prompt="look around"),
        StageWork(role="planner", prompt="divide", artefacts=("{plan}",), commits=False),
    ),
    gates=("spend", "publish"),
)
LIST = """tracks:
  - {slug: a, title: Letter a, brief: write a, files: [a.txt], workflow: letters}
  - {slug: b, title: Letter b, brief: write b, files: [b.txt], workflow: letters, depends_on: [a]}
"""


def divided(folder: Path, *texts: str, workflow: Workflow = DIVIDING) -> Scene:
    """A scene whose planner writes these lists, one a try."""
    scene = Scene(workflow=workflow, files={"a.txt": "a\n", "b.txt": "b\n"}, worktrees=str(folder))
    tries: list[str] = []
    (folder / "integration").mkdir()

    def divide(agent: Agent) -> tuple[int, str]:
        tries.append(agent.attempt.id)
        text = texts[min(len(tries), len(texts)) - 1]
        name = next(word for word in agent.attempt.prompt.split() if word.endswith("tracks.yaml"))
        path = folder / "integration" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        agent.write(name, text, commit=False)
        return 0, "divided"

    scene.world.acts |= {"batch/1": lambda agent: (0, "looked"), "batch/2": divide}
    return scene


def test_a_sentence_becomes_tracks_that_are_approved_and_merged(tmp_path: Path) -> None:
    scene = divided(tmp_path, LIST)
    scene.play()
    assert "the stages that find the tracks" in scene.gate("spend").question.question
    scene.answer("spend", "approve")
    scene.play()
    assert list(scene.states()) == ["a", "b"]
    assert "Start 2 tracks" in scene.gate("spend").question.question
    scene.answer("spend", "approve")
    scene.play()
    assert scene.ledger.batch.merged == ("a", "b")


def test_a_list_that_makes_no_tracks_is_sent_back_with_its_problems(tmp_path: Path) -> None:
    scene = divided(tmp_path, LIST.replace("depends_on: [a]", "depends_on: [b]"), LIST)
    scene.play()
    scene.answer("spend", "approve")
    scene.play()
    assert "depends_on" in scene.world.attempts["a-batch-2-1-2"].prompt
    assert list(scene.states()) == ["a", "b"]


def test_a_person_has_it_divided_anew_before_anything_is_dispatched(tmp_path: Path) -> None:
    """[001-63] [001-64]"""
    scout, divide = DIVIDING.batch_works
    asking = replace(DIVIDING, gates=("dispatch",), batch_works=(scout, replace(divide, gate="refine", back_to=1)))
    other = LIST.replace("slug: b,", "slug: c,").replace("Letter b", "Letter c").replace("b.txt", "c.txt")
    scene = divided(tmp_path, LIST, other, workflow=asking)
    scene.play()
    scene.answer("refine", "approve")
    scene.play()
    assert [one.key for one in scene.gate("spend").question.options] == ["approve", "adjust", "reject"]
    scene.answer("spend", "adjust", "call the second one c")
    scene.play()
    assert list(scene.states()) == ["a", "c"]
    assert "call the second one c" in scene.world.attempts["a-batch-2-2-1"].prompt
    gate = scene.gate("spend")
    assert gate.revision == 2
    assert not [one for one in scene.world.jobs.started if not one.startswith("a-batch-")]
    scene.answer("spend", "approve")
    scene.play()
    assert scene.ledger.batch.merged == ("a", "c")


def test_nothing_is_added_before_the_tracks_of_the_sentence_are_found(tmp_path: Path) -> None:
    """With a track there they were never looked for: what the sentence asked for was lost."""
    scene = divided(tmp_path, LIST)
    outcomes: list[str] = []

    def scout(agent: Agent) -> tuple[int, str]:
        drafts, outcome = take_tracks(scene.ledger.batch, {"tracks": [to_data(track("z"))]}, "ann")
        scene.ledger.must(*drafts)
        outcomes.append(outcome)
        return 0, "looked"

    scene.world.acts["batch/1"] = scout
    scene.play()
    scene.answer("spend", "approve")
    scene.play()
    assert outcomes == ["refused: the tracks of the batch are still being found: add yours when they are there"]
    assert list(scene.states()) == ["a", "b"]
