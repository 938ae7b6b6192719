"""What opens, changes, withdraws and acknowledges a gate in a task file (DESIGN §4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Gate, GateState, Risk
from orchestrator_tui.core.normalise import task_gate_id
from tests.core.builders import LADDER, MINUTE, RULES, START, Ledger, answer, asking, fact, kinds

GATE = task_gate_id("1", 3)


def asked(ledger: Ledger | None = None, **fields: Any) -> Ledger:
    """A ledger in which task 1 asks in stage 3."""
    ledger = ledger or Ledger()
    ledger.see(asking(**fields))
    return ledger


def step(ledger: Ledger, kind: str, gate_id: str = GATE, route: str = "task_file", **fields: Any) -> None:
    """One step of the delivery of the gate's decision."""
    gate = ledger.gate(gate_id)
    assert gate.decision is not None
    key = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "route": route}
    ledger.must(Draft(kind, {**key, **fields}))


def delivered(route: str = "task_file") -> Ledger:
    """A gate whose answer was handed over."""
    ledger = asked()
    assert ledger.carry_out(answer(ledger.gate(GATE), "ship")) is None
    if route != "task_file":
        ledger.must(Draft("gate_route_added", {"gate": GATE, "revision": 1, "route": route}))
    step(ledger, "delivery_claimed", route=route, claimant="7:70")
    step(ledger, "decision_delivered", route=route)
    return ledger


def decision(gate: Gate, option: str = "ship", **fields: Any) -> dict[str, Any]:
    """Our answer as it stands in the file."""
    assert gate.decision is not None
    return {"gate": gate.id, "revision": gate.revision, "id": gate.decision.id, "option": option, **fields}


# --- opening -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["in_progress", "completed", "gate_blocked", "resolved", None])
def test_a_question_opens_a_gate_whatever_the_stage_status(status: str | None) -> None:
    """[002-06]"""
    ledger = asked(stageStatus=status)
    gate = ledger.only_gate()
    assert (gate.id, gate.revision, gate.state, gate.track) == (GATE, 1, GateState.OPEN, "task-1")
    assert [one.key for one in gate.question.options] == ["ship", "fix"]
    assert (gate.question.question, gate.question.free_text, gate.routes) == (
        "Ship it or fix it?",
        True,
        ("task_file",),
    )


@pytest.mark.parametrize("flag", [True, "true", " True "])
def test_a_flag_that_says_true_asks(flag: object) -> None:
    assert asked(needsDecision=flag).batch.gates


@pytest.mark.parametrize("flag", [False, None, 0, 1, "", "no", "false", [True], {"a": True}])
def test_any_other_flag_asks_nothing(flag: object) -> None:
    assert not asked(needsDecision=flag).batch.gates


def test_blocked_alone_is_a_block_without_a_question() -> None:
    """[002-07]"""
    ledger = Ledger()
    ledger.see(fact(stage=3, stageStatus="gate_blocked", decisionContext="which?", decisionOptions=["a", "b"]))
    assert not ledger.batch.gates
    assert ledger.track("task-1").blocked
    ledger.see(fact(stage=3, stageStatus="in_progress"))
    assert not ledger.track("task-1").blocked


def test_a_question_without_words_or_options_takes_a_text() -> None:
    ledger = Ledger()
    ledger.see(fact(stage=3, needsDecision=True))
    gate = ledger.only_gate()
    assert (gate.question.question, gate.question.options) == ("The agent asks for a decision.", ())
    assert ledger.carry_out(answer(gate, text="go on")) is None


def test_a_gate_is_as_old_as_its_file() -> None:
    ledger = Ledger(now=START.plus(6 * MINUTE))
    ledger.see(asking(mtime=START))
    assert ledger.only_gate().asked_at == START
    assert ledger.only_gate().opened_at == START.plus(6 * MINUTE)


@pytest.mark.parametrize("mtime", [START.plus(90 * MINUTE), START.plus(-START.wall_ms), START.plus(-START.wall_ms - 1)])
def test_a_file_time_that_cannot_be_counts_as_now(mtime: Any) -> None:
    ledger = asked(mtime=mtime)
    assert ledger.only_gate().asked_at == START
    assert ledger.track("task-1").reported_at == START


# --- changing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"decisionContext": "Ship it, fix it or drop it?"},
        {"decisionOptions": ["ship", "fix", "drop"]},
        {"decisionOptions": ["fix", "ship"]},
        {"decisionOptions": None},
    ],
)
def test_a_changed_question_is_a_new_revision(change: dict[str, Any]) -> None:
    """A-1: what changes the digest supersedes the revision."""
    ledger = asked()
    first = ledger.gate(GATE)
    ledger.tick(4 * MINUTE)
    assert kinds(ledger.see(asking(mtime=ledger.now, **change))) == ["track_reported", "gate_opened"]
    second = ledger.gate(GATE)
    assert (second.revision, second.state, second.asked_at) == (2, GateState.OPEN, ledger.now)
    assert second.digest != first.digest
    assert ledger.carry_out(answer(first, "ship")) == "revision 1 was replaced by revision 2"


@pytest.mark.parametrize(
    "change",
    [
        {"decisionDetail": "more to know"},
        {"recommendation": "ship", "confidence": "low"},
        {"progress": "measuring", "activeForm": "Measuring"},
        {"subject": "Another subject"},
        {"description": "other words"},
        {"stageStatus": "in_progress"},
        {"mtime": START.plus(MINUTE)},
    ],
)
@pytest.mark.parametrize("state", ["open", "decided", "delivered", "acknowledged", "cancelled"])
def test_an_unchanged_question_never_reopens(state: str, change: dict[str, Any]) -> None:
    ledger = delivered() if state in ("delivered", "acknowledged") else asked()
    if state == "decided":
        assert ledger.carry_out(answer(ledger.gate(GATE), "ship")) is None
    if state == "acknowledged":
        step(ledger, "decision_acknowledged", evidence="seen")
    if state == "cancelled":
        ledger.must(Draft("gate_cancelled", {"gate": GATE, "revision": 1, "why": "stopped"}))
    for _ in range(3):
        ledger.tick(MINUTE)
        drafts = ledger.see(asking(**change))
        assert set(kinds(drafts)) <= {"track_reported", "track_changed", "stage_changed"}
    assert (ledger.gate(GATE).revision, ledger.gate(GATE).state.value) == (1, state)


def test_a_question_asked_again_after_it_was_taken_down_is_a_new_asking() -> None:
    ledger = delivered()
    ledger.see(fact(stage=3, needsDecision=False))
    assert ledger.gate(GATE).state is GateState.ACKNOWLEDGED
    assert "gate_opened" in kinds(ledger.see(asking()))
    assert (ledger.gate(GATE).revision, ledger.gate(GATE).state) == (2, GateState.OPEN)


def test_a_question_that_changes_while_its_answer_travels_is_asked_anew() -> None:
    ledger = delivered()
    ledger.see(asking("Ship which version?"))
    gate = ledger.gate(GATE)
    assert (gate.revision, gate.state, gate.decision) == (2, GateState.OPEN, None)
    assert gate.answers == ((1, "d-1", "ship"),)


def test_an_agent_that_asks_the_next_thing_has_taken_what_was_handed_to_it() -> None:
    ledger = delivered("shell")
    drafts = ledger.see(asking("Ship which version?"))
    assert [one for one in kinds(drafts) if one != "track_reported"] == ["decision_acknowledged", "gate_opened"]


@pytest.mark.parametrize(
    ("later", "risk"),
    [
        ({"risk": "production"}, Risk.PRODUCTION),
        ({"environment": "production"}, Risk.PRODUCTION),
        ({"risk": "staging"}, Risk.STAGING),
        ({"risk": "low"}, Risk.UNKNOWN),
        ({}, Risk.UNKNOWN),
    ],
)
def test_a_risk_declared_later_raises_the_gate_but_never_lowers_it(later: dict[str, str], risk: Risk) -> None:
    ledger = asked(recommendation="ship")
    assert (ledger.gate(GATE).risk, ledger.gate(GATE).recommendation) == (Risk.UNKNOWN, "ship")
    ledger.see(asking(recommendation="ship", **later))
    gate = ledger.gate(GATE)
    assert (gate.risk, gate.revision) == (risk, 1)
    assert gate.recommendation == (None if risk is Risk.PRODUCTION else "ship")
    assert ledger.see(asking(recommendation="ship", **later)) == ()
    ledger.see(asking(recommendation="ship", risk="low"))
    assert ledger.gate(GATE).risk is risk


# --- taking down -------------------------------------------------------------------------------------------

CLEARED = (
    {"needsDecision": False},
    {"needsDecision": None, "decisionContext": None, "decisionOptions": None},
    {"needsDecision": False, "stage": 4, "stageStatus": "in_progress"},
    {"needsDecision": False, "stage": 3, "stageStatus": "completed"},
)


@pytest.mark.parametrize("change", CLEARED)
def test_cleared_without_an_answer_is_a_withdrawal(change: dict[str, Any]) -> None:
    ledger = asked()
    ledger.see(asking(**change))
    assert (ledger.gate(GATE).state, ledger.gate(GATE).cleared) == (GateState.WITHDRAWN, True)


@pytest.mark.parametrize("change", CLEARED)
def test_cleared_before_our_answer_left_is_a_withdrawal(change: dict[str, Any]) -> None:
    """A-5: withdraw beats an answer that has not been delivered."""
    ledger = asked()
    assert ledger.carry_out(answer(ledger.gate(GATE), "ship")) is None
    ledger.see(asking(**change))
    assert ledger.gate(GATE).state is GateState.WITHDRAWN


@pytest.mark.parametrize("change", CLEARED)
@pytest.mark.parametrize("how", ["claimed", "delivered", "late"])
def test_cleared_after_our_answer_is_an_acknowledgement(how: str, change: dict[str, Any]) -> None:
    if how == "claimed":
        ledger = asked()
        assert ledger.carry_out(answer(ledger.gate(GATE), "ship")) is None
        step(ledger, "delivery_claimed", claimant="7:70")
    else:
        ledger = delivered()
    if how == "late":
        step(ledger, "delivery_failed", why="no sign in time", undelivered=True)
    ledger.see(asking(**change))
    gate = ledger.gate(GATE)
    assert (gate.state, gate.cleared, gate.undelivered) == (GateState.ACKNOWLEDGED, True, False)
    where = "stage 4" if change.get("stage") == 4 else "took the question down"
    assert where in gate.steps[-1].evidence


def test_cleared_after_a_reader_died_with_our_answer_is_a_withdrawal() -> None:
    ledger = asked()
    assert ledger.carry_out(answer(ledger.gate(GATE), "ship")) is None
    step(ledger, "delivery_claimed", claimant="7:70")
    step(ledger, "delivery_failed", why="its reader ended before it took the answer", undelivered=True)
    ledger.see(asking(needsDecision=False))
    assert ledger.gate(GATE).state is GateState.WITHDRAWN


def test_a_new_question_in_the_next_stage_takes_the_old_one_down() -> None:
    ledger = asked()
    ledger.see(asking("And now?", stage=4))
    assert ledger.gate(GATE).state is GateState.WITHDRAWN
    assert ledger.gate(task_gate_id("1", 4)).state is GateState.OPEN


# --- a flag that stays up: TaskUpdate merges shallowly -----------------------------------------------------


def test_an_open_question_carried_into_a_later_stage_stays_one_gate_and_keeps_its_age() -> None:
    ledger = asked()
    for stage, status in ((4, "in_progress"), (5, "gate_blocked"), (4, "in_progress")):
        ledger.tick(2 * MINUTE)
        drafts = ledger.see(asking(stage=stage, stageStatus=status, mtime=ledger.now))
        assert not [one for one in kinds(drafts) if one.startswith("gate_")]
    gate = ledger.only_gate()
    assert (gate.id, gate.revision, gate.state, gate.asked_at) == (GATE, 1, GateState.OPEN, START)


def test_an_agent_that_goes_on_with_its_flag_up_has_taken_our_answer() -> None:
    ledger = delivered()
    drafts = ledger.see(asking(stage=4, stageStatus="in_progress"))
    assert kinds(drafts)[-1] == "decision_acknowledged"
    gate = ledger.only_gate()
    assert (gate.id, gate.state) == (GATE, GateState.ACKNOWLEDGED)
    assert gate.steps[-1].evidence == "its agent went on to stage 4"
    assert ledger.see(asking(stage=4, stageStatus="in_progress")) == ()
    ledger.see(asking(stage=5, stageStatus="in_progress"))
    assert list(ledger.batch.gates) == [GATE]


def test_a_task_completed_with_its_flag_up_has_taken_our_answer() -> None:
    ledger = delivered()
    ledger.see(asking(status="completed"))
    assert ledger.only_gate().state is GateState.ACKNOWLEDGED
    assert ledger.only_gate().steps[-1].evidence == "its agent went on and completed its task"


def test_an_answer_that_has_not_left_yet_is_not_taken_by_going_on() -> None:
    ledger = asked()
    assert ledger.carry_out(answer(ledger.gate(GATE), "ship")) is None
    ledger.see(asking(stage=4, stageStatus="in_progress"))
    assert ledger.only_gate().state is GateState.DECIDED


def test_the_same_words_in_a_later_stage_are_asked_anew_when_the_agent_is_blocked_again() -> None:
    ledger = delivered()
    ledger.see(asking(stage=4, stageStatus="in_progress"))
    ledger.see(asking(stage=4, stageStatus="gate_blocked"))
    assert ledger.gate(GATE).cleared
    assert ledger.gate(task_gate_id("1", 4)).state is GateState.OPEN


# --- two sources, one gate ---------------------------------------------------------------------------------


def test_a_question_that_a_hook_opened_first_is_the_same_gate_with_two_routes() -> None:
    """DESIGN §4.3: one normalisation, so the same question seen twice is one gate with two routes."""
    watched = asked()
    opening = next(event.payload for event in watched.events if event.kind == "gate_opened")
    ledger = Ledger()
    ledger.must(Draft("gate_opened", {**opening, "source": "session:abc", "routes": ["hook"]}))
    assert kinds(ledger.see(asking()))[-1] == "gate_route_added"
    assert (ledger.gate(GATE).revision, ledger.gate(GATE).routes) == (1, ("hook", "task_file"))
    assert ledger.see(asking()) == ()
    ledger.see(asking(needsDecision=False))
    assert ledger.gate(GATE).state is GateState.WITHDRAWN


def test_the_same_task_id_in_two_lists_is_two_gates() -> None:
    one, other = asked(), Ledger()
    other.see(asking("Something else?"))
    assert one.carry_out(answer(one.gate(GATE), "fix")) is None
    assert other.gate(GATE).state is GateState.OPEN


# --- how a task's gate is judged ---------------------------------------------------------------------------


def test_risk_and_recommendation_come_with_the_gate() -> None:
    ledger = Ledger(rules=RULES)
    ledger.see(asking(workflow=LADDER.workflow, risk="check", recommendation=2, confidence="Medium"))
    gate = ledger.only_gate()
    assert (gate.risk, gate.risk_why) == (Risk.CHECK, 'worth a second look, says its agent ("check")')
    assert gate.recommendation == "fix"
    assert gate.recommendation_why == "its agent recommends it (medium confidence)"
