"""Chunks that are built at once in one tree, reviewed when all are built, and left uncommitted (seed 001)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.commands import Publish, Stop
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import PlanLimits, Provision
from orchestrator_tui.core.workflow import ASK
from tests.runtime.run.build_scene import BUILD, blocked, build, building, chunk
from tests.runtime.run.memory_git import Tree
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WRITE, Scene

S = TrackState
TREE = "/trees/integration"


def test_chunks_of_a_wave_are_built_at_once_in_one_tree() -> None:
    """[001-18] [001-60] [001-81]"""
    scene = building(chunk("c1"), chunk("c2"), chunk("c3", 2))
    scene.world.settle()
    assert sorted(scene.world.jobs.running()) == ["a-c1-1-1-1", "a-c2-1-1-1"]
    assert {one.cwd for slug in ("c1", "c2") for one in scene.track(slug).attempts} == {TREE}
    scene.play()
    assert scene.states() == dict.fromkeys(("c1", "c2", "c3"), S.DONE)


def test_a_wave_begins_when_the_one_before_is_built_and_nothing_is_reviewed_before_all_are() -> None:
    """[001-06] [001-61] [001-76]"""
    scene = building(chunk("c1"), chunk("c2"), chunk("c3", 2))
    order: list[str] = []
    for _ in range(20):
        scene.world.settle()
        running = scene.world.jobs.running()
        if not running:
            break
        order.append(" ".join(sorted(running)))
        scene.world.jobs.let(sorted(running)[0])
    assert order == [
        "a-c1-1-1-1 a-c2-1-1-1",
        "a-c2-1-1-1",
        "a-c3-1-1-1",
        "a-c1-2-1-1 a-c2-2-1-1 a-c3-2-1-1",
        "a-c2-2-1-1 a-c3-2-1-1",
        "a-c3-2-1-1",
    ]


def test_a_chunk_whose_every_stage_a_person_has_skipped_is_waited_for_by_nobody() -> None:
    """It was never begun, and has come past the review all the same: the others waited for it for ever."""
    scene = building(chunk("c1"), chunk("c2"), workflow=replace(BUILD, gates=("concerns",)))
    for stage in (WRITE, REVIEW):
        told = {"track": "c2", "stages": [stage], "by": "ann", "reason": "done by hand"}
        scene.ledger.must(Draft("stages_skipped", told))
    scene.play()
    assert scene.states() == {"c1": S.DONE, "c2": S.DONE}


def test_it_ends_uncommitted_and_waits_for_the_person_without_a_question() -> None:
    """[001-101] [001-102] [001-103] [001-104] [001-105]"""
    scene = building(chunk("c1"), chunk("c2"))
    before = dict(scene.git.branches)
    scene.play()
    assert scene.ledger.batch.state == "awaiting_user"
    assert scene.ledger.batch.ended_at is None
    assert scene.open_gates() == []
    assert scene.git.trees[TREE].changed == {"c1.txt": "built by c1\n", "c2.txt": "built by c2\n"}
    assert {name: scene.git.branches[name] for name in before} == before
    assert not [one for one in scene.git.calls if one.split()[0] in ("merge", "remove", "publish", "commit")]
    refused = scene.carry_out(Publish("list-1"))
    assert refused == f"nothing is committed: what was built lies in {TREE}; finish it there as you like"


def test_each_chunk_has_its_own_files_alone() -> None:
    scene = building(chunk("c1"), chunk("c2"))
    scene.play()
    for slug in ("c1", "c2"):
        work = scene.track(slug).work
        assert work is not None
        assert work.inspection is not None
        assert work.inspection.files == (f"{slug}.txt",)
        assert work.inspection.outside == ()


def test_who_waits_for_the_others_takes_no_place() -> None:
    scene = building(chunk("c1"), chunk("c2"), chunk("c3"), limits=PlanLimits(agents=1))
    scene.play()
    assert set(scene.states().values()) == {S.DONE}


def test_in_place_the_repository_itself_is_worked_in() -> None:
    """[001-23]"""
    scene = building(chunk("c1"), chunk("c2"), workflow=replace(BUILD, worktree="none"))
    scene.git.trees["/repository"] = Tree("main")
    scene.play()
    assert {one.cwd for one in scene.track("c1").attempts} == {"/repository"}
    assert set(scene.git.trees) == {"/repository"}
    assert set(scene.git.branches) == {"main"}
    assert scene.git.trees["/repository"].changed == {"c1.txt": "built by c1\n", "c2.txt": "built by c2\n"}
    assert (scene.ledger.batch.state, scene.open_gates()) == ("awaiting_user", [])


def test_the_third_attempt_is_of_a_higher_tier_and_the_one_after_it_is_none() -> None:
    """[001-72] [001-73] [001-74] [001-75] [001-107]"""
    scene = building(chunk("c1", tier="sonnet"), chunk("c2"))
    scene.world.acts[f"c1/{WRITE}"] = blocked
    scene.play()
    tried = scene.track("c1").attempts
    assert [(one.number, one.tier, one.model) for one in tried] == [
        (1, "sonnet", "m-sonnet"),
        (2, "sonnet", "m-sonnet"),
        (3, "opus", "m-opus"),
    ]
    assert scene.states() == {"c1": S.FAILED, "c2": S.DONE}
    assert scene.open_gates() == []
    prompts = [one.prompt for one in scene.world.attempts.values() if one.track == "c1"]
    assert "its agent says BLOCKED" not in prompts[0]
    assert "Letter c1" in prompts[0]
    assert "c1.txt" in prompts[0]
    assert "its agent says BLOCKED" in prompts[1]


def test_the_highest_tier_is_not_bumped() -> None:
    """[001-74]"""
    scene = building(chunk("c1", tier="opus"))
    scene.world.acts[f"c1/{WRITE}"] = blocked
    scene.play()
    assert [one.tier for one in scene.track("c1").attempts] == ["opus", "opus", "opus"]


@pytest.mark.parametrize(("fails", "state"), [(2, S.DONE), (3, S.FAILED)])
def test_three_attempts_are_the_edge(fails: int, state: TrackState) -> None:
    """[001-75]"""
    scene = building(chunk("c1"))

    def act(agent: Agent) -> tuple[int, str]:
        return blocked(agent) if agent.attempt.number <= fails else build(agent)

    scene.world.acts[f"c1/{WRITE}"] = act
    scene.play()
    assert scene.states() == {"c1": state}


def test_a_person_is_asked_where_the_workflow_says_so() -> None:
    works = (replace(BUILD.works[0], spent=ASK), BUILD.works[1])
    scene = building(chunk("c1"), chunk("c2"), workflow=replace(BUILD, works=works))
    scene.world.acts[f"c1/{WRITE}"] = blocked
    scene.play()
    assert scene.gate("cap").track == "c1"
    assert scene.states() == {"c1": S.ESCALATED, "c2": S.DONE}


def test_what_depends_on_a_failed_chunk_is_skipped_and_so_is_what_depends_on_that() -> None:
    """[001-90]"""
    later = chunk("c2", 2, depends_on=("c1",)), chunk("c3", 3, depends_on=("c2",)), chunk("c4", 3)
    scene = building(chunk("c1"), *later)
    scene.world.acts[f"c1/{WRITE}"] = blocked
    scene.play()
    assert scene.states() == {"c1": S.FAILED, "c2": S.SKIPPED, "c3": S.SKIPPED, "c4": S.DONE}
    assert not scene.track("c3").attempts


def test_blockers_alone_are_fixed_by_the_machine_and_only_where_they_are() -> None:
    """[001-78]"""
    scene = building(chunk("c1"), chunk("c2"))

    def review(agent: Agent) -> tuple[int, str]:
        if "c1" in agent.attempt.id and "-2-1-1" in agent.attempt.id:
            return 0, "the quotes are lost\nREWORK"
        return 0, "APPROVED"

    scene.world.acts[f"*/{REVIEW}"] = review
    scene.play()
    assert [one.id for one in scene.track("c1").attempts] == ["a-c1-1-1-1", "a-c1-2-1-1", "a-c1-1-2-1", "a-c1-2-2-1"]
    assert [one.id for one in scene.track("c2").attempts] == ["a-c2-1-1-1", "a-c2-2-1-1"]
    fix = next(one for one in scene.world.attempts.values() if one.id == "a-c1-1-2-1")
    assert "REWORK: " in fix.prompt
    assert scene.states() == dict.fromkeys(("c1", "c2"), S.DONE)


@pytest.mark.parametrize(("rounds", "asked"), [(1, False), (2, False), (3, True)])
def test_two_rounds_of_fixing_are_the_cap(rounds: int, asked: bool) -> None:
    """[001-79] [001-93] [001-94] [001-95]"""
    scene = building(chunk("c1"), chunk("c2"))

    def review(agent: Agent) -> tuple[int, str]:
        return (0, "still wrong\nREWORK") if len(agent.attempt.id) and _entry(agent) <= rounds else (0, "APPROVED")

    scene.world.acts[f"c1/{REVIEW}"] = review
    scene.play()
    assert scene.states()["c2"] is S.DONE
    assert [one.question.kind for one in scene.open_gates()] == (["review"] if asked else [])
    if asked:
        gate = scene.gate("review")
        assert [one.key for one in gate.question.options][:3] == ["again", "mended", "accept"]
        scene.answer("review", "accept")
        scene.play()
    assert scene.states()["c1"] is S.DONE


def test_a_blocker_that_a_person_has_mended_is_settled_without_an_agent() -> None:
    """[001-95]"""
    scene = building(chunk("c1"))
    scene.world.acts[f"c1/{REVIEW}"] = lambda agent: (0, "still wrong\nREWORK")
    scene.play()
    tried = len(scene.track("c1").attempts)
    scene.answer("review", "mended")
    scene.play()
    assert len(scene.track("c1").attempts) == tried
    assert scene.states() == {"c1": S.DONE}


def _entry(agent: Agent) -> int:
    """How often the stage has been entered by now: the third part from the end of the attempt's name."""
    return int(agent.attempt.id.split("-")[-2])


def test_a_chunk_that_is_given_up_holds_up_nobody() -> None:
    scene = building(chunk("c1"), chunk("c2"))
    scene.world.settle()
    assert scene.carry_out(Stop("list-1", "c1", "enough")) is None
    scene.play()
    assert scene.states() == {"c1": S.ABANDONED, "c2": S.DONE}
    assert scene.ledger.batch.state == "awaiting_user"


def test_a_build_of_which_nothing_came_has_failed() -> None:
    scene = building(chunk("c1"))
    scene.world.acts[f"c1/{WRITE}"] = blocked
    scene.play()
    assert scene.ledger.batch.state == "failed"


def test_the_shared_tree_gets_what_git_ignores_as_any_worktree_would() -> None:
    """[001-22]"""
    rules = Provision(copy=(".env",), link=("node_modules",))
    scene = building(chunk("c1"), provision=rules)
    scene.play()
    assert scene.git.provisioned == [(TREE, rules)]
    assert scene.states() == {"c1": S.DONE}


def commit(agent: Agent) -> tuple[int, str]:
    """Build, and commit it against the rule."""
    agent.write(f"{agent.attempt.track}.txt", f"built by {agent.attempt.track}\n", commit=True)
    return 0, "built\nDONE"


@pytest.mark.parametrize("who", ["c1", "c2", "c3"])
def test_a_reviewer_is_not_blamed_for_what_another_agent_has_committed_in_the_shared_tree(who: str) -> None:
    scene = building(chunk("c1"), chunk("c2"), chunk("c3", 2))
    scene.world.acts[f"{who}/{WRITE}"] = commit
    scene.play()
    assert scene.states() == dict.fromkeys(("c1", "c2", "c3"), S.DONE)
    assert {one.payload["verdict"] for one in scene.ledger.events if one.kind == "stage_judged"} == {"accepted"}


def test_a_reviewer_that_commits_while_nobody_else_works_there_is_not_accepted() -> None:
    scene = building(chunk("c1"))

    def meddle(agent: Agent) -> tuple[int, str]:
        agent.write("c1.txt", "better\n", commit=True)
        return 0, "APPROVED"

    scene.world.acts[f"c1/{REVIEW}"] = meddle
    scene.play()
    assert scene.states() == {"c1": S.ESCALATED}
    assert "it has changed files although its stage only reads" in scene.gate("cap").question.context


def committers(scene: Scene) -> dict[str, str]:
    """Whose agents were seen to have committed, with the words."""
    signals = scene.ledger.batch.signals.values()
    return {str(one.track): one.text for one in signals if one.kind == "committed"}


@pytest.mark.parametrize("who", ["c1", "c2", "c3"])
def test_the_track_whose_agent_has_committed_against_its_rule_is_marked(who: str) -> None:
    scene = building(chunk("c1"), chunk("c2"), chunk("c3", 2))
    scene.world.acts[f"{who}/{WRITE}"] = commit
    scene.play()
    attempt = scene.track(who).attempts[0].id
    (words,) = committers(scene).values()
    assert list(committers(scene)) == [who]
    assert words.startswith(f"{attempt} has committed ")
    assert f"{who}.txt" in words
    assert {one.payload["verdict"] for one in scene.ledger.events if one.kind == "stage_judged"} == {"accepted"}


def test_who_has_committed_against_its_rule_is_told_with_its_next_prompt() -> None:
    scene = building(chunk("c1"), chunk("c2"))
    scene.world.acts[f"c1/{WRITE}"] = commit
    scene.world.acts[f"*/{REVIEW}"] = lambda agent: (0, "APPROVED" if "-2-2-1" in agent.attempt.id else "no\nREWORK")
    scene.play()
    told = "An agent of this track has committed in this worktree"
    prompts = {one.id: one.prompt for one in scene.world.attempts.values()}
    assert [name for name, prompt in prompts.items() if told in prompt] == ["a-c1-1-2-1"]
    assert "a-c2-1-2-1" in prompts
    assert "Leave your changes in the worktree, and commit nothing." in prompts["a-c1-1-1-1"]


def test_nobody_is_marked_for_a_commit_of_which_it_is_not_known_whose_it_is() -> None:
    """Two agents at work at the same time, and one commit with the files of both."""
    scene = building(chunk("c1"), chunk("c2"))

    def commit_all(agent: Agent) -> tuple[int, str]:
        agent.write("c1.txt", "built\n", commit=True)
        agent.write("c2.txt", "half built\n", commit=True)
        return 0, "built\nDONE"

    scene.world.acts[f"c1/{WRITE}"] = commit_all
    scene.play()
    assert committers(scene) == {}
