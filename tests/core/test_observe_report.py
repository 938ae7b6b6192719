"""A stage reported by MCP has the effect of a task file that says so: tracks, stages, signals, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.model import StageStatus, TrackState
from orchestrator_tui.core.observe_report import observe_report, read_report
from orchestrator_tui.core.tracks_shown import shown_tracks
from tests.core.builders import LADDER, RULES, Ledger, agent, asking, fact

A1 = {"asker": "s1/a1", "source": "agent:a1"}
MAIN = {"asker": "s1", "source": "session:s1"}


def report(ledger: Ledger, stage: int, **fields: Any) -> str:
    """An agent reports a stage; why it is refused, or ""."""
    drafts, refused = observe_report(ledger.batch, read_report({"stage": stage, **fields}), RULES, ledger.now)
    ledger.must(*drafts)
    return refused


def met() -> Ledger:
    ledger = Ledger(rules=RULES)
    ledger.meet(agent(), agent("s1", "a1", title="Cart", tokens=40, cost_usd=0.5, model="opus"))
    return ledger


def statuses(ledger: Ledger, slug: str) -> str:
    signs = {"pending": ".", "running": ">", "done": "x", "gate": "?", "skipped": "-"}
    return "".join(signs[stage.status] for stage in ledger.track(slug).stages)


def test_a_sub_agent_reports_on_its_own_track() -> None:
    ledger = met()
    assert report(ledger, 2, workflow=LADDER.workflow, progress="plans", **A1) == ""
    track = ledger.track("cart-a1")
    assert (track.stage, track.progress, track.workflow, track.kind) == (2, "plans", LADDER.workflow, "agent")
    assert statuses(ledger, "cart-a1") == "x>......"
    report(ledger, 2, status="completed", **A1)
    report(ledger, 3, **A1)
    assert statuses(ledger, "cart-a1") == "xx>....."
    assert ledger.batch.signals == {}


def test_one_that_nobody_has_seen_yet_gets_its_track_by_the_report() -> None:
    ledger = Ledger(rules=RULES)
    report(ledger, 1, track="Cart fix", **A1)
    assert ledger.track("cart-fix").source == "agent:a1"
    ledger.meet(agent("s1", "a1", title="Cart"))
    assert set(ledger.batch.tracks) == {"cart-fix"}
    assert ledger.track("cart-fix").state is TrackState.RUNNING


def test_a_name_that_is_not_there_is_a_new_track_which_its_agent_works_for() -> None:
    ledger = met()
    report(ledger, 2, track="reported", workflow=LADDER.workflow, **A1)
    track = ledger.track("reported")
    assert (track.stage, track.tokens, track.source) == (2, 40, "")
    assert track.agent is not None
    assert track.agent.id == "a1"
    assert ledger.track("cart-a1").part_of == "reported"
    report(ledger, 3, **A1)
    assert ledger.track("reported").stage == 3
    assert [one.slug for one in shown_tracks(ledger.batch)] == ["reported"]


def test_one_that_has_reported_under_its_own_name_is_not_hidden_by_another() -> None:
    ledger = met()
    report(ledger, 2, **A1)
    report(ledger, 1, track="other", **A1)
    assert [one.slug for one in shown_tracks(ledger.batch)] == ["cart-a1", "other"]


def test_without_a_name_it_is_called_as_its_agent() -> None:
    ledger = Ledger(rules=RULES)
    report(ledger, 1, **A1)
    assert list(ledger.batch.tracks) == ["agent-a1"]


def test_a_track_is_found_by_its_name_and_who_reports_on_it_works_for_it() -> None:
    ledger = met()
    ledger.see(fact("7", track="cart", stage=1, stageStatus="in_progress", workflow=LADDER.workflow))
    report(ledger, 2, track="cart", pr="#12", branch="cart", **A1)
    cart = ledger.track("cart")
    assert (cart.stage, cart.pr, cart.branch, cart.tokens, cart.cost_usd) == (2, "#12", "cart", 40, 0.5)
    assert cart.agent is not None
    assert cart.agent.id == "a1"
    assert ledger.track("cart-a1").part_of == "cart"
    report(ledger, 3, **A1)
    assert ledger.track("cart").stage == 3


def test_a_file_that_says_nothing_new_does_not_take_back_what_was_reported() -> None:
    ledger = met()
    written = fact("7", track="cart", stage=1, stageStatus="in_progress", workflow=LADDER.workflow)
    ledger.see(written)
    report(ledger, 2, track="cart", pr="#12", **A1)
    assert ledger.see(written) == ()
    report(ledger, 8, track="cart", status="completed", skipped=[3, 4, 5, 6, 7], **A1)
    assert ledger.track("cart").state is TrackState.DONE
    assert ledger.see(written) == ()
    ledger.see(fact("7", track="cart", stage=4, stageStatus="in_progress", workflow=LADDER.workflow))
    assert (ledger.track("cart").stage, ledger.track("cart").state) == (4, TrackState.RUNNING)


def test_a_session_speaks_of_further_tracks_and_a_task_of_that_name_takes_one_over() -> None:
    ledger = met()
    report(ledger, 1, track="sum", workflow=LADDER.workflow, **MAIN)
    report(ledger, 2, track="cart", **MAIN)
    assert (ledger.track("sum").source, ledger.track("cart").source) == ("", "")
    assert ledger.track("sum").agent is not None
    ledger.see(fact("7", track="sum", stage=2, stageStatus="in_progress", workflow=LADDER.workflow))
    assert ledger.track("sum").source == "task:7"
    assert statuses(ledger, "sum") == "x>......"
    report(ledger, 5, **MAIN)
    assert ledger.track("session-s1").stage == 5


def test_a_jump_is_recorded_with_the_signal_of_a_task_file() -> None:
    ledger = met()
    report(ledger, 1, workflow=LADDER.workflow, **A1)
    report(ledger, 4, **A1)
    (signal,) = ledger.batch.signals.values()
    assert (signal.kind, signal.text) == ("stage_jumped", "cart-a1 did not run stage 2, 3: it went from stage 1 to 4")
    report(ledger, 6, skipped=[5], **A1)
    assert StageStatus.SKIPPED in {stage.status for stage in ledger.track("cart-a1").stages}
    assert len(ledger.batch.signals) == 2


@pytest.mark.parametrize(
    ("stage", "status", "refused"),
    [
        (3, "in_progress", ""),
        (3, "completed", ""),
        (4, "in_progress", "stage 4 waits for task-1-stage-3, which is open"),
        (2, "in_progress", ""),
    ],
)
def test_a_stage_beyond_an_open_gate_is_refused(stage: int, status: str, refused: str) -> None:
    ledger = met()
    ledger.see(asking(track="alpha", workflow=LADDER.workflow))
    before = ledger.batch
    assert report(ledger, stage, track="alpha", status=status, **A1) == refused
    assert (ledger.batch == before) is bool(refused)


def test_the_last_stage_is_not_completed_past_its_own_open_gate() -> None:
    ledger = met()
    ledger.see(asking(track="alpha", workflow=LADDER.workflow, stage=8))
    assert report(ledger, 8, track="alpha", status="completed", **A1).startswith("stage 8 waits for")


def test_a_block_without_a_question_is_shown_as_one() -> None:
    ledger = met()
    report(ledger, 2, status="gate_blocked", progress="needs a key", **A1)
    assert ledger.track("cart-a1").blocked
    report(ledger, 2, **A1)
    assert not ledger.track("cart-a1").blocked


def test_an_ended_track_goes_on_when_its_agent_reports() -> None:
    ledger = met()
    report(ledger, 8, workflow=LADDER.workflow, status="completed", **A1)
    assert ledger.track("cart-a1").state is TrackState.DONE
    assert ledger.meet(agent("s1", "a1", title="Cart", tokens=40, cost_usd=0.5, model="opus")) == ()
    report(ledger, 4, **A1)
    assert (ledger.track("cart-a1").state, ledger.track("cart-a1").stage) == (TrackState.RUNNING, 4)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"stage": 0},
        {"stage": 65},
        {"stage": True},
        {"stage": "2"},
        {"stage": 1, "status": "odd"},
        {"stage": 1, "skipped": "3"},
        {"stage": 1, "skipped": [True]},
        {"stage": 1, "track": 7},
    ],
)
def test_what_cannot_be_understood_is_said_to_be_that(payload: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"stage|status|skipped|track"):
        read_report(payload)
