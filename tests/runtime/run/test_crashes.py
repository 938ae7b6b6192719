"""A run whose keeper dies anywhere goes on where it was: same tree, no agent twice, nothing repeated (J-3)."""

from __future__ import annotations

import random

import pytest

from orchestrator_tui.core.decide import message_draft
from orchestrator_tui.core.plan import CheckCommand
from tests.runtime.run.memory_git import Crash
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WRITE, Scene, track

CHECK = CheckCommand("spelling", "spell")


def story() -> Scene:
    """Four tracks: a conflict that an agent resolves, a check that fails once, a rework, a dependency."""
    scene = Scene(
        track("a", "same.txt"),
        track("b", "same.txt"),
        track("c", checks=(CHECK,)),
        track("d", depends_on=("c",)),
        files={"same.txt": "line\n"},
    )

    def same(agent: Agent) -> tuple[int, str]:
        if agent.attempt.purpose == "resolve":
            agent.write("same.txt", "a\nb\n")
        elif scene.git.read(agent.attempt.worktree)["same.txt"] == "line\n":
            agent.write("same.txt", f"{agent.attempt.track}\n")
        return 0, ""

    def misspelt(agent: Agent) -> tuple[int, str]:
        agent.write("c.txt", "c\nright\n" if agent.attempt.number > 1 else "c\nwrnog\n")
        return 0, ""

    scene.world.acts |= {f"a/{WRITE}": same, f"b/{WRITE}": same, "b/0": same, "a/0": same, f"c/{WRITE}": misspelt}
    scene.world.acts[f"d/{REVIEW}"] = lambda agent: (
        0,
        "REWORK" if not any(one.stage == REVIEW and one.ended_at for one in scene.track("d").attempts) else "APPROVED",
    )
    scene.world.checks["spell"] = lambda cwd: int("wrnog" in scene.git.read(cwd)["c.txt"])
    return scene


def test_the_story_itself() -> None:
    scene = story()
    scene.play()
    assert set(scene.states().values()) == {"merged"}
    assert scene.merged_files()["same.txt"] == "a\nb\n"


def played_through(scene: Scene) -> None:
    """Play to the end, with a new keeper after each crash."""
    for _ in range(200):
        try:
            scene.play()
            return
        except Crash:
            scene.world.restart()
    raise AssertionError("it crashes for ever")


def assert_same(scene: Scene, undisturbed: Scene) -> None:
    assert scene.states() == undisturbed.states()
    assert scene.merged_files() == undisturbed.merged_files()
    assert scene.ledger.batch.state == undisturbed.ledger.batch.state
    assert sorted(scene.world.jobs.started) == sorted(undisturbed_jobs(scene, undisturbed))
    begun = [event.payload["effect"] for event in scene.ledger.events if event.kind == "effect_begun"]
    assert len(begun) == len(set(begun))


def undisturbed_jobs(scene: Scene, undisturbed: Scene) -> list[str]:
    """The attempts are the same; checks are named by the count of effects, so only their number is compared."""
    attempts = [one for one in undisturbed.world.jobs.started if one.startswith("a-")]
    others = [one for one in scene.world.jobs.started if not one.startswith("a-")]
    assert len(others) == sum(not one.startswith("a-") for one in undisturbed.world.jobs.started)
    return attempts + others


def test_a_crash_before_and_after_every_record() -> None:
    undisturbed = story()
    undisturbed.play()
    for place in range(0, 2 * len(undisturbed.ledger.events), 1):
        scene = story()
        scene.world.crash_in = place
        played_through(scene)
        assert_same(scene, undisturbed)
        if scene.world.crash_in > 0:
            return


def test_a_crash_inside_every_change_of_the_repository() -> None:
    undisturbed = story()
    undisturbed.play()
    for place in range(len(undisturbed.git.calls)):
        for after in (False, True):
            scene = story()
            scene.git.crash_at = (place, after)
            played_through(scene)
            assert_same(scene, undisturbed)


@pytest.mark.parametrize("seed", range(30))
def test_many_crashes(seed: int) -> None:
    undisturbed = story()
    undisturbed.play()
    chance = random.Random(seed)
    scene = story()
    for _ in range(400):
        scene.world.crash_in = chance.randrange(1, 12)
        try:
            scene.world.settle()
            running = scene.world.jobs.running()
            if not running:
                break
            scene.world.jobs.let(chance.choice(running))
        except Crash:
            scene.world.restart()
    scene.world.crash_in = -1
    played_through(scene)
    assert scene.states() == undisturbed.states(), f"seed {seed}"
    assert scene.merged_files()["same.txt"] == "a\nb\n", f"seed {seed}"
    begun = [event.payload["effect"] for event in scene.ledger.events if event.kind == "effect_begun"]
    assert len(begun) == len(set(begun)), f"seed {seed}"
    assert len(scene.world.jobs.started) == len(set(scene.world.jobs.started)), f"seed {seed}"


def test_an_agent_that_cannot_be_told_or_looked_at_is_not_taken_for_ended() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    scene.world.jobs.deaf = True
    scene.ledger.must(message_draft("a", "m-1", "go on", "ann", "tell"))
    scene.world.settle()
    scene.world.jobs.unseen = True
    scene.world.settle()
    assert scene.world.jobs.running() == ["a-a-1-1-1"]
    assert not scene.open_gates()
    scene.world.jobs.unseen = False
    scene.play()
    assert scene.states() == {"a": "merged"}
    assert len(scene.world.jobs.started) == len(set(scene.world.jobs.started))


def test_an_agent_is_adopted_whatever_has_become_of_its_worktree() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    assert scene.world.jobs.running() == [f"a-a-{REVIEW}-1-1"]
    scene.world.restart()
    scene.git.broken["diff"] = "it is gone"
    scene.world.settle()
    assert not scene.open_gates()
    scene.play()
    assert scene.states() == {"a": "merged"}
