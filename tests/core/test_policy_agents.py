"""Silence of agents that are seen: what they do is a sign, who waits for a person is not silent, gone is said."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.agents import BUSY, GONE, IDLE, INPUT, PERMISSION
from orchestrator_tui.core.facts import AgentFact, LifeSign
from orchestrator_tui.core.model import Liveness
from orchestrator_tui.core.silence import Sight, signs_of, silence_gate_id
from tests.core.builders import MINUTE, SECOND, START, Ledger, agent, fact, kinds

OFFER = silence_gate_id("cart")


def staged(seen: AgentFact | None = None) -> Ledger:
    """A task in stage 2 on which sub-agent a1 works."""
    ledger = Ledger()
    ledger.see(fact("7", track="cart", stage=2, stageStatus="in_progress"))
    ledger.meet(agent(), seen or agent("s1", "a1", tasks=("7",)))
    return ledger


def after(ledger: Ledger, minutes: int, *signs: LifeSign, slug: str = "cart") -> list[str]:
    ledger.tick(minutes * MINUTE)
    others = {track: (LifeSign("at work", 0),) for track in ledger.batch.tracks}
    return kinds(ledger.due(Sight(signs={**others, slug: signs})))


def test_a_busy_agent_that_does_not_report_is_asked_and_its_tool_in_flight_is_a_sign() -> None:
    ledger = staged()
    assert after(ledger, 10) == ["agent_asked", "message_sent"]
    assert after(ledger, 2, LifeSign("tool in flight", 0, "Bash make")) == ["agent_liveness"]
    assert ledger.track("cart").liveness is Liveness.WORKING_NOT_REPORTING
    assert ledger.track("cart").signs == ("tool in flight 0 s ago (Bash make)",)


@pytest.mark.parametrize("status", [IDLE, PERMISSION, INPUT])
def test_who_waits_for_its_person_is_not_silent(status: str) -> None:
    ledger = staged(agent("s1", "a1", tasks=("7",), status=status))
    assert after(ledger, 60) == []
    ledger.meet(agent("s1", "a1", tasks=("7",), status=BUSY))
    assert after(ledger, 0) == ["agent_asked", "message_sent"]


def test_one_that_comes_to_wait_after_it_was_asked_is_not_judged() -> None:
    ledger = staged()
    after(ledger, 10)
    ledger.meet(agent("s1", "a1", tasks=("7",), status=PERMISSION))
    assert after(ledger, 5) == []


def test_no_start_is_offered_of_an_agent_that_was_not_started_here() -> None:
    ledger = staged()
    after(ledger, 10)
    assert after(ledger, 2) == ["agent_liveness"]
    assert ledger.track("cart").liveness is Liveness.UNKNOWN
    assert OFFER not in ledger.batch.gates
    assert after(ledger, 60) == []


def test_gone_is_said_at_once_when_its_session_is_and_taken_back_when_that_is_resumed() -> None:
    ledger = staged()
    ledger.meet(agent(finished=True))
    assert after(ledger, 0) == ["agent_liveness"]
    assert ledger.track("cart").liveness is Liveness.GONE
    assert ledger.track("cart").signs == ("its session has ended",)
    assert after(ledger, 60) == []
    ledger.meet(agent(), agent("s1", "a1", tasks=("7",)))
    assert after(ledger, 0) == ["agent_liveness"]
    assert ledger.track("cart").liveness is Liveness.REPORTING


def test_one_that_returned_may_be_followed_by_another_and_is_not_asked() -> None:
    ledger = staged()
    ledger.meet(agent("s1", "a1", tasks=("7",), finished=True))
    assert after(ledger, 9) == []
    assert after(ledger, 1) == ["agent_liveness"]
    assert ledger.track("cart").liveness is Liveness.GONE


def test_a_sub_agent_without_stages_reports_by_what_it_does() -> None:
    ledger = Ledger()
    ledger.meet(agent(), agent("s1", "a1"))
    assert after(ledger, 10, LifeSign("transcript", 9 * MINUTE), slug="agent-a1") == []
    assert after(ledger, 1, LifeSign("transcript", 10 * MINUTE), slug="agent-a1") == ["agent_asked", "message_sent"]
    assert after(ledger, 2, LifeSign("transcript", 12 * MINUTE), slug="agent-a1") == ["agent_liveness"]
    assert ledger.track("agent-a1").liveness is Liveness.UNKNOWN
    ledger.meet(agent("s1", "a1", last_wall_ms=ledger.now.wall_ms))
    assert ledger.track("agent-a1").liveness is Liveness.REPORTING


def test_of_whom_nobody_has_looked_for_signs_nothing_is_concluded() -> None:
    ledger = Ledger()
    ledger.meet(agent())
    ledger.tick(60 * MINUTE)
    assert ledger.due() == ()


def test_who_works_for_a_task_is_watched_there_alone() -> None:
    ledger = staged()
    ledger.see(fact("7", track="cart", stage=2, status="completed"))
    assert after(ledger, 60, slug="agent-a1") == []


@pytest.mark.parametrize(
    ("seen", "signs"),
    [
        (agent(), [("at work", 0, "it is busy")]),
        (agent("s1", "a1"), []),
        (
            agent(in_flight=True, activity="Bash make"),
            [("tool in flight", 0, "Bash make"), ("at work", 0, "it is busy")],
        ),
        (agent(status=PERMISSION), [("waiting for a permission", 0, "it is permission")]),
        (agent(status=INPUT), [("waiting for an answer", 0, "it is input")]),
        (agent("s1", "a1", last_wall_ms=START.wall_ms - SECOND), [("transcript", SECOND, "")]),
        (agent(status=GONE, in_flight=True, last_wall_ms=START.wall_ms - MINUTE), [("transcript", MINUTE, "")]),
    ],
)
def test_signs_of_life_in_an_agents_own_files(seen: AgentFact, signs: list[tuple[str, int, str]]) -> None:
    assert [(one.kind, one.age_ms, one.detail) for one in signs_of(seen, START)] == signs
