"""The two clocks of silent agents: ten minutes without a report, two without a reply (seed 002, DESIGN §2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.commands import Nudge
from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import LifeSign
from orchestrator_tui.core.model import GateState, Liveness, Risk, TrackState
from orchestrator_tui.core.silence import Sight, overtaken, silence_gate_id
from tests.core.builders import (
    BATCH,
    HOUR,
    MINUTE,
    SECOND,
    START,
    Ledger,
    answer,
    asking,
    fact,
    kinds,
    on_gate,
    sign,
)

SLUG = "task-1"
OFFER = silence_gate_id(SLUG)
NOTHING = Sight(signs={SLUG: ()})
ALIVE = Sight(signs={SLUG: (sign("process", 0), sign("transcript", 40 * SECOND))})


def working(**fields: Any) -> Ledger:
    """A track in stage 2 that has just reported."""
    ledger = Ledger()
    ledger.see(fact(**{"stage": 2, "stageStatus": "in_progress", **fields}))
    return ledger


def asked() -> Ledger:
    """The same after ten silent minutes."""
    ledger = working()
    ledger.tick(10 * MINUTE)
    assert kinds(ledger.due(NOTHING)) == ["agent_asked", "message_sent"]
    return ledger


def offered(sight: Sight = NOTHING) -> Ledger:
    """The same after two more without a reply."""
    ledger = asked()
    ledger.tick(2 * MINUTE)
    assert kinds(ledger.due(sight)) == ["agent_liveness", "gate_opened"]
    return ledger


def report(ledger: Ledger, **fields: Any) -> None:
    ledger.see(
        fact(**{"stage": 2, "stageStatus": "in_progress", "progress": str(ledger.now), "mtime": ledger.now, **fields})
    )


def choose(ledger: Ledger, option: str) -> None:
    """Decide the offer and have the engine carry it out."""
    gate = ledger.gate(OFFER)
    assert ledger.carry_out(answer(gate, option, reason="why not", origin="cli"), f"d-{gate.revision}") is None
    for kind in ("delivery_claimed", "decision_delivered", "decision_acknowledged"):
        step = {"decision": f"d-{gate.revision}", "route": "engine"}
        ledger.must(on_gate(kind, OFFER, gate.revision, **step))


# --- ten minutes -------------------------------------------------------------------------------------------


def test_an_agent_is_asked_after_ten_silent_minutes_and_not_a_second_before() -> None:
    """[002-110] [002-21]"""
    ledger = working()
    ledger.tick(10 * MINUTE - SECOND)
    assert ledger.due(NOTHING) == ()
    ledger.tick(SECOND)
    first, second = ledger.due(NOTHING)
    assert (first.kind, first.payload["silent_ms"]) == ("agent_asked", 10 * MINUTE)
    assert (second.kind, second.payload["text"], second.payload["purpose"]) == (
        "message_sent",
        STATUS_QUESTION,
        "status",
    )
    assert first.payload["message"] == second.payload["message"]
    assert ledger.track(SLUG).liveness is Liveness.ASKED
    assert ledger.due(NOTHING) == ()


def test_a_report_restarts_the_ten_minutes() -> None:
    ledger = working()
    ledger.tick(9 * MINUTE)
    report(ledger)
    ledger.tick(9 * MINUTE)
    assert ledger.due(NOTHING) == ()
    ledger.tick(MINUTE)
    assert kinds(ledger.due(NOTHING)) == ["agent_asked", "message_sent"]


def test_our_own_writing_and_unread_activity_are_no_report() -> None:
    ledger = working()
    ledger.tick(9 * MINUTE)
    ledger.see(fact(stage=2, stageStatus="in_progress", decision=None, messages=[{"id": "m"}], mtime=ledger.now))
    ledger.must(Draft("activity_seen", {"track": SLUG, "text": "Edit a.py"}))
    ledger.tick(MINUTE)
    assert kinds(ledger.due(NOTHING)) == ["agent_asked", "message_sent"]


def test_an_agent_that_never_reported_since_its_launch_is_asked() -> None:
    ledger = Ledger()
    added = {"track": SLUG, "title": "t", "kind": "bug", "state": "running", "source": "task:1"}
    ledger.must(Draft("track_added", added), Draft("stage_changed", {"track": SLUG, "stage": 1, "status": "running"}))
    ledger.tick(10 * MINUTE)
    assert kinds(ledger.due(NOTHING)) == ["agent_asked", "message_sent"]


def test_a_silence_from_before_the_cockpit_was_opened_counts() -> None:
    ledger = Ledger(now=START.plus(HOUR))
    ledger.see(fact(stage=2, mtime=START))
    assert kinds(ledger.due(NOTHING)) == ["agent_asked", "message_sent"]


def test_a_report_that_was_written_long_ago_does_not_hide_a_silence() -> None:
    ledger = working()
    ledger.tick(HOUR)
    ledger.see(fact(stage=3, stageStatus="in_progress", mtime=START.plus(20 * MINUTE)))
    assert kinds(ledger.due(NOTHING)) == ["agent_asked", "message_sent"]
    assert ledger.due(NOTHING) == ()


@pytest.mark.parametrize(
    ("state", "watched"),
    [(state, state in ("running", "verifying", "in_review", "revising")) for state in TrackState],
)
def test_whose_silence_is_watched(state: TrackState, watched: bool) -> None:
    ledger = working()
    ledger.must(Draft("track_moved", {"track": SLUG, "to": state.value}))
    ledger.tick(HOUR)
    assert bool(ledger.due(NOTHING)) == watched


def test_plain_work_is_not_watched_for_reports() -> None:
    ledger = Ledger()
    ledger.see(fact())
    ledger.tick(HOUR)
    assert ledger.due(NOTHING) == ()


# --- two minutes -------------------------------------------------------------------------------------------


def test_no_reply_and_no_sign_of_life_offers_to_start_it_again() -> None:
    """[002-22]"""
    ledger = asked()
    ledger.tick(2 * MINUTE - SECOND)
    assert ledger.due(NOTHING) == ()
    ledger.tick(SECOND)
    assert kinds(ledger.due(NOTHING)) == ["agent_liveness", "gate_opened"]
    gate = ledger.gate(OFFER)
    assert ledger.track(SLUG).liveness is Liveness.UNKNOWN
    assert (gate.question.kind, gate.risk, gate.routes, gate.track) == ("redispatch", Risk.FAILURE, ("engine",), SLUG)
    assert "from stage 2 in the same worktree?" in gate.question.question
    assert gate.question.context == "When this was asked: last report 12 min before."
    assert [one.key for one in gate.question.options] == ["restarted", "wait", "abandon"]
    assert ledger.due(NOTHING) == ()


def test_an_agent_whose_command_is_known_can_be_started_again_from_its_stage() -> None:
    """[002-22]"""
    ledger = working(worktree="/trees/one")
    started = {"track": SLUG, "attempt": "a-1", "purpose": "implement", "argv": ["agent", "--go"], "cwd": "/trees/one"}
    ledger.must(Draft("attempt_started", started))
    ledger.tick(10 * MINUTE)
    ledger.due(NOTHING)
    ledger.tick(2 * MINUTE)
    ledger.due(NOTHING)
    gate = ledger.gate(OFFER)
    assert gate.question.options[0].key == "redispatch"
    assert gate.question.options[0].label == "start it again from stage 2"
    assert "in /trees/one?" in gate.question.question
    assert gate.question.context.splitlines()[1:] == ["Command: agent --go", "Directory: /trees/one"]


def test_an_agent_that_is_known_to_be_gone_is_said_to_be_gone() -> None:
    ledger = offered(Sight(signs={SLUG: ()}, ended=frozenset({SLUG})))
    assert ledger.track(SLUG).liveness is Liveness.GONE


def test_signs_of_life_without_a_report_are_shown_with_their_ages() -> None:
    """[002-109]"""
    ledger = asked()
    ledger.tick(2 * MINUTE)
    (draft,) = ledger.due(ALIVE)
    assert draft.payload == {
        "track": SLUG,
        "liveness": "working_not_reporting",
        "signs": ["process 0 s ago", "transcript 40 s ago"],
    }
    assert ledger.due(ALIVE) == ()


@pytest.mark.parametrize(("age", "fresh"), [(0, True), (10 * MINUTE - 1, True), (10 * MINUTE, False), (HOUR, False)])
def test_a_sign_of_life_is_one_of_the_last_ten_minutes(age: int, fresh: bool) -> None:
    ledger = asked()
    ledger.tick(2 * MINUTE)
    ledger.due(Sight(signs={SLUG: (sign("commits", age),)}))
    expected = Liveness.WORKING_NOT_REPORTING if fresh else Liveness.UNKNOWN
    assert ledger.track(SLUG).liveness is expected
    assert (OFFER in ledger.batch.gates) == (not fresh)


def test_an_old_sign_is_told_as_evidence() -> None:
    ledger = asked()
    ledger.tick(2 * MINUTE)
    ledger.due(Sight(signs={SLUG: (LifeSign("transcript", 25 * MINUTE, "agent-7.jsonl"),)}))
    assert ledger.gate(OFFER).question.context == (
        "When this was asked: last report 12 min before; transcript 25 min ago (agent-7.jsonl)."
    )


def test_nothing_is_said_of_an_agent_that_nobody_looked_at() -> None:
    ledger = asked()
    ledger.tick(HOUR)
    assert ledger.due(Sight()) == ()


def test_signs_that_stop_are_noticed() -> None:
    ledger = asked()
    ledger.tick(2 * MINUTE)
    ledger.due(ALIVE)
    ledger.tick(30 * MINUTE)
    assert kinds(ledger.due(NOTHING)) == ["agent_liveness", "gate_opened"]


def test_unknown_turns_into_gone_without_a_second_offer() -> None:
    ledger = offered()
    drafts = ledger.due(Sight(signs={SLUG: ()}, ended=frozenset({SLUG})))
    assert kinds(drafts) == ["agent_liveness"]
    assert ledger.gate(OFFER).revision == 1


# --- the offer's end ---------------------------------------------------------------------------------------


def test_a_report_withdraws_the_offer() -> None:
    ledger = offered()
    report(ledger)
    assert kinds(ledger.due(NOTHING)) == ["gate_withdrawn"]
    assert (ledger.gate(OFFER).state, ledger.gate(OFFER).closed_why) == (GateState.WITHDRAWN, "its agent reported")
    assert ledger.due(NOTHING) == ()


def test_a_sign_of_life_withdraws_the_offer() -> None:
    """[002-23]"""
    ledger = offered()
    assert kinds(ledger.due(ALIVE)) == ["agent_liveness", "gate_withdrawn"]
    assert ledger.gate(OFFER).closed_why == "its agent shows signs of life"


def test_an_agent_that_reports_is_not_started_a_second_time() -> None:
    """[002-23] Seed 002: never re-dispatch a running one. The answer has not left yet: its withdrawal wins (A-5)."""
    ledger = offered()
    assert ledger.carry_out(answer(ledger.gate(OFFER), "restarted")) is None
    report(ledger)
    assert kinds(ledger.due(NOTHING)) == ["gate_withdrawn"]


def test_an_overtaken_offer_is_found_before_its_answer_is_carried_out() -> None:
    ledger = offered()
    assert overtaken(ledger.batch) == ()
    assert ledger.carry_out(answer(ledger.gate(OFFER), "restarted")) is None
    report(ledger)
    assert kinds(overtaken(ledger.batch)) == ["gate_withdrawn"]
    ledger.must(on_gate("delivery_claimed", OFFER, route="engine"))
    assert overtaken(ledger.batch) == ()


def test_the_end_of_its_track_withdraws_the_offer() -> None:
    ledger = offered()
    ledger.must(Draft("track_moved", {"track": SLUG, "to": "done"}))
    ledger.due(NOTHING)
    assert ledger.gate(OFFER).closed_why == "its track is done"


def test_a_report_of_long_ago_withdraws_the_offer_and_is_followed_by_a_question() -> None:
    ledger = offered()
    ledger.tick(20 * MINUTE)
    ledger.see(fact(stage=3, stageStatus="in_progress", mtime=START.plus(13 * MINUTE)))
    assert kinds(ledger.due(NOTHING)) == ["gate_withdrawn", "agent_asked", "message_sent"]
    assert ledger.due(NOTHING) == ()


def test_waiting_asks_once_more_and_then_offers_again() -> None:
    ledger = offered()
    choose(ledger, "wait")
    ledger.must(
        Draft("agent_asked", {"track": SLUG, "message": "m-2"}),
        message_draft(SLUG, "m-2", STATUS_QUESTION, "orch-tui", "status"),
    )
    ledger.tick(2 * MINUTE - SECOND)
    assert ledger.due(NOTHING) == ()
    ledger.tick(SECOND)
    assert kinds(ledger.due(NOTHING)) == ["agent_liveness", "gate_opened"]
    assert (ledger.gate(OFFER).revision, ledger.gate(OFFER).state) == (2, GateState.OPEN)


def test_an_offer_whose_answer_is_under_way_is_not_made_again() -> None:
    ledger = offered()
    assert ledger.carry_out(answer(ledger.gate(OFFER), "wait")) is None
    ledger.must(Draft("agent_asked", {"track": SLUG, "message": "m-2"}))
    ledger.tick(2 * MINUTE)
    assert kinds(ledger.due(NOTHING)) == ["agent_liveness"]


# --- a person's nudge --------------------------------------------------------------------------------------


def test_a_nudge_after_one_minute_offers_nothing_before_ten() -> None:
    ledger = working()
    ledger.tick(MINUTE)
    assert ledger.carry_out(Nudge(BATCH, SLUG), "m-1") is None
    ledger.tick(9 * MINUTE - SECOND)
    assert ledger.due(NOTHING) == ()
    ledger.tick(SECOND)
    assert kinds(ledger.due(NOTHING)) == ["agent_liveness", "gate_opened"]


def test_a_nudge_shows_signs_of_life_after_two_minutes() -> None:
    ledger = working()
    ledger.tick(MINUTE)
    assert ledger.carry_out(Nudge(BATCH, SLUG), "m-1") is None
    ledger.tick(2 * MINUTE)
    assert kinds(ledger.due(ALIVE)) == ["agent_liveness"]


# --- an agent that waits for a person -----------------------------------------------------------------------


def test_an_agent_whose_own_question_waits_for_a_person_is_not_offered_to_be_started_again() -> None:
    """What is missing is an answer, not the agent; once it is given, the two minutes decide."""
    ledger = Ledger()
    ledger.see(asking("Ship it?", "ship", "fix", stage=2))
    ledger.tick(10 * MINUTE)
    ledger.due(NOTHING)
    ledger.tick(2 * MINUTE)
    ledger.due(NOTHING)
    assert OFFER not in ledger.batch.gates
    gate = next(iter(ledger.batch.gates.values()))
    assert ledger.carry_out(answer(gate, "ship", origin="cli"), "d-1") is None
    for kind in ("delivery_claimed", "decision_delivered", "decision_acknowledged"):
        ledger.must(on_gate(kind, gate.id, 1, decision="d-1", route="task_file"))
    ledger.due(NOTHING)
    assert ledger.gate(OFFER).state is GateState.OPEN
