"""One discovery for a batch: what its brief must say, what becomes of one that does not, and of narrow work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import StageStatus, TrackState
from orchestrator_tui.core.report.measures import discovery_reuse
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.schedule.forms import faults, fields
from orchestrator_tui.core.workflow import StageWork, Workflow
from tests.plan.test_built_in import BUILT_IN
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WORKFLOW, Scene, track

FORM = BUILT_IN["tracks"].batch_works[0].form
BRIEF = """\
Task summary: two letters are written
Task shape: multi-track-batch
Relevant files: a.txt, b.txt
Task boundaries: in: letters; out: everything else
Validation commands: test -s a.txt
Dependencies: none
Comparison baseline: main
Open questions: none
Skip reason: n/a
"""


def scouting(narrow: int = 0) -> Workflow:
    """Letters with a scout that writes a brief."""
    scout = StageWork(
        role="scout",
        prompt="look",
        artefacts=("{spec}/brief.md",),
        commits=False,
        attempts=2,
        form=FORM,
        narrow=narrow,
        asks="Open questions",
    )
    ladder = Ladder("letters", "Letters", "batch", (StageRule(1, "Scout", "{spec}/brief.md"),))
    return replace(WORKFLOW, batch_ladder=ladder, batch_works=(scout,))


def scene_of(*texts: str, slugs: str = "ab", narrow: int = 0) -> Scene:
    """A scene whose scout writes these briefs, one a try."""
    scene = Scene(*(track(slug) for slug in slugs), workflow=scouting(narrow))

    def scout(agent: Agent) -> tuple[int, str]:
        path = next(word for word in agent.attempt.prompt.split() if word.endswith("/brief.md"))
        agent.write(path, texts[min(agent.attempt.number, len(texts)) - 1], commit=False)
        return 0, "looked"

    scene.world.acts["batch/1"] = scout
    return scene


def test_one_scout_writes_one_brief_for_all_tracks_before_any_of_them_begins() -> None:
    """[000-042] [000-044] [000-045]"""
    scene = scene_of(BRIEF)
    scene.play()
    assert scene.states() == {"a": TrackState.MERGED, "b": TrackState.MERGED}
    assert [one.role for one in scene.track("batch").attempts] == ["scout"]
    assert discovery_reuse(scene.ledger.batch) == "yes"
    prompts = [one.prompt for one in scene.world.attempts.values() if one.track != "batch"]
    assert all("Found out before for all tracks" in one and "brief.md" in one for one in prompts)
    assert not any("two letters are written" in one for one in prompts)


@pytest.mark.parametrize("name", [*FORM])
def test_a_brief_without_one_of_its_fields_is_sent_back_with_its_name(name: str) -> None:
    """[000-046] [000-049]"""
    short = "".join(line for line in BRIEF.splitlines(keepends=True) if not line.startswith(name))
    assert [one.split(":")[0] for one in faults(short, FORM)] == [name]
    empty = BRIEF.replace(next(line for line in BRIEF.splitlines() if line.startswith(name)), f"{name}:")
    assert [one.split(":")[0] for one in faults(empty, FORM)] == [name]


def test_a_whole_brief_has_no_fault_in_whatever_dress() -> None:
    """[000-046]"""
    assert faults(BRIEF, FORM) == ()
    dressed = "\n".join(f"- **{line.partition(':')[0]}**:{line.partition(':')[2]}" for line in BRIEF.splitlines())
    assert faults(dressed.replace("**:", ":**"), FORM) == ()
    listed = BRIEF.replace("a.txt, b.txt", "\n- a.txt\n- b.txt")
    assert fields(listed, tuple(FORM))["Relevant files"] == "- a.txt\n- b.txt"


def test_another_shape_than_the_four_is_named_with_them() -> None:
    """[000-047]"""
    (fault,) = faults(BRIEF.replace("multi-track-batch", "big"), FORM)
    assert fault.endswith("single-track, multi-track-batch, review-resolution-batch, large-diff-readiness")


def test_a_brief_that_lacks_its_skip_reason_does_not_let_the_tracks_begin() -> None:
    """[000-046] [000-049]"""
    short = BRIEF.replace("Skip reason: n/a\n", "")
    scene = scene_of(short, BRIEF)
    scene.play()
    _, second = scene.track("batch").attempts
    assert "Skip reason: is missing" in scene.world.attempts[second.id].prompt
    assert scene.states() == {"a": TrackState.MERGED, "b": TrackState.MERGED}
    scene = scene_of(short)
    scene.play()
    assert "Skip reason: is missing" in scene.gate("cap").question.context
    assert set(scene.states().values()) == {TrackState.PENDING}


def test_what_the_brief_leaves_open_is_asked_before_any_track_begins_and_told_to_all() -> None:
    """[000-004] [000-043] [000-046]"""
    scene = scene_of(BRIEF.replace("Open questions: none", "Open questions: which clock, wall or monotonic?"))
    scene.play()
    gate = scene.gate("missing_input")
    assert gate.question.question == "Open questions: which clock, wall or monotonic?"
    assert set(scene.states().values()) == {TrackState.PENDING}
    scene.answer("missing_input", "", "the monotonic one")
    scene.play()
    assert scene.states() == {"a": TrackState.MERGED, "b": TrackState.MERGED}
    prompts = [one.prompt for one in scene.world.attempts.values() if one.track != "batch"]
    assert len(prompts) == 4
    assert all("which clock" in one and "the monotonic one" in one for one in prompts)


@pytest.mark.parametrize("nothing", ["none", "None.", "n/a", "-"])
def test_a_brief_that_asks_nothing_asks_nobody(nothing: str) -> None:
    scene = scene_of(BRIEF.replace("Open questions: none", f"Open questions: {nothing}"))
    scene.play()
    assert scene.states() == {"a": TrackState.MERGED, "b": TrackState.MERGED}


def test_open_questions_that_nobody_answers_may_stop_the_batch() -> None:
    scene = scene_of(BRIEF.replace("Open questions: none", "Open questions: is it wanted at all?"))
    scene.play()
    scene.answer("missing_input", "stop")
    scene.play()
    assert scene.ledger.batch.state == "stopped"
    assert set(scene.states().values()) == {TrackState.PENDING}


@pytest.mark.parametrize(("slugs", "skipped"), [("a", True), ("ab", False)])
def test_work_of_one_file_needs_no_scout_and_the_reason_is_kept(slugs: str, skipped: bool) -> None:
    """[000-048] [000-049]"""
    scene = scene_of(BRIEF, slugs=slugs, narrow=1)
    scene.play()
    (stage,) = scene.track("batch").stages
    assert bool(scene.track("batch").attempts) is not skipped
    if skipped:
        assert (stage.status, stage.detail) == (StageStatus.SKIPPED, "narrow and fully scoped: a.txt")
        assert discovery_reuse(scene.ledger.batch) == "skipped"
    assert set(scene.states().values()) == {TrackState.MERGED}


def test_files_that_are_only_known_by_a_pattern_are_not_narrow() -> None:
    scene = Scene(track("a", "src/**"), workflow=scouting(narrow=9))
    scene.play()
    assert [one.role for one in scene.track("batch").attempts][:1] == ["scout"]
