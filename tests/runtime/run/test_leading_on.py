"""Whatever a person answers or commands leads on: nothing is asked in a circle, nothing is left without anybody."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.commands import Cancel, Pause, Publish, Resume, Retry, Skip, Stop
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import StageStatus, TrackState
from orchestrator_tui.core.plan import CheckCommand, PlanLimits
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import CHECKS, PERSON, StageWork, Workflow
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WORKFLOW, WRITE, Scene, track, write_letter

S = TrackState
CHECK = CheckCommand("spelling", "spell")


def ladder_of(*works: StageWork, **changes: object) -> Workflow:
    """The workflow of letters with other stages."""
    rules = tuple(StageRule(index, f"Stage {index}") for index in range(1, len(works) + 1))
    ladder = Ladder("letters", "Letters", "feature", rules)
    return replace(WORKFLOW, ladder=ladder, works=works, **changes)  # type: ignore[arg-type]


def batch_ladder_of(*works: StageWork) -> Workflow:
    """The workflow of letters with stages of the batch."""
    rules = tuple(StageRule(index, f"Batch stage {index}") for index in range(1, len(works) + 1))
    return replace(WORKFLOW, batch_ladder=Ladder("letters", "Letters", "batch", rules), batch_works=works)


# --- retries -----------------------------------------------------------------------------------------------------


def test_an_agent_that_was_blocked_is_tried_again_when_a_person_says_so() -> None:
    works = (replace(WORKFLOW.works[0], verdicts={"DONE": "done", "STUCK": "blocked"}),)
    scene = Scene(track("a"), workflow=ladder_of(*works))
    scene.world.acts[f"a/{WRITE}"] = lambda agent: (0, "STUCK")
    scene.play()
    scene.world.acts[f"a/{WRITE}"] = lambda agent: (write_letter(agent)[0], "DONE")
    scene.answer("escalation", "retry", "use the other one")
    scene.play()
    assert "use the other one" in scene.world.attempts["a-a-1-1-2"].prompt
    assert scene.states() == {"a": S.MERGED}


def test_a_budget_that_a_person_lets_go_on_is_given_once_more() -> None:
    scene = Scene(track("a"), workflow=replace(WORKFLOW, budget=replace(WORKFLOW.budget, cost_usd=1.0)))
    for spent in (1.01, 2.02):
        scene.world.settle()
        scene.ledger.must(Draft("cost_recorded", {"track": "a", "cost_usd": spent}))
        scene.world.settle()
        assert scene.track("a").attempts[-1].outcome == "stopped"
        scene.answer("escalation", "retry")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert len([one for one in scene.track("a").attempts if one.stage == WRITE]) == 3


def test_a_bound_of_attempts_asks() -> None:
    """[000-060]"""
    scene = Scene(track("a"), workflow=replace(WORKFLOW, budget=replace(WORKFLOW.budget, attempts=1)))
    scene.play()
    assert "1 of 1 attempts" in scene.gate("escalation").question.question
    scene.answer("escalation", "retry")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_checks_that_fail_are_run_again_when_a_person_says_so() -> None:
    scene = Scene(track("a", checks=(CHECK,)), workflow=ladder_of(StageWork(), StageWork(runs=CHECKS, checks=("*",))))
    scene.world.checks["spell"] = lambda cwd: 1
    scene.play()
    scene.world.checks.clear()
    scene.answer("cap", "retry")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_text_alone_at_a_review_is_the_instruction_of_one_more_round() -> None:
    scene = Scene(track("a"))
    scene.world.acts[f"a/{REVIEW}"] = lambda agent: (0, "REWORK")
    scene.play()
    scene.answer("review", "", "make it longer")
    scene.world.settle()
    assert "make it longer" in scene.world.attempts[scene.world.jobs.running()[0]].prompt


def test_retry_of_a_review_leads_back_with_its_instruction() -> None:
    scene = Scene(track("a"))
    scene.world.acts[f"a/{REVIEW}"] = lambda agent: (0, "REWORK")
    scene.play()
    assert scene.carry_out(Retry("list-1", "a", "make it longer")) is None
    scene.world.settle()
    (job,) = scene.world.jobs.running()
    assert scene.world.attempts[job].stage == WRITE
    assert "make it longer" in scene.world.attempts[job].prompt


# --- gates of stages and tracks ----------------------------------------------------------------------------------


def test_a_track_that_fails_its_gate_is_not_merged_before_a_person_says_so() -> None:
    """[002-119] [000-103] [000-104] [000-106]"""
    rules = replace(WORKFLOW, track_gate=("tests_first",), tests_first=True)
    scene = Scene(track("a", "a.py"), workflow=rules, files={"a.py": ""})
    scene.world.acts[f"a/{WRITE}"] = write_code
    scene.play()
    assert scene.states() == {"a": S.APPROVED}
    scene.answer("track", "approve", "a letter needs none")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_track_all_of_whose_stages_are_skipped_has_nobody_to_go_back_to() -> None:
    rules = ladder_of(StageWork(), track_gate=("scope",))
    scene = Scene(track("a"), track("b", depends_on=("a",)), workflow=rules)
    scene.world.settle()
    assert scene.carry_out(Skip("list-1", "b", WRITE)) is None
    scene.answer("skip_stage", "skip", "trivial")
    scene.play()
    gate = scene.gate("track")
    assert [one.key for one in gate.question.options] == ["approve", "abandon"]
    assert not scene.carry_out(Retry("list-1", "b"))
    scene.play()
    scene.answer("track", "approve", "as it is")
    scene.play()
    assert scene.states() == dict.fromkeys("ab", S.MERGED)


def write_code(agent: Agent) -> tuple[int, str]:
    """Change a file that is no document."""
    agent.append("a.py", "x = 1\n")
    return 0, ""


def test_a_stage_that_a_person_does_is_not_done_when_its_beginning_is_approved() -> None:
    scene = Scene(track("a"), workflow=ladder_of(StageWork(), StageWork(runs=PERSON, gate="stage")))
    scene.play()
    scene.answer("stage", "approve")
    scene.play()
    assert "Is it done?" in scene.gate("stage").question.question
    scene.answer("stage", "approve")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_stage_is_skipped_while_its_track_is_being_merged_without_leaving_it_behind() -> None:
    works = (StageWork(), StageWork(runs=PERSON, after_merge=True), StageWork(runs=PERSON, after_merge=True))
    scene = Scene(track("a"), workflow=ladder_of(*works), checks=(CHECK,))
    scene.world.settle()
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    assert scene.states() == {"a": S.MERGING}
    assert scene.carry_out(Skip("list-1", "a", 3)) is None
    scene.answer("skip_stage", "skip", "trivial")
    assert scene.states() == {"a": S.MERGING}
    scene.play()
    assert "Stage 2 is yours" in scene.gate("stage").question.question
    scene.answer("stage", "approve")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_question_about_a_stage_is_taken_down_when_the_stage_is_skipped() -> None:
    scene = Scene(track("a", checks=(CHECK,)))
    scene.world.checks["spell"] = lambda cwd: 1
    scene.play()
    assert scene.carry_out(Skip("list-1", "a", WRITE)) is None
    scene.answer("skip_stage", "skip", "trivial")
    assert [gate.question.kind for gate in scene.open_gates()] == []
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_the_last_stage_of_the_batch_can_be_skipped() -> None:
    scene = Scene(track("a"), workflow=batch_ladder_of(StageWork(runs=PERSON)))
    scene.play()
    scene.answer("stage", "skip", "known already")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert scene.track("batch").stages[0].status is StageStatus.SKIPPED


def test_who_may_skip_a_stage_of_the_batch_is_asked_of_the_batch() -> None:
    works = batch_ladder_of(StageWork(runs=PERSON, skip_by="nobody"))
    scene = Scene(track("a"), workflow=works)
    scene.play()
    assert scene.carry_out(Skip("list-1", "batch", 1)) == "nobody may skip stage 1 of letters"


def test_what_stages_of_the_batch_commit_is_where_the_tracks_begin() -> None:
    scene = Scene(track("a"), workflow=batch_ladder_of(StageWork(role="scout")), files={"notes.md": ""})
    scene.world.acts["batch/1"] = note
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert scene.merged_files()["notes.md"] == "known\n"


def note(agent: Agent) -> tuple[int, str]:
    """Write down what is known."""
    agent.append("notes.md", "known\n")
    return 0, ""


# --- giving up ---------------------------------------------------------------------------------------------------


def test_a_track_that_is_given_up_asks_nothing_any_more() -> None:
    scene = Scene(track("a", checks=(CHECK,)), track("b"))
    scene.world.checks["spell"] = lambda cwd: 1
    scene.play()
    assert scene.carry_out(Stop("list-1", "a", "enough")) is None
    scene.play()
    assert [gate.question.kind for gate in scene.open_gates()] == ["publish"]
    assert scene.states() == {"a": S.ABANDONED, "b": S.MERGED}


def test_a_track_is_not_given_up_in_the_middle_of_its_merge() -> None:
    scene = Scene(track("a"), checks=(CHECK,))
    for _ in range(9):
        scene.world.settle()
        if scene.states() == {"a": S.MERGING}:
            break
        scene.world.jobs.let(scene.world.jobs.running()[0])
    assert scene.carry_out(Stop("list-1", "a", "enough")) == (
        "a is being merged: stop it when that is over, or stop the batch"
    )


def test_a_dependent_waits_until_the_merge_of_what_it_needs_has_passed_its_checks() -> None:
    scene = Scene(track("a"), track("b", depends_on=("a",)), checks=(CHECK,))
    scene.world.checks["spell"] = lambda cwd: int(cwd == "/trees/integration")
    for _ in range(60):
        scene.world.settle()
        running = scene.world.jobs.running()
        if not running:
            break
        scene.world.jobs.let(running[0])
    assert scene.states() == {"a": S.ESCALATED, "b": S.QUEUED}
    assert not scene.track("b").worktree


# --- commands ----------------------------------------------------------------------------------------------------


def test_a_track_that_comes_back_from_a_question_keeps_to_the_cap() -> None:
    scene = Scene(track("a", checks=(CHECK,)), track("b"), workflow=replace(WORKFLOW, concurrency=1))
    scene.world.checks["spell"] = lambda cwd: 1
    for _ in range(20):
        scene.world.settle()
        if scene.states()["a"] is S.ESCALATED:
            break
        scene.world.jobs.let(scene.world.jobs.running()[0])
    scene.world.settle()
    scene.answer("cap", "retry")
    scene.world.settle()
    assert len(scene.world.jobs.running()) == 1


def test_a_track_that_pauses_keeps_its_place_until_its_agent_has_ended() -> None:
    scene = Scene(track("a"), track("b"), workflow=replace(WORKFLOW, concurrency=1))
    scene.world.settle()
    assert scene.carry_out(Pause("list-1", "a")) is None
    scene.world.settle()
    assert scene.world.jobs.running() == ["a-a-1-1-1"]
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    assert scene.world.jobs.running() == ["a-b-1-1-1"]


def test_a_track_that_a_person_has_resumed_is_not_paused_again_for_the_same_file() -> None:
    scene = Scene(track("a", "a.txt", "same.txt"), track("b", "b.txt", "same.txt"), files={"same.txt": "line\n"})
    scene.world.settle()
    scene.git.overlapping = (("a", "b", "same.txt"),)
    for _ in range(2):
        scene.ledger.tick(11_000)
        scene.world.settle()
        scene.world.settle()
    assert scene.carry_out(Resume("list-1", "b")) is None
    for _ in range(2):
        scene.ledger.tick(11_000)
        scene.world.settle()
        scene.world.settle()
    work = scene.track("b").work
    assert work is not None
    assert work.paused == ""


def test_settings_that_changed_are_asked_about_again_when_that_was_only_put_away() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    scene.git.tampering = ("the setting core.fsmonitor was added",)
    scene.ledger.tick(11_000)
    scene.play()
    gate = scene.gate("tampered")
    assert scene.carry_out(Cancel("list-1", gate.id, "later")) is None
    scene.play()
    assert scene.gate("tampered").revision == 2
    assert scene.states() == {"a": S.APPROVED}


def test_an_agent_that_is_left_alone_is_asked_about_again_only_after_as_long() -> None:
    scene = Scene(track("a"), workflow=replace(WORKFLOW, stall=replace(WORKFLOW.stall, rescues=0)))
    scene.world.settle()
    for wait in (180_001, 120_001):
        scene.ledger.tick(wait)
        scene.world.settle()
    scene.answer("escalation", "wait", "it compiles")
    scene.world.settle()
    assert scene.open_gates() == []
    scene.ledger.tick(180_001)
    scene.world.settle()
    assert scene.gate("escalation").revision == 2
    scene.world.jobs.let("a-a-1-1-1")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_hard_stop_asks_nobody_and_is_published_by_an_act_of_the_persons_own() -> None:
    scene = Scene(track("a"), workflow=replace(WORKFLOW, ending="hard_stop"))
    scene.play()
    assert (scene.ledger.batch.state, scene.open_gates()) == ("awaiting_user", [])
    assert scene.carry_out(Publish("list-1")) is None
    scene.answer("publish", "approve")
    scene.play()
    assert scene.ledger.batch.state == "completed"


def test_a_batch_that_has_taken_too_long_begins_nothing_new_and_asks() -> None:
    scene = Scene(track("a"), track("b", depends_on=("a",)), limits=PlanLimits(wall_ms=600_000))
    scene.world.settle()
    scene.ledger.tick(600_001)
    scene.play()
    assert len(scene.world.jobs.started) == 1
    assert "10 min of 10" in scene.gate("escalation").question.question
    scene.answer("escalation", "go_on")
    scene.play()
    assert scene.states() == dict.fromkeys("ab", S.MERGED)
