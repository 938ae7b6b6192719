"""Tasks become tracks: first sight, what changes later, what goes away, names and broken files (DESIGN §4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import ListSeen
from orchestrator_tui.core.model import GateState, TrackState
from orchestrator_tui.core.normalise import task_gate_id
from orchestrator_tui.core.observe import observe, observe_ending
from tests.core.builders import (
    LADDER,
    MINUTE,
    NAMES,
    NO_RULES,
    RULES,
    START,
    Ledger,
    answer,
    asking,
    fact,
    kinds,
    on_gate,
    opened,
    track_added,
)

SUBJECT = "[WF-1] login-fix (ladder-of-eight) — Stage 0/8"


def seen(*facts: Any, rules: Any = NO_RULES, **more: Any) -> Ledger:
    ledger = Ledger(rules=rules)
    ledger.see(*facts, **more)
    return ledger


# --- first sight -------------------------------------------------------------------------------------------


def test_a_task_without_metadata_is_plain_work() -> None:
    track = seen(fact("7", subject="Write the docs", status="pending", active_form="Writing the docs")).track(
        "write-the-docs"
    )
    assert (track.kind, track.state, track.stages, track.title) == ("task", TrackState.PENDING, (), "Write the docs")
    assert (track.source, track.progress) == ("task:7", "Writing the docs")


@pytest.mark.parametrize(
    ("status", "metadata", "state"),
    [
        ("pending", {}, "pending"),
        ("in_progress", {}, "running"),
        ("completed", {}, "done"),
        ("", {}, "running"),
        ("of a newer version", {}, "running"),
        ("pending", {"stage": 0}, "pending"),
        ("pending", {"stage": 2}, "running"),
        ("in_progress", {"stage": 8, "stages": 8, "stageStatus": "completed"}, "done"),
        ("in_progress", {"stage": 8, "stages": 8, "stageStatus": "in_progress"}, "running"),
        ("in_progress", {"stage": 4, "stageStatus": "completed"}, "running"),
        ("completed", {"stage": 2}, "done"),
    ],
)
def test_the_state_of_a_track_follows_its_task(status: str, metadata: dict[str, Any], state: str) -> None:
    first = seen(fact(status=status, **metadata))
    later = seen(fact(status="pending"), fact("2"))
    later.see(fact(status=status, **metadata))
    assert first.track("task-1").state.value == state
    assert later.track("task-1").state.value == state


def test_a_subject_fills_in_what_metadata_lacks() -> None:
    track = seen(fact(subject="[WF-12] login-fix (bug-to-pr) — Stage 3/8: Counsel")).track("login-fix")
    assert (track.workflow, track.stage, len(track.stages)) == ("bug-to-pr", 3, 8)
    assert [one.status.value for one in track.stages] == ["done", "done", "running", *["pending"] * 5]
    assert track.stages[2].name == "Counsel"


def test_metadata_wins_over_the_subject() -> None:
    metadata: dict[str, Any] = {"track": "auth", "workflow": "ladder-of-eight", "stage": 5, "stageName": "Mine"}
    ledger = seen(fact(subject="[WF-12] login-fix (bug-to-pr) — Stage 3/8: Counsel", **metadata), rules=RULES)
    track = ledger.track("auth")
    assert (track.workflow, track.stage, track.stages[4].name, track.stages[5].name) == (
        "ladder-of-eight",
        5,
        "Mine",
        "Review",
    )


def test_further_metadata_is_kept_and_unknown_keys_are_ignored() -> None:
    metadata: dict[str, Any] = {
        "branch": "orch/x/login",
        "worktree": "/w/login",
        "pr": {"number": 41, "url": "https://host/41"},
        "dependsOn": ["parser", 5, ""],
        "progress": "half",
        "unheardOf": {"deep": [1]},
    }
    track = seen(fact(owner="mate-1", **metadata)).track("task-1")
    assert (track.branch, track.worktree, track.pr, track.owner) == ("orch/x/login", "/w/login", "#41", "mate-1")
    assert (track.depends_on, track.progress) == (("parser",), "half")


@pytest.mark.parametrize(
    ("given", "shown"),
    [(41, "#41"), ("https://host/41", "https://host/41"), ({"url": "u"}, "u"), (True, ""), ([41], ""), ({}, "")],
)
def test_a_pull_request_in_any_form(given: Any, shown: str) -> None:
    assert seen(fact(pr=given)).track("task-1").pr == shown


def test_a_kind_that_is_told_is_kept() -> None:
    ledger = seen(fact(kind="chore"))
    assert ledger.track("task-1").kind == "chore"
    ledger.see(fact(kind="spike", stage=1))
    assert ledger.track("task-1").kind == "spike"


# --- later -------------------------------------------------------------------------------------------------


def test_a_task_that_is_made_first_and_told_its_workflow_later_gets_its_ladder() -> None:
    """Claude Code's TaskCreate comes before the TaskUpdate that carries the metadata."""
    ledger = seen(fact("1", subject="Fix the login", status="pending"), rules=RULES)
    assert ledger.track("fix-the-login").stages == ()
    ledger.see(fact("1", subject="Fix the login", workflow=LADDER.workflow, stage=2, stageStatus="in_progress"))
    track = ledger.track("fix-the-login")
    assert [one.name for one in track.stages] == list(NAMES)
    assert [one.status.value for one in track.stages[:3]] == ["done", "running", "pending"]
    assert (track.workflow, track.kind, track.stage) == (LADDER.workflow, "feature", 2)
    assert not ledger.batch.signals


def test_a_torn_first_look_does_not_cost_a_track_its_ladder() -> None:
    good = fact("1", subject=SUBJECT, stage=1, stageStatus="in_progress")
    ledger = seen(fact("1", subject="", status="", problem="empty"), rules=RULES)
    assert ledger.track("task-1").problem == "empty"
    ledger.see(good)
    track = ledger.track("task-1")
    assert (track.problem, track.title, track.workflow, len(track.stages)) == ("", SUBJECT, LADDER.workflow, 8)


def test_changes_are_recorded_once() -> None:
    ledger = seen(fact())
    later = fact(subject="Another", branch="b", progress="half", mtime=START.plus(MINUTE))
    ledger.tick(2 * MINUTE)
    assert kinds(ledger.see(later)) == ["track_changed", "track_reported"]
    track = ledger.track("task-1")
    assert (track.title, track.branch, track.progress, track.reported_at) == (
        "Another",
        "b",
        "half",
        START.plus(MINUTE),
    )
    assert ledger.see(later) == ()


def test_our_own_writing_is_no_report() -> None:
    ledger = seen(fact())
    ours = fact(description="=== decision ===", messages=[{"id": "m-1"}], mtime=START.plus(MINUTE))
    assert ledger.see(ours) == ()


def test_a_message_is_read_when_the_agent_says_so() -> None:
    ledger = seen(fact())
    ledger.must(Draft("message_sent", {"track": "task-1", "message": "m-1", "text": "hello"}))
    assert "message_delivered" in kinds(ledger.see(fact(messagesRead=["m-0", "m-1"])))
    assert ledger.track("task-1").messages[0].read_at == START
    assert ledger.see(fact(messagesRead=["m-0", "m-1"])) == ()


def test_a_state_of_ours_is_not_overruled_by_a_task() -> None:
    ledger = seen(fact())
    ledger.must(Draft("track_moved", {"track": "task-1", "to": "in_review"}))
    ledger.see(fact(status="completed"))
    assert ledger.track("task-1").state is TrackState.IN_REVIEW


# --- broken files ------------------------------------------------------------------------------------------


def test_an_unreadable_file_keeps_the_last_good_state() -> None:
    """W-4: never crash, never "no gate"."""
    ledger = seen(asking())
    before = ledger.track("task-1")
    broken = asking(problem="not JSON at line 3, column 1", needsDecision=False, stage=1)
    assert kinds(ledger.see(broken)) == ["track_changed"]
    after = ledger.track("task-1")
    assert (after.problem, after.stage, after.stages) == ("not JSON at line 3, column 1", before.stage, before.stages)
    assert ledger.only_gate().state is GateState.OPEN
    assert ledger.see(broken) == ()
    ledger.see(asking())
    assert ledger.track("task-1").problem == ""


def test_an_unreadable_file_at_first_sight_is_an_honest_row() -> None:
    track = seen(fact("7", problem="a FIFO, not a file", mtime=START.plus(-START.wall_ms))).track("task-7")
    assert (track.title, track.problem, track.state, track.reported_at) == (
        "task 7",
        "a FIFO, not a file",
        TrackState.RUNNING,
        START,
    )


# --- going away --------------------------------------------------------------------------------------------


def test_one_deleted_task_was_given_up() -> None:
    ledger = seen(asking(), fact("2", status="completed"))
    ledger.see(vanished=["task:1"])
    assert ledger.track("task-1").state is TrackState.ABANDONED
    assert (ledger.only_gate().state, ledger.only_gate().closed_why) == (GateState.WITHDRAWN, "its task was deleted")
    assert ledger.see(vanished=["task:1"]) == ()


def test_a_list_that_goes_away_as_a_whole_was_completed() -> None:
    """Claude Code deletes the files of a list five seconds after all of it is completed, and never before."""
    ledger = seen(fact("1", status="completed"), fact("2", stage=7), fact("3", status="pending"), asking(task_id="4"))
    ledger.see(vanished=["task:1", "task:2", "task:3", "task:4"])
    assert {one.state for one in ledger.batch.tracks.values()} == {TrackState.DONE}
    assert ledger.only_gate().state is GateState.WITHDRAWN
    assert ledger.track("task-2").ended_at == START


def test_tasks_deleted_before_do_not_hide_a_completed_list() -> None:
    ledger = seen(fact("1"), fact("2"))
    ledger.see(vanished=["task:1"])
    ledger.see(vanished=["task:2"])
    assert [one.state.value for one in ledger.batch.tracks.values()] == ["abandoned", "done"]


def test_a_list_of_which_something_is_left_was_not_completed() -> None:
    ledger = seen(fact("1"), fact("2"))
    ledger.see(fact("3"), vanished=["task:1", "task:2"])
    assert [one.state.value for one in ledger.batch.tracks.values()] == ["abandoned", "abandoned", "running"]


def test_what_went_away_while_nobody_watched_is_found_at_the_first_whole_look() -> None:
    ledger = seen(fact("1"), fact("2"))
    ledger.must(track_added("other", source="session:abc"))
    drafts = observe(ledger.batch, ListSeen((fact("2"),), whole=True), NO_RULES, START)
    assert [(one.kind, one.payload["track"], one.payload["to"]) for one in drafts] == [
        ("track_moved", "task-1", "abandoned")
    ]
    assert observe(ledger.batch, ListSeen((fact("2"),)), NO_RULES, START) == ()


def test_an_answer_that_was_handed_over_before_its_task_went_away_was_taken() -> None:
    ledger = seen(asking())
    gate = ledger.only_gate()
    assert ledger.carry_out(answer(gate, "ship")) is None
    ledger.must(on_gate("delivery_claimed", gate.id, route="task_file"))
    ledger.must(on_gate("decision_delivered", gate.id, route="task_file"))
    ledger.see(vanished=["task:1"])
    assert (ledger.only_gate().state, ledger.only_gate().cleared) == (GateState.ACKNOWLEDGED, True)


def test_a_task_that_comes_back_goes_on() -> None:
    ledger = seen(asking(), fact("2"))
    ledger.see(vanished=["task:1"])
    ledger.see(asking())
    assert ledger.track("task-1").state is TrackState.RUNNING
    assert ledger.track("task-1").ended_at is None
    assert (ledger.gate(task_gate_id("1", 3)).revision, ledger.gate(task_gate_id("1", 3)).state) == (2, GateState.OPEN)


def test_an_unknown_source_that_goes_away_is_nothing() -> None:
    assert seen(fact()).see(vanished=["task:99"]) == ()


# --- names -------------------------------------------------------------------------------------------------


def test_tracks_of_the_same_name_are_told_apart() -> None:
    ledger = seen(fact("1", track="auth"), fact("2", track="auth"), fact("3", track="Auth!"))
    assert list(ledger.batch.tracks) == ["auth", "auth-2", "auth-3"]
    ledger.see(fact("4", track="auth"), fact("5", track="auth-4"))
    assert [one.slug for one in ledger.batch.tracks.values()][3:] == ["auth-4", "auth-4-5"]
    ledger.see(fact("2", track="auth", branch="b"))
    assert ledger.track("auth-2").branch == "b"


@pytest.mark.parametrize("task_id", ["$(rm -rf ~)", "a b\n\x1b[2J", "../../etc", "任务", "x" * 500, "", "-"])
@pytest.mark.parametrize("problem", ["", "empty"])
def test_hostile_names_become_safe_slugs_and_gate_ids(task_id: str, problem: str) -> None:
    """G-4: a slug is ``[a-z0-9][a-z0-9-]{0,62}``, whatever the file is called."""
    ledger = seen(asking(task_id=task_id, subject="", problem=problem), asking(task_id=task_id + "'", subject="任"))
    for slug in ledger.batch.tracks:
        assert slug.isascii()
        assert 1 <= len(slug) <= 63
        assert slug.replace("-", "").isalnum()
        assert slug == slug.lower().strip("-")
    for gate in ledger.batch.gates:
        assert gate.isascii()
        assert len(gate) < 100
        assert gate.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert len(ledger.batch.tracks) == 2


def test_the_same_task_seen_twice_in_one_look_counts_once() -> None:
    ledger = seen(fact("1", branch="old"), fact("1", branch="new"))
    assert [one.branch for one in ledger.batch.tracks.values()] == ["new"]


# --- the batch's end ---------------------------------------------------------------------------------------


def test_a_batch_ends_when_all_of_it_has_ended() -> None:
    ledger = seen(fact("1", status="completed"), fact("2"))
    assert observe_ending(ledger.batch) == ()
    ledger.see(fact("2", status="completed"))
    (ended,) = observe_ending(ledger.batch)
    assert (ended.kind, ended.payload["outcome"]) == ("batch_ended", "completed")
    ledger.must(ended)
    assert observe_ending(ledger.batch) == ()
    ledger.see(fact("2"))
    (reopened,) = observe_ending(ledger.batch)
    assert reopened.kind == "batch_reopened"


def test_a_batch_with_a_failed_track_has_failed() -> None:
    ledger = seen(fact("1", status="completed"))
    ledger.must(track_added("beta", state="failed"))
    assert observe_ending(ledger.batch)[0].payload["outcome"] == "failed"


@pytest.mark.parametrize("steps", [(), ("gate_decided",), ("gate_decided", "delivery_claimed", "decision_delivered")])
def test_a_batch_does_not_end_under_an_answer(steps: tuple[str, ...]) -> None:
    ledger = seen(fact("1", status="completed"))
    ledger.must(opened(track="of-no-task"), *(on_gate(kind) for kind in steps))
    assert observe_ending(ledger.batch) == ()
    ledger.must(on_gate("decision_acknowledged" if len(steps) == 3 else "gate_cancelled"))
    assert kinds(observe_ending(ledger.batch)) == ["batch_ended"]


def test_a_batch_without_tracks_has_not_ended() -> None:
    assert observe_ending(Ledger().batch) == ()
