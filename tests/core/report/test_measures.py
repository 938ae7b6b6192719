"""The outcome measures: what they count, and what they do not count twice."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.report.measures import (
    cost_of,
    discovery_reuse,
    rescue_attempts,
    review_loops,
    tokens_of,
    waited_ms,
)
from orchestrator_tui.core.report.summary import batch_summary
from tests.core.builders import MINUTE
from tests.core.run_builders import SCOUT, RunLedger, completed, running


def scouted() -> RunLedger:
    ledger = running()
    ledger.enter(BATCH_TRACK, SCOUT)
    ledger.begin(BATCH_TRACK, "implement", role="scout")
    ledger.end(BATCH_TRACK, cost_usd=0.1, tokens=50)
    ledger.judge(BATCH_TRACK)
    return ledger


def test_one_discovery_for_all_tracks_is_reused() -> None:
    """[000-084]"""
    ledger = scouted()
    ledger.build("limiter")
    assert discovery_reuse(ledger.batch) == "yes"


def test_a_track_that_scouts_again_does_not_reuse_it() -> None:
    """[000-044] [000-084]"""
    ledger = scouted()
    ledger.start("limiter")
    ledger.begin("limiter", role="scout")
    assert discovery_reuse(ledger.batch) == "no"


def test_nothing_is_reused_where_nobody_scouted() -> None:
    assert discovery_reuse(completed().batch) == "skipped"


def test_what_the_batch_itself_spent_is_counted() -> None:
    ledger = scouted()
    ledger.build("limiter")
    told = batch_summary(ledger.batch, ledger.now).measures
    assert (told.cost_usd, told.tokens, told.attempts) == (0.6, 1_050, 2)
    assert BATCH_TRACK not in told.loops


def test_questions_that_wait_together_count_once() -> None:
    ledger = running()
    ledger.ask("limiter", "g-1", waits_ms=2 * MINUTE)
    ledger.ask("docs", "g-2", waits_ms=MINUTE)
    ledger.answer("g-1")
    ledger.tick(4 * MINUTE)
    ledger.answer("g-2")
    ledger.tick(10 * MINUTE)
    gates = ledger.batch.gates.values()
    assert waited_ms(gates, ledger.now) == 7 * MINUTE


def test_an_open_question_waits_until_now_and_a_rule_never_waits() -> None:
    ledger = running()
    ledger.ask("limiter", "g-1", waits_ms=MINUTE)
    ledger.answer("g-1", origin="policy:clean-approval", by="clean-approval")
    ledger.ask("docs", "g-2", waits_ms=3 * MINUTE)
    told = batch_summary(ledger.batch, ledger.now).measures
    assert told.waited_ms == 3 * MINUTE
    assert (told.gates_by_rule, told.gates_by_person) == (1, 0)


def test_rounds_of_review_beyond_the_first_are_loops() -> None:
    """[000-087]"""
    ledger = running()
    ledger.build("limiter")
    assert review_loops(ledger.batch, ledger.track("limiter")) == 0
    ledger.review("limiter", "REQUIRES_REWORK")
    ledger.review("limiter", "REQUIRES_REWORK")
    ledger.review("limiter")
    assert review_loops(ledger.batch, ledger.track("limiter")) == 2


def test_a_nudge_is_no_rescue() -> None:
    """[000-085]"""
    ledger = running()
    ledger.start("limiter")
    for action in ("continuation nudge", "fresh agent"):
        told = {"track": "limiter", "trigger": "no progress", "action": action, "outcome": "resumed"}
        ledger.must(Draft("rescue_recorded", told))
    assert rescue_attempts(ledger.track("limiter")) == 1


def test_abandonments_are_counted() -> None:
    """[000-086]"""
    ledger = completed(("fix-clock",))
    ledger.move("limiter", "abandoned", "too large")
    ledger.move("docs", "skipped", "limiter was given up")
    assert batch_summary(ledger.batch, ledger.now).measures.abandonments == 1


def test_cost_is_the_larger_of_the_total_and_the_attempts_and_unknown_is_not_nothing() -> None:
    ledger = running()
    ledger.start("limiter")
    assert (cost_of(ledger.track("limiter")), tokens_of(ledger.track("limiter"))) == (None, None)
    ledger.attempt("limiter", cost_usd=0.5, tokens=100)
    ledger.attempt("limiter", cost_usd=0.25, tokens=10)
    assert (cost_of(ledger.track("limiter")), tokens_of(ledger.track("limiter"))) == (0.75, 110)
    ledger.must(Draft("cost_recorded", {"track": "limiter", "cost_usd": 0.9, "tokens": 120}))
    assert (cost_of(ledger.track("limiter")), tokens_of(ledger.track("limiter"))) == (0.9, 120)


def test_a_track_without_any_work_has_no_measures() -> None:
    track = Track("list-1", "watched", "watched", "task")
    assert (rescue_attempts(track), cost_of(track)) == (0, None)
