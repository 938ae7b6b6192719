"""The rules of the shipped pipelines at work: rework, another cause, failing builds, skipped stages, empty results."""

from __future__ import annotations

from orchestrator_tui.core.commands import Skip
from orchestrator_tui.core.exports.task_metadata import task_files
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.workflow import StageWork
from tests.runtime.run.memory_world import Act, Agent
from tests.runtime.run.scene import Scene
from tests.systems.pipeline_scene import BUILD, asked, filled, pipeline, pipelines, play_by_rules, stages_done, work

S = TrackState
COUNSEL = 3


def ends_with(word: str, times: int = 1) -> Act:
    """An agent that does its work and ends with another word, so often."""
    left = [times]

    def act(agent: Agent) -> tuple[int, str]:
        code, said = work(agent)
        left[0] -= 1
        return (code, said) if left[0] < 0 else (code, f"said so\n{word}")

    return act


def one(bug: bool = False, **acts: Act) -> Scene:
    """A run of one pipeline; ``acts`` say what the agents of single stages do, as ``stage_4``."""
    scene = pipelines(pipeline("alpha", bug=bug))
    scene.world.acts |= {f"alpha/{name.removeprefix('stage_')}": act for name, act in acts.items()}
    play_by_rules(scene)
    return scene


def test_counsel_leads_back_to_the_plan_once_and_then_asks() -> None:
    """[002-133] [002-135]"""
    scene = one(stage_3=ends_with("REQUIRES_REWORK"))
    assert stages_done(scene, "alpha") == [1, 2, 3, 2, 3, 4, 5, 6, 7]
    stubborn = one(stage_3=ends_with("REQUIRES_REWORK", 9))
    assert stages_done(stubborn, "alpha") == [1, 2, 3, 2, 3], "no third iteration"
    assert asked(stubborn) == [("alpha", "review")]


def test_a_rejected_root_cause_goes_to_the_person() -> None:
    """[002-84]"""
    scene = one(bug=True, stage_3=ends_with("ROOT_CAUSE_REJECTED"))
    assert asked(scene) == [("alpha", "escalation")]
    assert scene.gate("escalation").question.confidence == "low"


def test_another_root_cause_leads_back_to_the_analysis() -> None:
    """[002-133]"""
    scene = one(bug=True, stage_4=ends_with("DIFFERENT_ROOT_CAUSE"))
    assert stages_done(scene, "alpha") == [1, 2, 3, 4, 2, 3, 4, 5, 6, 7]


def test_three_failing_builds_in_a_row_are_the_persons() -> None:
    """[002-87]"""
    scene = pipelines(pipeline("alpha"), pipeline("beta"))
    scene.world.checks["make test"] = lambda cwd: int(cwd == "/trees/alpha")
    play_by_rules(scene)
    assert stages_done(scene, "alpha") == [1, 2, 3, BUILD, BUILD, BUILD]
    assert asked(scene) == [("alpha", "cap")]
    assert scene.states()["beta"] is S.MERGED


def test_a_stage_is_skipped_by_the_person_alone_after_hearing_what_it_catches_and_the_risk() -> None:
    """[002-112] [002-113] [002-33]"""
    scene = pipelines(pipeline("alpha"))
    scene.world.settle()
    assert scene.carry_out(Skip("list-1", "alpha", COUNSEL)) is None
    gate = scene.gate("skip_stage")
    told = f"{gate.question.question} {gate.question.context}"
    assert "wrong designs and dropped requirements" in told
    assert "a wrong plan is built well" in told
    assert scene.track("alpha").skipped_stages == ()
    scene.answer("skip_stage", "skip", "trivial")
    play_by_rules(scene)
    assert stages_done(scene, "alpha") == [1, 2, 4, 5, 6, 7]
    (task,) = [one.content for one in task_files(scene.ledger.batch, scene.ledger.now)][2:]
    assert task["metadata"]["skippedStages"] == [COUNSEL]


def test_an_artefact_that_is_empty_of_what_it_must_hold_is_sent_back() -> None:
    def pending(agent: Agent) -> tuple[int, str]:
        log = f"{agent.attempt.spec}/counsel-log.md"
        if agent.attempt.number > 1:
            agent.write(log, "")
            return work(agent)
        agent.append(log, filled(agent_work(agent)).replace("text", "_Pending..._"))
        return 0, "APPROVED"

    scene = one(stage_3=pending)
    assert stages_done(scene, "alpha") == [1, 2, 3, 3, 4, 5, 6, 7]
    assert "Reviewer A: is missing" in scene.world.attempts["a-alpha-3-1-2"].prompt


def test_a_pull_request_that_holds_nothing_is_not_merged_blindly() -> None:
    """[002-118] A build that wrote nothing but its papers comes to the person with what was found."""

    def nothing(agent: Agent) -> tuple[int, str]:
        return 0, "all is built"

    scene = one(stage_4=nothing)
    assert scene.states() == {"alpha": S.APPROVED}
    gate = scene.gate("track")
    assert "nothing but its own documents has changed" in gate.question.context
    assert scene.ledger.batch.merged == ()


def agent_work(agent: Agent) -> StageWork:
    """How the stage of an attempt is done."""
    batch = agent.world.batch
    assert batch.run is not None
    return batch.run.workflows[batch.tracks[agent.attempt.track].workflow].works[agent.attempt.stage - 1]
