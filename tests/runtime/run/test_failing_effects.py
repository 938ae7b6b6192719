"""Effects that cannot be done: asked about, done again, or left with the reason; nobody else waits for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.commands import Stop
from orchestrator_tui.core.live_rules import BaselineRules
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import CheckCommand, Provision
from orchestrator_tui.core.report.outcome import why_it_ended
from tests.runtime.run.scene import WORKFLOW, Scene, track
from tests.runtime.run.test_between import CHECKS, ONE, TWO, WAVES, without_gates

S = TrackState
CHECK = CheckCommand("spelling", "spell")


def test_a_worktree_that_cannot_be_removed_is_kept_with_the_reason() -> None:
    scene = Scene(track("a"))
    scene.git.broken["remove"] = "the disk is full"
    scene.play()
    assert scene.ledger.batch.state == "awaiting_user"
    work = scene.track("a").work
    assert work is not None
    assert work.kept == "the disk is full"


def test_one_worktree_that_cannot_be_made_holds_up_nobody_else() -> None:
    scene = Scene(track("a"), track("b"))
    scene.git.broken["worktree"] = "no space left on the disk"
    scene.play()
    assert scene.states() == {"a": S.PREPARING, "b": S.MERGED}


@pytest.mark.parametrize("kind", ["integration", "worktree", "inspect", "merge"])
def test_a_fault_of_ours_is_asked_about_like_any_other_failure_and_ends_no_run(kind: str) -> None:
    scene = Scene(track("a"))
    scene.git.broken[kind] = TypeError("int where text\x1b[2J is expected")
    scene.play()
    (gate,) = (one for one in scene.ledger.batch.gates.values() if one.question.kind == "worktree")
    assert "an error of orch-tui itself: TypeError(" in gate.question.context
    assert ", in memory_git.py:" in gate.question.context
    assert "\x1b" not in gate.question.context
    scene.answer("worktree", "again")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_fault_of_ours_at_one_track_holds_up_nobody_else() -> None:
    scene = Scene(track("a"), track("b"))
    scene.git.broken["worktree"] = ValueError("nonsense")
    scene.play()
    assert scene.states() == {"a": S.PREPARING, "b": S.MERGED}


def test_a_setup_that_fails_is_asked_about() -> None:
    scene = Scene(track("a"), provision=Provision(setup="set up"))
    scene.world.checks["set up"] = lambda cwd: 1
    scene.play()
    assert scene.states() == {"a": S.PREPARING}
    scene.answer("worktree", "again")
    scene.play()
    assert [one for one in scene.world.jobs.started if one[0] == "s"] == ["s-a-2", "s-a-3"]
    scene.answer("worktree", "leave")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_merge_meets_the_tip_that_a_person_has_moved_when_it_is_tried_again() -> None:
    scene = Scene(track("a"), files={"z.txt": "z\n"})
    scene.world.settle()
    scene.git.write("/trees/integration", "z.txt", "by hand\n")
    scene.git.commit("/trees/integration", "by hand")
    scene.play()
    assert scene.states() == {"a": S.APPROVED}
    scene.answer("worktree", "again")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert scene.merged_files()["z.txt"] == "by hand\n"


def test_what_a_person_has_put_right_on_the_integration_branch_is_published() -> None:
    scene = Scene(track("a"), checks=(CHECK,), workflow=replace(WORKFLOW, merging=replace(WORKFLOW.merging, checks=())))
    scene.world.checks["spell"] = lambda cwd: int(
        cwd == "/trees/integration" and "right" not in scene.git.read(cwd)["a.txt"]
    )
    scene.play()
    scene.git.write("/trees/integration", "a.txt", "right\n")
    scene.git.commit("/trees/integration", "by hand")
    scene.answer("integration", "recheck")
    scene.play()
    scene.answer("publish", "approve")
    scene.play()
    assert scene.git.commits[scene.git.branches["main"]].files["a.txt"] == "right\n"


def together_bad(worktree: str = "track") -> Scene:
    """Two tracks that are merged one after the other, and with both of which the last check fails."""
    rules = replace(WORKFLOW, concurrency=1, worktree=worktree, merging=replace(WORKFLOW.merging, checks=()))
    pair = {"a": "a", "b": "b", "consequence": "serialise"}
    scene = Scene(track("a"), track("b"), checks=(CHECK,), workflow=rules, checked={"matrix": [pair]})
    scene.world.checks["spell"] = lambda cwd: int(
        cwd == "/trees/integration" and "more" in scene.git.read(cwd)["b.txt"]
    )
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    return scene


def test_a_person_takes_the_last_merge_back_and_the_rest_is_published() -> None:
    """Vocabulary D2: merged → rolled_back, by a person only; its branch stays, and its reason is told."""
    scene = together_bad()
    assert [one.key for one in scene.gate("integration").question.options] == ["recheck", "take_back", "accept", "stop"]
    head = scene.track("b").work.merges[-1][1]  # type: ignore[union-attr]
    scene.answer("integration", "take_back", "it breaks the others")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.ROLLED_BACK}
    assert scene.ledger.batch.merged == ("a",)
    assert scene.merged_files()["b.txt"] == "b\n"
    assert scene.git.branches[scene.track("b").branch] == head
    assert why_it_ended(scene.ledger.batch, scene.track("b")) == "it breaks the others"
    scene.answer("publish", "approve")
    scene.play()
    files = scene.git.commits[scene.git.branches["main"]].files
    assert (files["a.txt"], files["b.txt"]) == ("a\nmore of a\n", "b\n")
    assert scene.ledger.batch.state == "completed"


def test_what_is_taken_back_has_its_branch_again_when_that_went_with_its_worktree() -> None:
    scene = together_bad("pool")
    track_b = scene.track("b")
    assert track_b.work is not None
    assert track_b.work.removed
    head = scene.git.branches.pop(track_b.branch)
    scene.answer("integration", "take_back")
    scene.play()
    assert scene.states()["b"] is S.ROLLED_BACK
    assert scene.git.branches[track_b.branch] == head


def test_merges_are_taken_back_from_the_last_one_on_and_nothing_that_is_not_the_tip() -> None:
    scene = together_bad()
    scene.world.checks["spell"] = lambda cwd: 1
    for slug in "ba":
        assert f"that of {slug}" in scene.gate("integration").question.options[1].label
        scene.answer("integration", "take_back")
        scene.play()
    assert scene.states() == {"a": S.ROLLED_BACK, "b": S.ROLLED_BACK}
    assert "take_back" not in [one.key for one in scene.gate("integration").question.options]
    other = together_bad()
    other.git.write("/trees/integration", "a.txt", "by hand\n")
    other.git.commit("/trees/integration", "by hand")
    other.answer("integration", "recheck")
    other.play()
    assert "take_back" not in [one.key for one in other.gate("integration").question.options]


def test_a_merge_that_cannot_be_taken_back_is_a_question_and_is_tried_again() -> None:
    scene = together_bad()
    scene.git.broken["undo"] = "the disk is full"
    scene.answer("integration", "take_back")
    scene.play()
    assert "cannot undo its merge" in scene.gate_of("b").question.question
    scene.answer_gate(scene.gate_of("b"), "again")
    scene.play()
    assert scene.merged_files()["b.txt"] == "b\n"


def test_a_batch_that_cannot_write_its_report_stops_all_the_same() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    scene.world.report_fails = "the disk is full"
    assert scene.carry_out(Stop("list-1", reason="enough")) is None
    scene.play()
    assert scene.ledger.batch.ended_at is not None


LOOKING = replace(WAVES, baseline=BaselineRules(keep_ms=1_000_000, files=50), untracked="warn")


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("content", "look at the tree from which its waves start"),
        ("changed", "count the files that its waves have changed"),
        ("untracked", "look at the repository's own tree"),
    ],
)
def test_what_fails_is_not_begun_again_before_its_person_says_so(
    kind: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would fail again and again, as fast as the engine turns."""
    scene = Scene(ONE, TWO, workflow=without_gates(LOOKING), checks=CHECKS)
    asked: list[object] = []

    def fails(*arguments: object) -> None:
        asked.append(arguments)
        assert len(asked) < 5, "it is tried without an end"
        raise OSError("git cannot say it")

    with monkeypatch.context() as broken:
        broken.setattr(scene.git, kind, fails)
        scene.play()
        assert scene.gate("worktree").question.question == f"The batch: cannot {what}. What now?"
        scene.answer("worktree", "again")
        scene.play()
    assert len(asked) == 2
    scene.answer("worktree", "again")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
