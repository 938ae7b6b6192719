"""Workflows whose tracks have no worktree of their own: one after the other, in the integration worktree or in none."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.commands import Retry, Stop
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import CheckCommand
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import FAIL, StageWork
from tests.runtime.run.memory_git import Tree
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WORKFLOW, WRITE, Scene, track, write_letter

S = TrackState
SHARED = replace(WORKFLOW, worktree="batch")
NONE = replace(WORKFLOW, worktree="none")


def test_tracks_of_one_tree_work_one_after_the_other_on_the_integration_branch() -> None:
    scene = Scene(track("a"), track("b"), track("c", depends_on=("a",)), workflow=SHARED)
    for _ in range(40):
        scene.world.settle()
        running = scene.world.jobs.running()
        assert len(running) <= 1
        if not running:
            break
        scene.world.jobs.let(running[0])
    assert scene.states() == dict.fromkeys("abc", S.MERGED)
    assert {one.cwd for one in scene.track("b").attempts} == {"/trees/integration"}
    assert not [one for one in scene.git.calls if one.split()[0] in ("merge", "worktree", "remove")]
    assert scene.merged_files()["b.txt"] == "b\nmore of b\n"
    scene.answer("publish", "approve")
    scene.play()
    assert scene.git.commits[scene.git.branches["main"]].files["c.txt"] == "c\nmore of c\n"
    assert set(scene.git.trees) == {"/trees/integration"}


def test_what_fails_on_the_shared_tree_goes_back_to_its_agent_and_loses_nothing() -> None:
    scene = Scene(track("a"), workflow=SHARED, checks=(CheckCommand("all", "all"),))
    late = {"checks": 0}

    def check(cwd: str) -> int:
        late["checks"] += 1
        return int(late["checks"] == 2 and "fixed" not in scene.git.read(cwd)["a.txt"])

    scene.world.checks["all"] = check

    def fix(agent: Agent) -> tuple[int, str]:
        write_letter(agent)
        if "after its merge" in agent.attempt.prompt:
            agent.append("a.txt", "fixed\n")
        return 0, ""

    scene.world.acts[f"a/{WRITE}"] = fix
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert scene.merged_files()["a.txt"] == "a\nmore of a\nfixed\n"
    assert "undo" not in scene.git.calls


def test_a_track_that_is_given_up_makes_room_for_the_next_one() -> None:
    scene = Scene(track("a"), track("b"), workflow=SHARED)
    scene.world.settle()
    assert scene.states() == {"a": S.RUNNING, "b": S.QUEUED}
    assert scene.carry_out(Stop("list-1", "a", "enough")) is None
    scene.play()
    assert scene.states() == {"a": S.ABANDONED, "b": S.MERGED}


def test_a_track_with_a_worktree_of_its_own_is_not_merged_into_a_tree_that_is_worked_in() -> None:
    scene = Scene(track("a"), track("z", workflow="apart"), workflow=SHARED, others=(replace(WORKFLOW, ladder=APART),))
    scene.world.settle()
    scene.world.jobs.let("a-z-1-1-1")
    scene.world.settle()
    scene.world.jobs.let("a-z-2-1-1")
    scene.world.settle()
    assert scene.states() == {"a": S.RUNNING, "z": S.APPROVED}
    scene.play()
    assert scene.states() == dict.fromkeys("az", S.MERGED)
    assert scene.merged_files()["z.txt"] == "z\nmore of z\n"


APART = replace(WORKFLOW.ladder, workflow="apart")


def test_without_worktrees_tracks_work_in_the_repository_itself_and_nothing_is_merged() -> None:
    scene = Scene(track("a"), track("b"), workflow=NONE)
    scene.git.trees["/repository"] = Tree("main")
    scene.play()
    assert scene.states() == dict.fromkeys("ab", S.DONE)
    assert scene.ledger.batch.state == "completed"
    assert {one.cwd for one in scene.track("a").attempts} == {"/repository"}
    assert scene.git.commits[scene.git.branches["main"]].files["b.txt"] == "b\nmore of b\n"
    assert "/repository" in scene.git.trees
    work = scene.track("b").work
    assert work is not None
    assert work.inspection is not None
    assert work.inspection.files == ("b.txt",)


def test_what_a_track_that_was_given_up_has_left_in_the_shared_tree_is_a_persons_matter() -> None:
    scene = Scene(track("a"), track("b"), workflow=SHARED)
    scene.world.settle()
    scene.git.write("/trees/integration", "a.txt", "half of it")
    assert scene.carry_out(Stop("list-1", "a", "enough")) is None
    scene.play()
    assert "a.txt" in scene.gate("worktree").question.context
    scene.git.trees["/trees/integration"].changed = {}
    scene.answer("worktree", "again")
    scene.play()
    assert scene.states() == {"a": S.ABANDONED, "b": S.MERGED}


def test_what_stages_of_the_batch_have_written_is_no_work_of_a_track() -> None:
    rules = (StageRule(1, "Scout", "brief.md"),)
    scouting = replace(
        SHARED, batch_ladder=Ladder("letters", "Letters", "batch", rules), batch_works=(StageWork(commits=False),)
    )
    scene = Scene(track("a"), workflow=scouting)

    def scout(agent: Agent) -> tuple[int, str]:
        agent.write("brief.md", "known", commit=False)
        return 0, ""

    def write(agent: Agent) -> tuple[int, str]:
        changed = scene.git.trees[agent.attempt.worktree].changed
        brief = changed.pop("brief.md", "")
        write_letter(agent)
        changed = scene.git.trees[agent.attempt.worktree].changed
        changed["brief.md"] = brief
        return 0, ""

    scene.world.acts |= {"batch/1": scout, f"a/{WRITE}": write}
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert len([one for one in scene.track("a").attempts if one.stage == WRITE]) == 1


def _scene_of_one_try() -> Scene:
    """Two tracks in one tree; who fails once has failed."""
    failing = (replace(WORKFLOW.works[0], attempts=1, spent=FAIL), *WORKFLOW.works[1:])
    return Scene(track("a"), track("b"), workflow=replace(SHARED, works=failing))


def test_what_failed_is_not_tried_again_in_a_tree_that_another_has_worked_in_since() -> None:
    """Neither could be told from the other, and each would wait for the other to be merged."""
    scene = _scene_of_one_try()
    scene.world.acts[f"a/{WRITE}"] = lambda agent: (1, "cannot")
    scene.world.settle()
    scene.ledger.tick(1)
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    assert scene.states() == {"a": S.FAILED, "b": S.RUNNING}
    assert "b has worked in the same tree since" in (scene.carry_out(Retry("list-1", "a")) or "")
    scene.play()
    assert scene.states() == {"a": S.FAILED, "b": S.MERGED}


def test_what_failed_last_in_a_shared_tree_is_tried_again() -> None:
    scene = _scene_of_one_try()
    scene.world.acts[f"b/{WRITE}"] = lambda agent: (1, "cannot")
    scene.world.settle()
    scene.ledger.tick(1)
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.FAILED}
    assert scene.carry_out(Retry("list-1", "b")) is None
