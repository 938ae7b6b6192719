"""The banner: the one thing that needs a person most, and only that."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import NOBODY, Gate, GateState, Liveness, Risk, Signal, State, TrackState
from orchestrator_tui.ui.present.banner import BannerView, banner_line, present_banner
from orchestrator_tui.ui.present.glyphs import UNICODE
from tests.ui import run_states, states
from tests.ui.drawing import drawn, expected, widths
from tests.ui.states import BATCH, COUNSEL, DEPLOY, NOW, ago, checkout, gate_key, track_key, with_gate, with_track


def banner(state: State, **live: str) -> BannerView:
    return present_banner(state, NOW, UNICODE, **live)  # type: ignore[arg-type]


def calm() -> State:
    """The batch with nothing to warn of."""
    state = with_gate(checkout(), replace(DEPLOY, asked_at=ago(1), opened_at=ago(1)))
    lost = state.batches[BATCH].tracks["legacy-export"]
    return with_track(state, replace(lost, liveness=Liveness.REPORTING))


@pytest.mark.parametrize(
    ("width", "picture"),
    [
        (
            120,
            "| ⚠ pay-webhook has waited 6:40 for a production decision. Press w"
            "                                               level 1 |",
        ),
        (80, "| ⚠ pay-webhook has waited 6:40 for a production decision. Press w       level 1 |"),
        (72, "| ⚠ pay-webhook has waited 6:40 for production. Press w          level 1 |"),
        (60, "| ⚠ pay-webhook has waited 6:40 for production. Press w      |"),
        (40, "| ⚠ pay-webhook has waited 6:40 for prod…|"),
    ],
)
def test_a_stale_gate_as_drawn(width: int, picture: str) -> None:
    line = banner_line(banner(checkout()), width)
    assert drawn([line]) == expected(picture)
    assert widths([line]) == {width}


def test_a_stale_gate_is_the_target_of_a_click() -> None:
    view = banner(checkout())
    assert (view.kind, view.target, view.token) == ("stale", gate_key(DEPLOY), "gate-stale strong")


def test_more_stale_gates_are_counted_and_the_level_rises() -> None:
    older = replace(DEPLOY, stale_level=3, asked_at=ago(20))
    view = banner(with_gate(with_gate(checkout(), older), replace(COUNSEL, asked_at=ago(5))))
    assert view.text == "pay-webhook has waited 20:00 for a production decision, 1 more too. Press w"
    assert view.note == "level 3"


def test_a_gate_is_stale_at_five_minutes_and_not_before() -> None:
    def kind_at(gate: Gate) -> str:
        return banner(with_gate(calm(), gate)).kind

    assert kind_at(replace(COUNSEL, asked_at=ago(4, 59))) == "quiet"
    assert kind_at(replace(COUNSEL, asked_at=ago(5))) == "stale"


def test_a_snoozed_gate_is_quiet() -> None:
    snoozed = replace(DEPLOY, snoozed_at=ago(1), snooze_ms=600_000)
    assert banner(with_gate(calm(), snoozed)).kind == "quiet"


def test_what_keeps_decisions_from_being_recorded_comes_first() -> None:
    view = banner(checkout(), problem="disk full: decisions are not accepted")
    assert (view.kind, view.text) == ("problem", "disk full: decisions are not accepted")


def test_an_answer_that_nobody_gave() -> None:
    signal = Signal("s1", "spoof_suspected", "rate-limit", "", "rate-limit's file holds an answer", (), NOW)
    batch = replace(calm().batches[BATCH], signals={"s1": signal})
    view = banner(State({BATCH: batch}))
    assert (view.kind, view.target) == ("spoof", track_key("rate-limit"))
    assert view.text == "rate-limit's file holds an answer"
    unnamed = replace(calm().batches[BATCH], signals={"s1": replace(signal, text="")})
    assert banner(State({BATCH: unnamed})).text == "rate-limit: an answer appeared that nobody here gave"


def test_an_undelivered_answer() -> None:
    lost = replace(COUNSEL, state=GateState.DECIDED, undelivered=True)
    view = banner(with_gate(calm(), lost))
    assert view.kind == "undelivered"
    assert view.text == "the answer to fix-auth-race did not reach its agent. Press w"


@pytest.mark.parametrize(
    ("liveness", "text"),
    [
        (Liveness.UNKNOWN, "legacy-export has said nothing for 11:03"),
        (Liveness.GONE, "the agent of legacy-export is gone"),
        (Liveness.WORKING_NOT_REPORTING, ""),
    ],
)
def test_a_silent_agent(liveness: Liveness, text: str) -> None:
    track = replace(calm().batches[BATCH].tracks["legacy-export"], liveness=liveness)
    assert banner(with_track(calm(), track)).text == text


def test_a_finished_track_may_be_silent() -> None:
    track = calm().batches[BATCH].tracks["legacy-export"]
    done = replace(track, liveness=Liveness.UNKNOWN, state=TrackState.DONE)
    assert banner(with_track(calm(), done)).kind == "quiet"


def test_an_ended_batch_does_not_ask_for_its_agents() -> None:
    gone = replace(calm().batches[BATCH].tracks["legacy-export"], liveness=Liveness.GONE)
    batch = with_track(calm(), gone).batches[BATCH]
    assert banner(State({BATCH: replace(batch, state="stopped", ended_at=NOW)})).kind == "quiet"


def test_a_newer_journal_and_a_foreign_holder() -> None:
    newer = State({BATCH: replace(checkout().batches[BATCH], newer="gate_voted")})
    assert banner(newer).text == "read-only: Checkout hardening was written by a newer version (gate_voted)"
    held = present_banner(calm(), NOW, UNICODE, held_by={BATCH: "orch-tui 4711"})
    assert held.text == "orch-tui 4711 keeps this batch; you can decide its gates here"


def test_a_run_whose_host_has_ended_says_what_goes_on_with_it() -> None:
    run = run_states.running().batches[run_states.BATCH]
    alone = State({run.id: replace(run, gates={})})
    view = present_banner(alone, NOW, UNICODE, held_by={run.id: NOBODY})
    title = "Checkout hardening stands still: its host has ended."
    assert (view.text, view.token) == (f"{title} orch-tui attach {run.id} goes on with it", "gate")


def test_a_host_that_has_ended_is_said_beside_what_waits_too_long() -> None:
    """An answer that nobody takes up helps no one: whatever else waits, the run's standstill stays in sight."""
    run = run_states.running().batches[run_states.BATCH]
    asked = replace(
        next(iter(run.gates.values())), state=GateState.OPEN, stale_level=0, opened_at=ago(7), asked_at=ago(7)
    )
    late = State({run.id: replace(run, gates={asked.id: asked})})
    view = present_banner(late, NOW, UNICODE, held_by={run.id: NOBODY})
    assert (view.kind, view.note) == ("stale", "its host has ended: orch-tui attach")
    assert drawn([banner_line(view, 80)]).rstrip().endswith(view.note)
    assert present_banner(late, NOW, UNICODE, held_by={run.id: "host of ann"}).note == "level 1"
    lost = replace(asked, state=GateState.DECIDED, undelivered=True)
    later = State({run.id: replace(run, gates={lost.id: lost})})
    assert banner(later).kind == "undelivered"
    assert present_banner(later, NOW, UNICODE, held_by={run.id: NOBODY}).kind == "held"


def test_nothing_to_warn_of_tells_what_is_watched() -> None:
    view = banner(calm(), watching="2 lists, by events")
    assert (view.text, view.token) == ("task files: 2 lists, by events", "quiet")
    assert drawn([banner_line(banner(states.empty()), 40)]) == ""


def test_a_run_waits_for_no_task_list() -> None:
    """A run is followed by its journal; beside a watched batch its task files count as ever."""
    run = run_states.running().batches[run_states.BATCH]
    alone = State({run.id: replace(run, gates={})})
    assert banner(alone, watching="waiting for a task list, by events").text == ""
    beside = State({**calm().batches, "run": replace(run, id="run", gates={})})
    assert banner(beside, watching="1 list, by events").text == "task files: 1 list, by events"


def test_a_destructive_gate_is_named() -> None:
    view = banner(with_gate(calm(), replace(COUNSEL, asked_at=ago(6), risk=Risk.DESTRUCTIVE)))
    assert view.text == "fix-auth-race has waited 6:00 for a destructive one. Press w"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"pausing": "drain"}, "Checkout hardening is paused: nothing new begins. B goes on with it"),
        (
            {"phase": "handed_over"},
            "Checkout hardening: the session is complete. Go on: orch-tui run --resume checkout-1a2b3c4d",
        ),
        ({"phase": "awaiting_user"}, "Checkout hardening is done. Nothing goes onto main until you say so: M"),
        ({}, ""),
    ],
)
def test_a_run_that_waits_for_its_person_says_so(fields: dict[str, str], text: str) -> None:
    batch = run_states.running().batches[run_states.BATCH]
    assert batch.run is not None
    waiting = replace(batch, gates={}, run=replace(batch.run, **fields))  # type: ignore[arg-type]
    assert banner(State({batch.id: waiting})).text == text


def test_work_that_nobody_has_committed_is_its_person_s_to_finish() -> None:
    """[001-101] [001-104]"""
    batch = run_states.running().batches[run_states.BATCH]
    assert batch.run is not None
    rules = batch.run.workflows[batch.run.plan.workflow]
    bare = replace(rules, works=tuple(replace(one, commits=False) for one in rules.works))
    run = replace(batch.run, phase="awaiting_user", workflows={bare.name: bare})
    view = banner(State({batch.id: replace(batch, gates={}, run=run)}))
    assert view.text == "Checkout hardening is done, and uncommitted: it is yours to finish"
