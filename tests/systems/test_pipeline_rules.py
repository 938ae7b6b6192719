"""The rules of the shipped pipelines at work: rework, another cause, failing builds, skipped stages, empty results."""

from __future__ import annotations

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.commands import Skip
from orchestrator_tui.core.exports.dashboard import dashboard_files
from orchestrator_tui.core.exports.task_metadata import task_files
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.schedule.merging import merge_order
from orchestrator_tui.core.workflow import StageWork
from orchestrator_tui.plan.explain import thresholds
from orchestrator_tui.runtime.requests_run import take_tracks
from tests.runtime.run.memory_world import Act, Agent
from tests.runtime.run.scene import Scene
from tests.systems.pipeline_scene import (
    BUILD,
    PRD,
    asked,
    filled,
    pipeline,
    pipelines,
    play_by_rules,
    stages_done,
    work,
)

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


def test_a_build_that_is_mended_at_the_third_try_asks_nobody() -> None:
    """[002-68] Just below the threshold."""
    scene = pipelines(pipeline("alpha"))
    scene.world.checks["make test"] = lambda cwd: int("it.py" in str(scene.git.read(cwd)) and builds(scene) < 3)
    play_by_rules(scene)
    assert stages_done(scene, "alpha") == [1, 2, 3, BUILD, BUILD, BUILD, 5, 6, 7]
    assert asked(scene) == [("batch", "publish")]


def builds(scene: Scene) -> int:
    return sum(one.stage == BUILD for one in scene.track("alpha").attempts)


def test_an_agent_is_asked_after_ten_silent_minutes_and_followed_by_another_two_minutes_later() -> None:
    """[002-110] [002-111] Just below each threshold nothing happens."""
    scene = pipelines(pipeline("alpha"))
    scene.world.settle()
    first = scene.world.jobs.jobs["a-alpha-1-1-1"]
    for at, said, started in ((599_999, 0, 1), (1, 1, 1), (119_999, 1, 1), (1, 1, 2)):
        scene.ledger.tick(at)
        scene.world.settle()
        assert (len(first.said), len(scene.world.jobs.started)) == (said, started), at
    assert b"what stage" in first.said[0]
    assert first.stopping
    again = scene.world.attempts["a-alpha-1-1-2"]
    assert (again.stage, again.worktree) == (1, "/trees/alpha")


def test_a_pipeline_that_is_added_is_on_the_dashboard_and_runs_on_its_own() -> None:
    """[002-116] [002-117]"""
    scene = pipelines(pipeline("alpha"), files={"src/beta/it.py": ""})
    scene.world.settle()
    scene.world.jobs.let("a-alpha-1-1-1")
    scene.world.settle()
    beta = pipeline("beta", bug=True)
    drafts, outcome = take_tracks(scene.ledger.batch, {"tracks": [to_data(beta)]}, "ann")
    scene.ledger.must(*drafts)
    assert outcome == "done"
    (document,) = dashboard_files(scene.ledger.batch, scene.ledger.now)
    assert "2 Active Pipelines" in document.content
    assert "[2] beta (bug-to-pr)" in document.content
    play_by_rules(scene)
    while any(one.question.kind == "spend" for one in scene.open_gates()):
        scene.answer("spend", "approve")
        play_by_rules(scene)
    assert scene.states() == {"alpha": S.MERGED, "beta": S.MERGED}


def test_bugs_are_merged_first_then_what_others_need_then_by_priority_and_name() -> None:
    """[002-45] [002-94] [002-95] [002-96]"""
    tracks = (
        pipeline("delta"),
        pipeline("charlie", priority=2),
        pipeline("bravo", depends_on=("golf",)),
        pipeline("golf"),
        pipeline("zulu", bug=True),
    )
    scene = pipelines(*tracks)
    assert [one.slug for one in merge_order(scene.ledger.batch)] == ["zulu", "golf", "charlie", "bravo", "delta"]
    play_by_rules(scene)
    assert scene.ledger.batch.merged[0] == "zulu"
    assert scene.ledger.batch.merged.index("golf") < scene.ledger.batch.merged.index("bravo")


def test_every_threshold_of_the_source_is_a_value_that_is_shown() -> None:
    """[002-138] [002-157]"""
    shown = {one.key: one.value for one in thresholds([PRD])}
    assert {key: shown[key] for key in THRESHOLDS} == THRESHOLDS


THRESHOLDS = {
    "clocks.stale": "5m",
    "stall.checks": "10",
    "stall.interval": "1m",
    "stall.reply": "2m",
    "budget.cost_usd": "20",
    "concurrency": "3",
    "merging.first": "bug",
    "stage 3 Plan Refinement Counsel: rounds": "1",
    "stage 4 Multi-Agent Implementation: attempts": "3",
}


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
