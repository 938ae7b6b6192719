"""The fold: what each event makes of its batch and its tracks (DESIGN §3)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.commands import Nudge
from orchestrator_tui.core.event import FORMAT_VERSION, Draft, Event
from orchestrator_tui.core.evolve import RECENT_EVENTS, evolve, evolve_batch, fold
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Liveness, StageStatus, State, TrackState
from orchestrator_tui.core.refusal import refusal
from tests.core.builders import BATCH, MINUTE, START, Ledger, on_gate, opened, track_added


def stage_changed(stage: int, status: str, **more: Any) -> Draft:
    return Draft("stage_changed", {"track": "alpha", "stage": stage, "status": status, **more})


def moved(to: str) -> Draft:
    return Draft("track_moved", {"track": "alpha", "to": to})


def running(**fields: Any) -> Ledger:
    ledger = Ledger()
    ledger.must(track_added(**fields))
    return ledger


# --- batches -----------------------------------------------------------------------------------------------


def test_an_unknown_kind_makes_its_batch_read_only_and_leaves_the_rest() -> None:
    """DESIGN §3: an unknown event kind opens read-only as "written by a newer version"."""
    ledger = running()
    before = ledger.batch
    newer = Event(BATCH, 3, START, "gate_sung", "host", 1, {"gate": "g", "anything": [1]}, "h3")
    after = evolve_batch(before, newer)
    assert (after.newer, after.tracks, after.gates, after.seq, after.head) == (
        "gate_sung",
        before.tracks,
        before.gates,
        3,
        "h3",
    )
    assert refusal(State({BATCH: after}), Nudge(BATCH, "alpha"), START) == (
        "this batch was written by a newer version (gate_sung); it is read-only here"
    )
    known = Event(BATCH, 4, START, "track_moved", "host", 1, {"track": "alpha", "to": "done"}, "h4")
    later = evolve_batch(evolve_batch(after, known), Event(BATCH, 5, START, "other", "host", 1, {}, "h5"))
    assert (later.newer, later.tracks["alpha"].state) == ("gate_sung", TrackState.DONE)


def test_a_batch_that_demands_a_newer_reader_is_read_only() -> None:
    payload = {"title": "t", "kind": "run", "min_reader": FORMAT_VERSION + 1}
    batch = evolve_batch(None, Event(BATCH, 1, START, "batch_opened", "host", 1, payload))
    assert batch.newer == f"format {FORMAT_VERSION + 1}"
    payload["min_reader"] = FORMAT_VERSION
    assert evolve_batch(None, Event(BATCH, 1, START, "batch_opened", "host", 1, payload)).newer == ""


def test_limits_are_frozen_when_the_batch_opens() -> None:
    """A-7: escalation rules are frozen; those that a newer version knows are ignored."""
    ledger = Ledger(limits={"gate_stale_ms": 60_000, "of_a_newer_version": 7})
    assert ledger.batch.limits == Limits(gate_stale_ms=60_000)
    ledger.must(track_added(), opened(), Draft("batch_ended", {"outcome": "completed"}))
    assert ledger.batch.limits == Limits(gate_stale_ms=60_000)


def test_a_batch_ends_and_wakes_up() -> None:
    ledger = Ledger()
    ledger.must(Draft("lease_taken", {"holder": "cockpit 7"}), Draft("batch_ended", {"outcome": "failed"}))
    assert (ledger.batch.state, ledger.batch.ended_at, ledger.batch.holder) == ("failed", START, "cockpit 7")
    ledger.must(Draft("batch_reopened", {"why": "work goes on"}), Draft("lease_released", {"holder": "cockpit 7"}))
    assert (ledger.batch.state, ledger.batch.ended_at, ledger.batch.holder) == ("running", None, "")


def test_the_timeline_keeps_the_newest_events() -> None:
    ledger = running()
    for number in range(RECENT_EVENTS + 5):
        ledger.must(Draft("note_added", {"track": "alpha", "text": str(number)}))
    assert len(ledger.batch.recent) == RECENT_EVENTS
    assert ledger.batch.recent[-1].payload["text"] == str(RECENT_EVENTS + 4)
    assert fold(ledger.events).batches[BATCH] == ledger.batch


def test_an_answer_taken_back_is_not_counted() -> None:
    ledger = Ledger()
    ledger.must(opened(), on_gate("gate_decided", undo_ms=5_000))
    assert (ledger.batch.decided_by_person, ledger.batch.decided_by_rule) == (1, 0)
    ledger.must(on_gate("decision_undone"))
    assert (ledger.batch.decided_by_person, ledger.batch.decided_by_rule) == (0, 0)
    ledger.must(on_gate("gate_decided", origin="policy:r"))
    assert (ledger.batch.decided_by_person, ledger.batch.decided_by_rule) == (0, 1)


def test_refused_answers_are_counted_on_their_gate() -> None:
    ledger = Ledger()
    ledger.must(opened())
    refused = {"gate": "g", "why": "stale", "by": "ann", "origin": "key"}
    ledger.must(Draft("decision_refused", refused), Draft("decision_refused", {**refused, "gate": "nowhere"}))
    assert (ledger.gate("g").refusals, list(ledger.batch.gates)) == (1, ["g"])


def test_signals_are_raised_and_cleared() -> None:
    ledger = Ledger()
    raised = {"signal": "s-1", "kind": "stage_jumped", "text": "jumped", "evidence": ["3 to 5"]}
    ledger.must(Draft("signal_raised", raised), Draft("signal_raised", {**raised, "signal": "s-2"}))
    ledger.must(Draft("signal_cleared", {"signal": "s-1", "why": "seen"}))
    assert [one.evidence for one in ledger.batch.signals.values()] == [("3 to 5",)]


def test_evolve_leaves_other_batches_and_the_given_state_alone() -> None:
    ledger = running()
    before = ledger.state
    event = Event("other", 1, START, "batch_opened", "host", 1, {"title": "o", "kind": "run"})
    after = evolve(before, event)
    assert set(after.batches) == {BATCH, "other"}
    assert after.batches[BATCH] is before.batches[BATCH]
    assert set(before.batches) == {BATCH}


# --- tracks ------------------------------------------------------------------------------------------------


def test_a_merged_track_is_merged_once_and_no_more_when_rolled_back() -> None:
    ledger = running(state="merging")
    ledger.must(moved("merged"), moved("merged"))
    assert ledger.batch.merged == ("alpha",)
    ledger.must(moved("rolled_back"))
    assert not ledger.batch.merged


@pytest.mark.parametrize("state", TrackState)
def test_only_an_ended_track_has_an_end(state: TrackState) -> None:
    ledger = running()
    ledger.tick(MINUTE)
    ledger.must(moved(state.value))
    ended = state in ("merged", "done", "skipped", "abandoned", "rolled_back", "failed")
    assert ledger.track("alpha").ended_at == (ledger.now if ended else None)


def test_a_report_wakes_its_agent_up() -> None:
    ledger = running()
    ledger.tick(11 * MINUTE)
    ledger.must(
        Draft("agent_asked", {"track": "alpha", "message": "m-1"}),
        Draft("agent_liveness", {"track": "alpha", "liveness": "unknown", "signs": ["process 3 s ago"]}),
    )
    track = ledger.track("alpha")
    assert (track.liveness, track.asked_at, track.signs) == (Liveness.UNKNOWN, ledger.now, ("process 3 s ago",))
    ledger.must(Draft("track_reported", {"track": "alpha", "progress": "half", "blocked": True, "fingerprint": "f"}))
    track = ledger.track("alpha")
    assert (track.liveness, track.asked_at, track.signs) == (Liveness.REPORTING, None, ())
    assert (track.reported_at, track.progress, track.blocked, track.fingerprint) == (ledger.now, "half", True, "f")


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        (7 * MINUTE, 7 * MINUTE),
        (20 * MINUTE, 20 * MINUTE),
        (25 * MINUTE, 20 * MINUTE),
        (0, 20 * MINUTE),
        (-MINUTE, 20 * MINUTE),
    ],
)
def test_a_report_counts_from_when_it_was_written(written: int, counts: int) -> None:
    """A cockpit opened late gives a silent agent no ten minutes more; a file time that cannot be counts as now."""
    ledger = running()
    ledger.tick(20 * MINUTE)
    at = START.wall_ms + written
    ledger.must(Draft("track_reported", {"track": "alpha", "wall_ms": at}))
    assert ledger.track("alpha").reported_at == START.plus(counts)


def test_stages_are_kept_in_order_and_named() -> None:
    ledger = running(stages=[[1, "Scope"], [2, "Plan"]])
    ledger.must(stage_changed(1, "done"), stage_changed(4, "running", name="Build", detail="wave 1"))
    track = ledger.track("alpha")
    assert [(one.index, one.name, one.status) for one in track.stages] == [
        (1, "Scope", StageStatus.DONE),
        (2, "Plan", StageStatus.PENDING),
        (4, "Build", StageStatus.RUNNING),
    ]
    assert (track.stage, track.stages[2].detail) == (4, "wave 1")


def test_a_stage_has_the_clock_of_its_last_run() -> None:
    ledger = running(stages=[[1, "Scope"], [2, "Plan"]])
    times: list[tuple[Instant | None, Instant | None]] = []
    for status in ("running", "gate", "running", "done", "running", "done", "pending", "running"):
        ledger.must(stage_changed(1, status))
        stage = ledger.track("alpha").stages[0]
        times.append((stage.started_at, stage.ended_at))
        ledger.tick(MINUTE)
    at = [START.plus(number * MINUTE) for number in range(8)]
    assert times == [
        (at[0], None),
        (at[0], None),
        (at[0], None),
        (at[0], at[3]),
        (at[4], None),
        (at[4], at[5]),
        (None, None),
        (at[7], None),
    ]


@pytest.mark.parametrize("status", ["done", "failed", "skipped"])
def test_a_stage_that_nobody_saw_running_has_no_duration(status: str) -> None:
    ledger = running(stages=[[1, "Scope"]])
    ledger.must(stage_changed(1, status))
    assert (ledger.track("alpha").stages[0].started_at, ledger.track("alpha").stages[0].ended_at) == (None, START)


def test_only_stages_that_did_not_run_are_skipped() -> None:
    ledger = running(stages=[[1, "Scope"], [2, "Plan"], [3, "Counsel"]])
    ledger.must(stage_changed(1, "done"), Draft("stages_skipped", {"track": "alpha", "stages": [1, 3]}))
    assert [one.status for one in ledger.track("alpha").stages] == ["done", "pending", "skipped"]
    assert ledger.track("alpha").skipped_stages == (1, 3)
    assert ledger.track("alpha").stage == 1


def test_rungs_that_become_known_later_are_added_and_named() -> None:
    ledger = running()
    ledger.must(stage_changed(2, "running", name="What its agent calls it"))
    rungs = {"workflow": "ladder", "stages": [[1, "Scope"], [2, "Plan"], [3, "Counsel"]]}
    ledger.must(Draft("track_changed", {"track": "alpha", "changes": rungs}))
    track = ledger.track("alpha")
    assert [(one.name, one.status) for one in track.stages] == [
        ("Scope", "pending"),
        ("What its agent calls it", "running"),
        ("Counsel", "pending"),
    ]
    assert (track.workflow, track.stage) == ("ladder", 2)


def test_attempts_checks_findings_cost_and_activity() -> None:
    ledger = running()
    started = {"track": "alpha", "attempt": "a-1", "purpose": "implement", "process": [7, "70", "boot-1"]}
    finding = {"track": "alpha", "finding": "f-1", "severity": "nit", "title": "a name"}
    ledger.must(
        Draft("attempt_started", started),
        Draft("attempt_started", {**started, "attempt": "a-2"}),
        Draft("attempt_ended", {"track": "alpha", "attempt": "a-1", "outcome": "done", "exit_code": 0}),
        Draft("finding_added", finding),
        Draft("check_recorded", {"track": "alpha", "name": "tests", "result": "fail"}),
        Draft("check_recorded", {"track": "alpha", "name": "tests", "result": "pass"}),
        Draft("cost_recorded", {"track": "alpha", "cost_usd": 1.25}),
        Draft("cost_recorded", {"track": "alpha", "tokens": 900, "model": "m"}),
        Draft("activity_seen", {"track": "alpha", "text": "Edit a.py", "wall_ms": START.wall_ms - 500}),
    )
    track = ledger.track("alpha")
    assert [(one.id, one.outcome, one.exit_code) for one in track.attempts] == [("a-1", "done", 0), ("a-2", "", None)]
    assert track.attempts[0].process == (7, "70", "boot-1")
    assert [(one.name, one.result) for one in track.checks] == [("tests", "pass")]
    assert (track.cost_usd, track.tokens, track.model, len(track.findings)) == (1.25, 900, "m", 1)
    assert track.activity is not None
    assert (track.activity.text, track.activity.at) == ("Edit a.py", START.plus(-500))


def test_a_message_is_sent_written_and_read() -> None:
    ledger = running()
    ledger.must(Draft("message_sent", {"track": "alpha", "message": "m-1", "text": "hello", "by": "ann"}))
    for route, field in (("task_file", "written_at"), ("shell", "read_at")):
        ledger.tick(MINUTE)
        ledger.must(Draft("message_delivered", {"track": "alpha", "message": "m-1", "route": route}))
        assert getattr(ledger.track("alpha").messages[0], field) == ledger.now
