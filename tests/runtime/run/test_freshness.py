"""A base branch that moves on while a batch runs: said, and asked about before a merge and before publishing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.live_rules import Freshness
from orchestrator_tui.core.model import Gate, TrackState
from orchestrator_tui.core.plan import CheckCommand, Plan
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.runtime.run_world import BaseDrift
from tests.runtime.run import random_player
from tests.runtime.run.memory_git import Crash, Tree
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.random_player import Player
from tests.runtime.run.scene import WORKFLOW, Scene, track

S = TrackState


def move_base(player: Player) -> None:
    """A person commits on the base branch, now and then in the files of a track, and rewrites it once in a while."""
    git, chance = player.world.git, player.chance
    now = git.branches["main"]
    files = git.commits[now].files
    name = chance.choice(sorted(files))
    changed = {**files, name: f"{files[name]}by a person {chance.random()}\n"}
    git.branches["main"] = git._store(changed, (now,) if chance.random() < 0.9 else ())


@pytest.mark.parametrize("seed", [3, 31])
def test_however_the_base_moves_a_random_run_comes_to_its_end(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_player, "_DEEDS", [*random_player._DEEDS, move_base])
    monkeypatch.setattr(random_player, "_WEIGHTS", [*random_player._WEIGHTS, 4])
    player = Player(seed)
    player.play(steps=300)
    assert player.world.git.branches["main"] != player.story.plan.base_sha


def begun(workflow: Workflow = WORKFLOW, checks: tuple[CheckCommand, ...] = ()) -> Scene:
    """A run of one track that is at work."""
    scene = Scene(track("a"), workflow=workflow, files={"other.txt": "1\n"}, checks=checks)
    scene.world.settle()
    return scene


def drifts(scene: Scene) -> list[str]:
    return [one.text for one in scene.ledger.batch.signals.values() if one.kind == "base_drift"]


def kinds(scene: Scene) -> list[str]:
    return [gate.question.kind for gate in scene.open_gates()]


def base_file(scene: Scene, name: str) -> str:
    return scene.git.commits[scene.git.branches["main"]].files[name]


def test_a_base_that_stays_is_nothing_to_say() -> None:
    """[004-122] pass: baseSha is currentSha, and the work goes on."""
    scene = begun()
    scene.play()
    assert (drifts(scene), kinds(scene)) == ([], ["publish"])
    assert scene.gate("publish").question.subject["base"] == scene.git.branches["main"]
    seen = scene.run.base
    assert seen is not None
    assert (seen.level, seen.commits) == ("pass", 0)


def test_a_base_that_moves_on_is_said_while_agents_work() -> None:
    scene = begun()
    scene.git.move_base(other="2\n")
    scene.ledger.tick(11_000)
    scene.world.settle()
    scene.world.settle()
    assert drifts(scene) == ["main has moved on by 1 commit, in other files"]
    before = len(scene.ledger.batch.signals)
    scene.ledger.tick(11_000)
    scene.world.settle()
    assert len(scene.ledger.batch.signals) == before


def test_a_base_that_moved_on_elsewhere_is_merged_over_and_asked_about_before_publishing() -> None:
    """[004-122] [004-123] warn: it advanced without overlap; the merge goes on, and is logged with what it rests on."""
    scene = begun()
    now = scene.git.move_base(other="2\n")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    seen = scene.run.base
    assert seen is not None
    assert (seen.level, seen.commits, seen.files, seen.sha) == ("warn", 1, (), now)
    gate = scene.gate("freshness")
    assert gate.question.question == "main has moved on by 1 commit, in other files. How is it published?"
    assert [one.key for one in gate.question.options] == ["bring", "go_on", "leave"]
    assert gate.question.recommendation == "bring"


def test_what_is_new_on_the_base_is_brought_in_and_checked_before_it_is_published() -> None:
    scene = begun(checks=(CheckCommand("all", "make"),))
    scene.git.move_base(other="2\n")
    scene.play()
    merged = scene.run.integration_sha
    scene.answer("freshness", "bring")
    scene.play()
    assert scene.run.integration_sha != merged
    assert scene.merged_files()["other.txt"] == "2\n"
    own = scene.ledger.batch.tracks["batch"]
    assert own.checks[-1].run == scene.run.integration_sha
    assert kinds(scene) == ["publish"]
    scene.answer("publish", "approve")
    scene.play()
    assert (base_file(scene, "other.txt"), base_file(scene, "a.txt")) == ("2\n", "a\nmore of a\n")
    assert scene.ledger.batch.ended_at is not None


def test_it_is_published_as_it_is_where_a_person_says_so() -> None:
    scene = begun()
    now = scene.git.move_base(other="2\n")
    scene.play()
    scene.answer("freshness", "go_on")
    scene.play()
    gate = scene.gate("publish")
    assert gate.question.subject["base"] == now
    assert "main has moved on by 1 commit" in gate.question.context
    scene.answer("publish", "approve")
    scene.play()
    assert (base_file(scene, "other.txt"), base_file(scene, "a.txt")) == ("2\n", "a\nmore of a\n")


def test_it_is_left_where_a_person_says_so() -> None:
    scene = begun()
    scene.git.move_base(other="2\n")
    scene.play()
    scene.answer("freshness", "leave")
    scene.play()
    assert base_file(scene, "a.txt") == "a\n"
    assert scene.ledger.batch.ended_at is not None


def test_an_approval_holds_for_the_base_that_it_saw_and_for_no_other() -> None:
    scene = begun()
    scene.play()
    gate = scene.gate("publish")
    scene.answer_gate(gate, "approve", deliver=False)
    moved = scene.git.move_base(other="2\n")
    scene.deliver()
    scene.play()
    assert scene.git.branches["main"] == moved
    assert kinds(scene) == ["freshness"]
    scene.answer("freshness", "go_on")
    scene.play()
    assert scene.gate("publish").revision == gate.revision + 1
    scene.answer("publish", "approve")
    scene.play()
    assert base_file(scene, "a.txt") == "a\nmore of a\n"


def test_a_question_about_publishing_is_taken_down_when_the_base_moves_on() -> None:
    scene = begun()
    scene.play()
    assert kinds(scene) == ["publish"]
    scene.git.move_base(other="2\n")
    scene.ledger.tick(11_000)
    scene.play()
    scene.play()
    assert kinds(scene) == ["freshness"]


def overlapping(workflow: Workflow = WORKFLOW) -> tuple[Scene, Gate]:
    """A run whose track meets a change of its own file on the base."""
    scene = begun(workflow)
    scene.git.move_base(a="theirs\n")
    scene.play()
    return scene, scene.gate("freshness")


def test_a_base_that_changed_the_same_files_stops_the_merge() -> None:
    """[004-122] block: STOP the merge-back; a person reconciles or lets it go on."""
    scene, gate = overlapping()
    assert gate.track == "a"
    assert "which change the same files: a.txt" in gate.question.question
    assert scene.states() == {"a": S.APPROVED}
    assert scene.merged_files()["a.txt"] == "a\n"
    assert [one.key for one in gate.question.options] == ["bring", "merge", "abandon"]


def test_nobody_else_waits_for_that_answer() -> None:
    scene = Scene(track("a"), track("b"))
    scene.world.settle()
    scene.git.move_base(a="theirs\n")
    scene.play()
    assert scene.states() == {"a": S.APPROVED, "b": S.MERGED}


def test_the_base_is_brought_first_and_the_conflict_is_resolved_like_any_other() -> None:
    scene, _ = overlapping()

    def resolve(agent: Agent) -> tuple[int, str]:
        agent.write("a.txt", "both\n")
        return 0, "resolved"

    scene.world.acts["*/0"] = resolve
    scene.answer("freshness", "bring")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert scene.merged_files()["a.txt"] == "both\n"
    assert kinds(scene) == ["publish"]


def test_it_is_merged_as_it_is_where_a_person_says_so() -> None:
    scene, _ = overlapping()
    scene.answer("freshness", "merge")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert kinds(scene) == ["freshness"]


def test_a_base_that_moved_on_again_is_asked_about_again() -> None:
    scene, gate = overlapping()
    scene.git.move_base(a="theirs again\n")
    scene.answer("freshness", "merge")
    scene.play()
    assert scene.gate("freshness").id != gate.id


def test_a_base_that_cannot_be_brought_is_a_persons_to_merge() -> None:
    scene = begun()
    scene.play()
    scene.git.move_base(a="theirs\n")
    scene.ledger.tick(11_000)
    scene.play()
    scene.play()
    scene.answer("freshness", "bring")
    scene.play()
    gate = scene.gate("worktree")
    assert "cannot bring the base branch into the integration branch" in gate.question.question
    assert "it conflicts in a.txt: merge main in /trees/integration" in gate.question.context


def test_a_rewritten_base_cannot_be_brought() -> None:
    scene = begun()
    scene.git.branches["main"] = scene.git._store({"a.txt": "a\n", "other.txt": "3\n"}, ())
    scene.play()
    gate = scene.gate("freshness")
    assert "main was rewritten: it no longer holds" in gate.question.question
    assert [one.key for one in gate.question.options] == ["merge", "abandon"]


@pytest.mark.parametrize(
    ("rules", "asked"),
    [(Freshness("warn", "warn"), ["a"]), (Freshness("block", "block"), []), (Freshness("never", "never"), [])],
)
def test_from_which_level_on_is_asked_is_the_workflows(rules: Freshness, asked: list[str]) -> None:
    """[004-122] The levels are values of the workflow: a merge that would only be logged may be asked about, too."""
    scene = begun(replace(WORKFLOW, freshness=rules))
    scene.git.move_base(other="2\n")
    scene.play()
    assert [gate.track for gate in scene.open_gates() if gate.question.kind == "freshness"] == asked
    assert len(drifts(scene)) == 1


def test_a_merge_that_was_made_before_a_crash_is_found_and_not_asked_about() -> None:
    told = begun()
    told.play()
    scene = begun()
    merge = next(place for place, call in enumerate(told.git.calls) if call.startswith("merge"))
    scene.git.crash_at = (merge, True)
    with pytest.raises(Crash):
        scene.play()
    scene.git.move_base(a="theirs\n")
    scene.world.restart()
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert [gate.track for gate in scene.open_gates()] == ["batch"]


def test_agents_that_work_on_the_base_itself_are_no_drift() -> None:
    scene = Scene(track("a"), workflow=replace(WORKFLOW, worktree="none"))
    scene.git.trees["/repository"] = Tree("main")
    scene.world.settle()
    scene.git.move_base(a="by its agent\n")
    scene.ledger.tick(11_000)
    scene.play()
    assert drifts(scene) == []


def test_a_base_that_cannot_be_read_hides_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(plan: Plan, since: str) -> BaseDrift:
        raise OSError("the object is missing")

    scene = begun()
    monkeypatch.setattr(scene.git, "base", fails)
    scene.git.tampering = ("the setting core.fsmonitor was added",)
    scene.ledger.tick(11_000)
    scene.world.settle()
    scene.world.settle()
    assert "tampered" in kinds(scene)
