"""Effects that cannot be done: asked about, done again, or left with the reason; nobody else waits for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.commands import Stop
from orchestrator_tui.core.live_rules import BaselineRules
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import CheckCommand, Provision
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
