"""Answers that their agent fetches: by mail, by asking for them; idle agents, nudges, and agents that have gone."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.delivery import (
    MAIL,
    MOST_NUDGES,
    PULL,
    WAITS,
    Reach,
    mail_to,
    nudge_due,
    reach_in,
    route_to_take,
    way,
)
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.naming import agent_source
from orchestrator_tui.core.silence import Sight
from tests.core.builders import MINUTE, SECOND, Ledger, kinds, on_gate, opened, track_added

LIMITS = Limits()
MAIN, SUB = "s-1", "s-1/a-1"


def seen(track: str, status: str = "busy", session: str = "s-1", **fields: Any) -> Draft:
    return Draft("agent_seen", {"track": track, "session": session, "status": status, "connected": True, **fields})


def asked(*routes: str, asker: str = SUB, status: str = "busy", mode: str = "foreground", **fields: Any) -> Ledger:
    """A session and a sub-agent of it, one of which has asked by these routes."""
    ledger = Ledger()
    main_mode = mode if asker == MAIN else "interactive"
    ledger.must(
        track_added("session-s", source=agent_source("s-1")),
        track_added("agent-a", source=agent_source("s-1", "a-1")),
        seen("session-s", status if asker == MAIN else "busy", mode=main_mode, pane="0:@1.%1"),
        seen("agent-a", status if asker == SUB else "busy", agent="a-1", mode=mode),
        opened(routes=list(routes), asker=asker, **fields),
    )
    return ledger


def decided(*routes: str, asker: str = SUB, status: str = "busy", mode: str = "foreground", **fields: Any) -> Ledger:
    ledger = asked(*routes, asker=asker, status=status, mode=mode, **fields)
    ledger.must(on_gate("gate_decided"))
    return ledger


def idle(*routes: str) -> Ledger:
    """A decided question of a session that waits for its person."""
    return decided(*routes, asker=MAIN, status="idle", mode="interactive")


def reach(ledger: Ledger, *waiting: str, kept: bool = True) -> Reach:
    return reach_in(ledger.batch, ledger.gate("g"), frozenset(waiting), kept=kept)


def next_route(ledger: Ledger, *waiting: str, kept: bool = True) -> str | None:
    return route_to_take(ledger.gate("g"), reach(ledger, *waiting, kept=kept), LIMITS, ledger.now)


def failed(ledger: Ledger, *waiting: str) -> list[tuple[str, str, bool]]:
    drafts = ledger.due(Sight(reach={"g": reach(ledger, *waiting)}))
    assert set(kinds(drafts)) <= {"delivery_failed"}
    return [(one.payload["route"], one.payload["why"], one.payload["undelivered"]) for one in drafts]


def fetched(ledger: Ledger, route: str = "hook") -> None:
    """The hook of the agent's next tool call prints the answer."""
    if ledger.gate("g").state is GateState.DELIVERED:
        ledger.must(on_gate("delivery_failed", route="task_file", why="its agent came for it by another way"))
    ledger.must(on_gate("delivery_claimed", route=route), on_gate("decision_delivered", route=route))


# --- by mail -----------------------------------------------------------------------------------------------


def test_a_hook_either_waits_or_is_reached_by_mail() -> None:
    ledger = asked("hook")
    gate = ledger.gate("g")
    assert (way(gate, "hook", reach(ledger)), way(gate, "hook", reach(ledger, "hook"))) == (MAIL, WAITS)
    assert way(gate, "hook", Reach(gone=True)) == ""
    assert way(asked("mcp").gate("g"), "mcp", Reach()) == PULL


@pytest.mark.parametrize("kind", ["permission", "question", "plan"])
def test_what_a_dialog_asks_cannot_be_answered_by_mail(kind: str) -> None:
    """It stands beside a dialog: who is not waiting there has been answered at the terminal, or left."""
    ledger = decided("hook", kind=kind)
    assert way(ledger.gate("g"), "hook", reach(ledger)) == ""
    ledger.tick(5 * SECOND)
    assert failed(ledger) == [("hook", "no way to its agent is open", True)]


def test_nobody_can_be_posted_to_who_is_not_known() -> None:
    assert way(asked("hook", asker="").gate("g"), "hook", Reach()) == ""


def test_a_working_agent_has_a_minute_until_its_next_tool_call() -> None:
    ledger = decided("hook", "task_file")
    ledger.tick(MINUTE - 1)
    assert (next_route(ledger), failed(ledger)) == (None, [])
    ledger.tick(1)
    assert next_route(ledger) is None, "it is said first that mail was in vain"
    assert failed(ledger) == [("hook", "its agent has not looked within 60 s", False)]
    assert next_route(ledger) == "task_file"
    decision = ledger.gate("g").decision
    assert decision is not None
    assert decision.id == "d-1"


def test_mail_stays_possible_after_the_task_file_was_written() -> None:
    ledger = decided("hook", "task_file")
    ledger.tick(MINUTE)
    failed(ledger)
    ledger.must(on_gate("delivery_claimed", route="task_file"), on_gate("decision_delivered", route="task_file"))
    ledger.tick(MINUTE)
    fetched(ledger)
    ledger.must(on_gate("decision_acknowledged", route="hook"))
    assert ledger.gate("g").state is GateState.ACKNOWLEDGED
    assert {one[1] for one in ledger.gate("g").answers} == {"d-1"}


def test_an_idle_agent_is_written_to_at_once() -> None:
    ledger = idle("hook", "task_file")
    assert failed(ledger) == [("hook", "its agent is idle: it looks when it works again", False)]
    assert next_route(ledger) == "task_file"


def test_an_idle_agent_that_can_only_be_nudged_has_its_minute_for_that() -> None:
    ledger = idle("hook")
    ledger.tick(MINUTE - 1)
    assert failed(ledger) == []
    ledger.tick(1)
    assert failed(ledger) == [("hook", "its agent is idle and has not looked within 60 s", True)]
    fetched(ledger)
    assert ledger.gate("g").state is GateState.DELIVERED, "mail stays possible"


def test_a_long_tool_call_is_waited_for_where_there_is_no_other_way() -> None:
    ledger = decided("hook")
    ledger.tick(LIMITS.acknowledge_hook_ms - 1)
    assert failed(ledger) == []
    ledger.tick(1)
    assert failed(ledger) == [("hook", "its agent has not looked within 660 s", True)]


def test_an_agent_that_has_gone_is_said_to_have() -> None:
    ledger = decided("hook", status="gone")
    assert failed(ledger) == []
    ledger.tick(5 * SECOND)
    assert failed(ledger) == [("hook", "its agent has ended", True)]
    assert next_route(decided("hook", "task_file", status="gone")) == "task_file", "another may take its task up"


def test_an_agent_ends_with_its_session() -> None:
    ledger = decided("hook", "task_file")
    assert next_route(ledger) is None
    ledger.must(seen("session-s", "gone"))
    assert reach(ledger).gone
    assert next_route(ledger) == "task_file"


def test_an_agent_that_ends_with_the_answer_unread_is_given_up_before_its_time() -> None:
    ledger = decided("hook", "task_file")
    fetched(ledger)
    ledger.must(seen("agent-a", "gone", agent="a-1"))
    ledger.tick(10 * SECOND - 1)
    assert failed(ledger) == [], "the last lines of its transcript may still be read"
    ledger.tick(1)
    assert failed(ledger) == [("hook", "its agent ended before it showed that it took it", False)]
    assert next_route(ledger) == "task_file"


def test_who_does_not_stay_does_not_wait_for_mail() -> None:
    """A command line ends: nobody would be there to write the task file when the mail was in vain."""
    ledger = decided("hook", "task_file")
    assert next_route(ledger, kept=False) == "task_file"
    assert next_route(decided("hook"), kept=False) is None
    assert next_route(ledger, "hook", kept=False) is None, "a hook that waits takes it itself"


# --- by asking for it ----------------------------------------------------------------------------------------


def test_an_answer_to_a_call_that_waits_no_more_is_fetched_by_the_next_one() -> None:
    ledger = decided("mcp", "task_file", asker=MAIN, mode="interactive")
    assert next_route(ledger) is None
    ledger.tick(MINUTE)
    assert failed(ledger) == [("mcp", "its agent has not looked within 60 s", False)]
    assert next_route(ledger) == "task_file"


def test_a_call_that_waits_goes_before_mail() -> None:
    ledger = decided("hook", "mcp", "task_file")
    ledger.tick(4 * SECOND)
    assert (next_route(ledger, "mcp"), failed(ledger, "mcp")) == (None, [])
    ledger.must(on_gate("delivery_claimed", route="mcp"), on_gate("decision_delivered", route="mcp"))


def test_a_call_that_waits_and_takes_nothing_is_given_up_though_mail_is_left() -> None:
    ledger = decided("hook", "mcp")
    ledger.tick(10 * SECOND)
    assert failed(ledger, "mcp") == [("mcp", "its reader waits but does not take the answer", False)]


def test_who_thinks_about_a_tool_result_is_not_taken_for_lost() -> None:
    for status, patience in (("busy", LIMITS.acknowledge_hook_ms), ("idle", 30 * SECOND)):
        ledger = decided("mcp", asker=MAIN, mode="interactive", status=status)
        fetched(ledger, "mcp")
        ledger.tick(patience - 1)
        assert failed(ledger) == []
        ledger.tick(1)
        assert failed(ledger) == [("mcp", f"no sign within {patience // 1000} s that its agent took it", True)]


# --- mail to be posted ---------------------------------------------------------------------------------------


def test_mail_lies_there_until_the_answer_was_fetched() -> None:
    ledger = asked("hook", "task_file")
    assert mail_to(ledger.gate("g"), reach(ledger)) == ""
    ledger.must(on_gate("gate_decided"))
    assert mail_to(ledger.gate("g"), reach(ledger)) == "s-1"
    assert mail_to(ledger.gate("g"), reach(ledger, "hook")) == "", "it waits"
    assert mail_to(ledger.gate("g"), Reach(gone=True)) == ""
    ledger.must(on_gate("delivery_claimed", route="hook"))
    assert mail_to(ledger.gate("g"), reach(ledger)) == ""
    ledger.must(on_gate("decision_delivered", route="hook"))
    assert mail_to(ledger.gate("g"), reach(ledger)) == ""
    ledger.must(
        on_gate("delivery_failed", route="hook"),
        on_gate("delivery_claimed", route="task_file"),
        on_gate("decision_delivered", route="task_file"),
    )
    assert mail_to(ledger.gate("g"), reach(ledger)) == "s-1", "it may not look there"
    resting = idle("hook")
    assert mail_to(resting.gate("g"), reach(resting)) == "", "others of its session would look in vain"


# --- nudges --------------------------------------------------------------------------------------------------


def due(ledger: Ledger, *waiting: str) -> bool:
    return nudge_due(ledger.batch, ledger.gate("g"), reach(ledger, *waiting), ledger.now)


def test_only_an_idle_agent_with_an_answer_is_nudged() -> None:
    assert due(idle("hook", "task_file"))
    assert due(idle("task_file"))
    assert not due(asked("hook", asker=MAIN, status="idle", mode="interactive")), "nothing is decided"
    assert not due(idle("hook"), "hook"), "it waits for the answer"
    for status in ("busy", "permission", "input", "gone", "unknown"):
        assert not due(decided("hook", asker=MAIN, status=status, mode="interactive")), status
    for mode in ("headless", "foreground", "background", "job", ""):
        assert not due(decided("hook", asker=MAIN, status="idle", mode=mode)), mode
    assert due(decided("hook", asker=SUB, status="idle", mode="teammate"))


def test_the_agent_behind_a_task_is_nudged_where_nobody_knows_who_asked() -> None:
    ledger = asked("task_file", asker="", status="busy")
    ledger.must(track_added("alpha"), seen("alpha", "idle", session="s-2", mode="interactive"))
    ledger.must(on_gate("gate_decided"))
    assert due(ledger)


def test_nobody_is_nudged_within_the_undo_window_or_while_the_answer_travels() -> None:
    ledger = asked("hook", "task_file", asker=MAIN, status="idle", mode="interactive")
    ledger.must(on_gate("gate_decided", undo_ms=5_000))
    assert not due(ledger)
    ledger.tick(5 * SECOND)
    assert due(ledger)
    ledger.must(on_gate("delivery_claimed", route="task_file"))
    assert not due(ledger)
    ledger.must(on_gate("decision_delivered", route="task_file"))
    assert due(ledger), "it may not look into its task"
    fetched(ledger)
    assert not due(ledger)


def test_an_agent_is_nudged_once_a_minute_and_not_for_ever() -> None:
    ledger = idle("hook", "task_file")
    for _ in range(MOST_NUDGES):
        assert due(ledger)
        ledger.must(on_gate("gate_nudged"))
        assert not due(ledger)
        ledger.tick(MINUTE - 1)
        assert not due(ledger)
        ledger.tick(1)
    assert not due(ledger)
    ledger.tick(10 * MINUTE)
    assert not due(ledger)


def test_one_nudge_is_for_all_answers_of_an_agent() -> None:
    ledger = idle("hook")
    ledger.must(opened("h", routes=["hook"], asker=MAIN), on_gate("gate_decided", "h", decision="d-2"))
    ledger.must(on_gate("gate_nudged", "h", decision="d-2"))
    assert not due(ledger)
    ledger.tick(MINUTE)
    assert due(ledger)


def test_a_nudge_that_could_not_be_given_is_none() -> None:
    ledger = idle("hook")
    ledger.must(on_gate("gate_nudged", route="none", evidence="it shows a dialog"))
    assert due(ledger)


def test_a_nudge_moves_no_clock_and_is_no_evidence() -> None:
    """Nudged or not, the same answer fails at the same moments by the same routes."""

    def life(nudged: bool) -> list[object]:
        ledger = idle("hook", "task_file")
        told: list[object] = []
        for second in range(0, 400, 20):
            if nudged:
                ledger.must(on_gate("gate_nudged"))
            told += [(second, one) for one in failed(ledger)]
            if (route := next_route(ledger)) is not None:
                told.append((second, route))
                ledger.must(on_gate("delivery_claimed", route=route))
                if nudged:
                    ledger.must(on_gate("gate_nudged"))
                ledger.must(on_gate("decision_delivered", route=route))
            ledger.tick(20 * SECOND)
        return told

    assert life(nudged=True) == life(nudged=False)
    assert len(life(nudged=True)) == 3
    ledger = idle("hook")
    ledger.must(on_gate("gate_nudged"))
    refused = ledger.record(on_gate("decision_acknowledged", route="hook"))
    assert refused == ["the answer has not left yet"]


# --- who the asker is ----------------------------------------------------------------------------------------


def test_readers_are_presumed_where_the_state_is_all_there_is() -> None:
    """A replay and a screen know no waiters: who can only wait is taken to."""
    ledger = asked("hook", "shell", "task_file")
    assert reach_in(ledger.batch, ledger.gate("g")).waiting == {"shell"}
    ledger = asked("hook", kind="permission")
    assert reach_in(ledger.batch, ledger.gate("g")).waiting == {"hook"}
    ledger.must(seen("agent-a", "gone", agent="a-1"))
    assert reach_in(ledger.batch, ledger.gate("g")).waiting == frozenset()


def presumed(ledger: Ledger, gate: str) -> frozenset[str]:
    return reach_in(ledger.batch, ledger.gate(gate)).waiting


def test_who_asked_over_mcp_is_presumed_to_wait_in_that_call() -> None:
    ledger = asked("mcp", "hook", gate="mcp-1", kind="ask")
    assert presumed(ledger, "mcp-1") == {"mcp"}
    ledger.tick(SECOND)
    ledger.must(Draft("activity_seen", {"track": "agent-a", "text": "orch-tui request_decision Ship it?"}))
    assert presumed(ledger, "mcp-1") == {"mcp"}, "it is that call which was seen"
    ledger.tick(SECOND)
    ledger.must(Draft("activity_seen", {"track": "agent-a", "text": "Bash pytest -q"}))
    assert presumed(ledger, "mcp-1") == frozenset(), "it has not waited, but gone on"


@pytest.mark.parametrize("status", ["idle", "gone"])
def test_who_is_seen_idle_or_gone_waits_in_no_call(status: str) -> None:
    assert presumed(asked("mcp", "hook", status=status, gate="mcp-1", kind="ask"), "mcp-1") == frozenset()


def test_a_question_that_came_to_mcp_later_or_lost_it_is_not_presumed_to_wait_there() -> None:
    assert presumed(asked("mcp", "hook", gate="task-1-2", kind="task"), "task-1-2") == frozenset()
    assert presumed(asked("hook", gate="mcp-1", kind="ask"), "mcp-1") == frozenset()
