"""Conflicts that a person decides lead on, whatever the scopes say, and no agent tries for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.commands import Retry
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import StageStatus, TrackState
from orchestrator_tui.core.plan import CheckCommand, PlannedTrack
from orchestrator_tui.core.schedule.rules import RESOLVING
from orchestrator_tui.core.workflow import Workflow
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WORKFLOW, WRITE, Scene, track

S = TrackState


GATED = replace(WORKFLOW, track_gate=("scope", "committed"), batch_gate=("scope",))
"""What a person has decided about a file is not asked again by the checklists."""


def adding(slug: str) -> PlannedTrack:
    """A track that owns its letter, and may only add to the file that all share."""
    one = track(slug)
    return replace(one, scope=replace(one.scope, append_only=("same.txt",)))


def scene_of_two(workflow: Workflow = WORKFLOW, first: PlannedTrack | None = None) -> Scene:
    """Two tracks that add at the same place, which the first of them owns; no agent can resolve it."""
    owner = first or track("a", "a.txt", "same.txt")
    scene = Scene(owner, adding("b"), workflow=workflow, files={"same.txt": "line\n"})

    def add(agent: Agent) -> tuple[int, str]:
        agent.append("same.txt", f"{agent.attempt.track}\n")
        return 0, ""

    scene.world.acts |= {f"a/{WRITE}": add, f"b/{WRITE}": add, "b/0": lambda agent: (1, "I cannot")}
    return scene


def test_what_both_may_only_append_to_keeps_both_and_asks_nobody() -> None:
    scene = scene_of_two(GATED, adding("a")).play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.merged_files()["same.txt"] == "line\na\nb\n"
    merges = [one.payload for one in scene.ledger.events if one.kind == "merge_recorded"]
    assert [(one["track"], one.get("joined")) for one in merges] == [("a", None), ("b", ["same.txt"])]
    assert scene.checklist("b")["scope"] == ("PASS", "1 changed files, all inside")


def test_a_side_that_a_person_took_is_no_breach_of_what_is_append_only() -> None:
    scene = scene_of_two(GATED)
    scene.play()
    scene.answer("conflict", "ours")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.merged_files()["same.txt"] == "line\nb\n"
    assert not [one for one in scene.ledger.batch.gates.values() if one.question.kind in ("track", "integration")]
    work = scene.track("b").work
    assert work is not None
    assert {file: by for file, (_, by) in work.taken.items()} == {"same.txt": "ann"}
    assert scene.checklist("b")["scope"][1] == "1 changed files, all inside; same.txt as ann took it at its conflict"


def test_a_side_is_taken_although_a_resolver_has_committed_something_else() -> None:
    scene = scene_of_two(GATED)

    def leave(agent: Agent) -> tuple[int, str]:
        agent.append("same.txt", "that is how both stay\n")
        return 0, "resolved"

    scene.world.acts["b/0"] = leave
    scene.play()
    scene.answer("conflict", "ours")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.merged_files()["same.txt"] == "line\nb\n"


def test_what_a_person_has_resolved_by_hand_is_no_breach_either() -> None:
    scene = scene_of_two(GATED)
    scene.play()
    tree = scene.track("b").worktree
    scene.git.write(tree, "same.txt", "b before a\n")
    head = scene.git.commit(tree, "resolved")
    scene.answer("conflict", "resolved")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.merged_files()["same.txt"] == "b before a\n"
    assert not [one for one in scene.ledger.batch.gates.values() if one.question.kind in ("track", "integration")]
    work = scene.track("b").work
    assert work is not None
    assert work.taken == {"same.txt": (head, "ann")}


def test_what_an_agent_changes_after_a_side_was_taken_is_a_breach() -> None:
    scene = scene_of_two(GATED, None)
    scene.play()
    scene.answer("conflict", "ours")
    scene.world.checks["stays"] = lambda cwd: int(scene.git.read(cwd).get("same.txt") == "line\nb\n")
    scene.ledger.must(*_with_check(scene, CheckCommand("stays", "stays")))
    scene.play()

    def other(agent: Agent) -> tuple[int, str]:
        agent.write("same.txt", "other\n")
        return 0, ""

    scene.world.acts["b/0"] = other
    scene.answer("conflict", "resolve")
    scene.play()
    assert [one.question.kind for one in scene.open_gates()] == ["track"]
    assert "same.txt may only be appended to" in scene.checklist("b")["scope"][1]


def test_a_side_that_does_not_hold_is_asked_about_again() -> None:
    """[004-125]"""
    scene = scene_of_two()
    scene.play()
    started = len(scene.world.jobs.started)
    planned = scene.track("b").work
    assert planned is not None
    scene.world.checks["never"] = lambda cwd: 1
    scene.ledger.must(*_with_check(scene, CheckCommand("never", "never")))
    scene.answer("conflict", "ours")
    scene.play()
    assert [gate.question.kind for gate in scene.open_gates()] == ["conflict"]
    assert len(scene.world.jobs.started) <= started + 4


def _with_check(scene: Scene, check: CheckCommand) -> tuple[Draft, ...]:

    work = scene.track("b").work
    assert work is not None
    planned = replace(work.planned, checks=(check,))
    return (Draft("track_planned", {"track": "b", "planned": to_data(planned)}),)


def test_a_stage_that_is_skipped_at_its_cap_shows_as_skipped() -> None:
    scene = Scene(track("a", checks=(CheckCommand("never", "never"),)))
    scene.world.checks["never"] = lambda cwd: 1
    scene.play()
    scene.answer("cap", "skip", "trivial")
    scene.play()
    stages = {stage.index: stage.status for stage in scene.track("a").stages}
    assert stages == {WRITE: StageStatus.SKIPPED, REVIEW: StageStatus.DONE}
    assert scene.states() == {"a": S.MERGED}


def test_what_is_being_looked_at_is_not_tried_again() -> None:
    scene = Scene(track("a", checks=(CheckCommand("slow", "slow"),)))
    scene.world.settle()
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    assert scene.states() == {"a": S.VERIFYING}
    assert scene.carry_out(Retry("list-1", "a")) == "a is at work: wait for what comes of it"


def test_a_resolver_that_was_killed_is_tried_again() -> None:
    scene = scene_of_two()

    def both(agent: Agent) -> tuple[int, str]:
        agent.write("same.txt", "line\na\nb\n")
        return 0, ""

    scene.world.acts["b/0"] = both
    while "a-b-0-1-1" not in scene.world.jobs.started:
        scene.world.settle()
        running = scene.world.jobs.running()
        if "a-b-0-1-1" not in running:
            scene.world.jobs.let(running[0])
    scene.world.jobs.kill("a-b-0-1-1")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.merged_files()["same.txt"] == "line\na\nb\n"


def test_a_resolver_that_leaves_the_markers_in_is_not_believed() -> None:
    """[002-98]"""
    scene = scene_of_two()

    def leave(agent: Agent) -> tuple[int, str]:
        agent.append("same.txt", "that is how both stay\n")
        return 0, "resolved"

    scene.world.acts["b/0"] = leave
    scene.play()
    gate = scene.gate("conflict")
    assert gate.track == "b"
    assert scene.states() == {"a": S.MERGED, "b": S.ESCALATED}
    assert scene.merged_files()["same.txt"] == "line\na\n"
    run = scene.track("b").work
    assert run is not None
    assert run.run is not None
    assert run.run.problems == ("conflict markers are left in same.txt",)
    scene.answer("conflict", "resolved")
    scene.play()
    assert [one.question.kind for one in scene.open_gates()] == ["conflict"]
    assert "<<<" not in scene.merged_files()["same.txt"]


def test_tracks_that_drifted_apart_on_what_both_rest_on_stop_at_the_merge_and_are_reconciled() -> None:
    """[000-079] No file is shared: each passes alone, and the second one only fails together with the first."""
    scene = Scene(track("a"), track("b"), checks=(CheckCommand("meets", "meets"),))

    def meets(cwd: str) -> int:
        files = scene.git.read(cwd)
        changed = "more of a" in files["a.txt"] and "more of b" in files["b.txt"]
        return int(changed and "as a has it" not in files["b.txt"])

    def write(agent: Agent) -> tuple[int, str]:
        agent.append("b.txt", "more of b\n" if agent.attempt.id == "a-b-1-1-1" else "as a has it\n")
        return 0, "written"

    scene.world.checks["meets"] = meets
    scene.world.acts[f"b/{WRITE}"] = write
    scene.play()
    merges = [one.payload for one in scene.ledger.events if one.kind == "merge_recorded"]
    assert [(one["track"], one["result"]) for one in merges] == [
        ("a", "merged"),
        ("b", "merged"),
        ("b", "checks_failed"),
        ("b", "undone"),
        ("b", "merged"),
    ]
    assert "after its merge merged: meets fails" in scene.world.attempts["a-b-1-2-1"].prompt
    assert scene.merged_files()["b.txt"] == "b\nmore of b\nas a has it\n"
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


@pytest.mark.parametrize(("roles", "model"), [({"resolver": "good"}, "m-good"), ({}, "m-cheap")])
def test_a_conflict_is_resolved_by_the_role_that_the_workflow_names_for_it(roles: dict[str, str], model: str) -> None:
    """Its own model of a `resolver` was never asked for: an implementer's was."""
    models = {"cheap": "m-cheap", "good": "m-good"}
    tiers = replace(WORKFLOW, models=models, tiers=tuple(models), roles={"implementer": "cheap", **roles})
    scene = scene_of_two(tiers)
    scene.play()
    assert [one.model for one in scene.track("b").attempts if one.stage == RESOLVING] == [model]


def test_the_model_of_a_reviewer_is_the_one_that_was_chosen_whatever_the_tier_of_its_track() -> None:
    tiers = replace(WORKFLOW, models={"good": "m-good"}, tiers=("good",), roles={"reviewer": "good"})
    scene = Scene(replace(track("a"), tier="good"), workflow=tiers)
    scene.ledger.must(Draft("models_chosen", {"models": {"reviewer": "m-mine", "implementer": "m-other"}}))
    scene.play()
    assert {one.stage: one.model for one in scene.track("a").attempts} == {WRITE: "m-good", REVIEW: "m-mine"}
