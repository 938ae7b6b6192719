"""Sub-agents that work for a task: they join it, lead it, add to its cost, and move on."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.agents import BUSY, PERMISSION, address
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.tracks_shown import own_track
from tests.core.builders import MINUTE, START, Ledger, agent, fact


def own(ledger: Ledger, session: str = "s1", agent_id: str = "") -> Track:
    track = own_track(ledger.batch, address(session, agent_id))
    assert track is not None
    return track


def on_task(**fields: Any) -> Ledger:
    """A list with one task in stage 2, of the slug ``cart``."""
    ledger = Ledger()
    ledger.see(fact("7", track="cart", stage=2, stageStatus="in_progress", **fields))
    return ledger


def test_a_sub_agent_that_reports_on_a_task_works_for_its_track() -> None:
    ledger = on_task()
    ledger.meet(
        agent("s1"),
        agent(
            "s1",
            "a1",
            tasks=("7",),
            last_wall_ms=START.wall_ms,
            activity="Edit cart.py",
            branch="cart",
            worktree="/w/cart",
        ),
    )
    cart = ledger.track("cart")
    assert own(ledger, "s1", "a1").part_of == "cart"
    assert cart.agent is not None
    assert address(cart.agent.session, cart.agent.id) == "s1/a1"
    assert (cart.branch, cart.worktree) == ("cart", "/w/cart")
    assert cart.activity is not None
    assert cart.activity.text == "Edit cart.py"
    assert own(ledger, "s1", "a1").activity is None


def test_what_the_file_says_of_its_branch_stands_and_what_it_does_not_say_is_not_taken_back() -> None:
    ledger = on_task(branch="by-file")
    ledger.meet(agent("s1", "a1", tasks=("7",), branch="seen", worktree="/w/cart"))
    assert (ledger.track("cart").branch, ledger.track("cart").worktree) == ("by-file", "/w/cart")
    ledger.see(fact("7", track="cart", stage=3, stageStatus="in_progress", branch="by-file"))
    assert ledger.track("cart").worktree == "/w/cart"


def test_it_joins_whichever_is_seen_first() -> None:
    ledger = Ledger()
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    assert own(ledger, "s1", "a1").part_of == ""
    ledger.see(fact("7", track="cart", stage=2))
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    assert own(ledger, "s1", "a1").part_of == "cart"


def test_it_moves_on_to_another_task() -> None:
    ledger = on_task()
    ledger.see(fact("8", track="sum", stage=1))
    ledger.meet(agent("s1", "a1", tasks=("7",), tokens=100, cost_usd=1.0, model="opus"))
    ledger.meet(agent("s1", "a1", tasks=("8", "7"), tokens=150, cost_usd=1.5, model="opus"))
    assert own(ledger, "s1", "a1").part_of == "sum"
    assert (ledger.track("cart").tokens, ledger.track("cart").cost_usd) == (100, 1.0)
    assert (ledger.track("sum").tokens, ledger.track("sum").cost_usd) == (50, 0.5)
    leader = ledger.track("sum").agent
    assert leader is not None
    assert leader.id == "a1"


def test_a_task_costs_what_all_that_work_for_it_have_used_before_they_joined_too() -> None:
    ledger = on_task()
    ledger.meet(agent("s1", "a1", tokens=40, cost_usd=0.4, model="haiku"))
    assert ledger.track("cart").tokens is None
    ledger.meet(
        agent("s1", "a1", tokens=50, cost_usd=0.5, model="haiku", tasks=("7",)),
        agent("s1", "a2", tokens=30, cost_usd=0.25, model="opus", tasks=("7",)),
        agent("s1", tokens=1000, cost_usd=9.0, model="opus", tasks=("7",)),
    )
    assert (ledger.track("cart").tokens, ledger.track("cart").cost_usd) == (80, 0.75)
    assert (own(ledger).tokens, own(ledger).cost_usd) == (1000, 9.0)


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -1.0])
def test_what_is_no_sum_of_money_is_not_known(cost: float) -> None:
    ledger = Ledger()
    ledger.meet(agent(cost_usd=cost, tokens=-3, model="opus"))
    assert (own(ledger).cost_usd, own(ledger).tokens) == (None, 0)


def test_the_newest_that_reported_leads_and_another_takes_over_when_it_is_gone() -> None:
    ledger = on_task()

    def leader() -> str:
        found = ledger.track("cart").agent
        assert found is not None
        return address(found.session, found.id)

    ledger.meet(agent(tasks=("7",)))
    assert leader() == "s1"
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    assert leader() == "s1/a1"
    ledger.meet(agent("s1", "a2", tasks=("7",)))
    assert leader() == "s1/a2"
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    assert leader() == "s1/a2"
    ledger.meet(agent("s1", "a2", tasks=("7",), finished=True))
    assert leader() == "s1/a2"
    ledger.meet(agent(tasks=("7",), activity="TaskUpdate"))
    assert leader() == "s1"


def test_the_state_of_the_leader_is_told_on_the_task_while_it_goes_on() -> None:
    ledger = on_task()
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    ledger.meet(agent("s1", "a1", tasks=("7",), status=PERMISSION))
    leader = ledger.track("cart").agent
    assert leader is not None
    assert leader.status == PERMISSION
    ledger.see(fact("7", track="cart", status="completed", stage=2, stageStatus="completed"))
    drafts = ledger.meet(agent("s1", "a1", tasks=("7",), status=BUSY))
    assert [one.payload["track"] for one in drafts if one.kind == "agent_seen"] == [own(ledger, "s1", "a1").slug]


def test_what_a_session_does_is_told_on_the_task_that_it_leads_while_that_runs() -> None:
    ledger = on_task()
    at = START.wall_ms
    ledger.meet(agent(tasks=("7",), activity="Edit cart.py", last_wall_ms=at - MINUTE))
    assert own(ledger).activity is None
    told = ledger.track("cart").activity
    assert told is not None
    assert told.text == "Edit cart.py"
    assert ledger.meet(agent(tasks=("7",), activity="Edit cart.py", last_wall_ms=at - MINUTE)) == ()
    ledger.see(fact("7", track="cart", status="completed", stage=2, stageStatus="completed"))
    ledger.meet(agent(tasks=("7",), activity="Read sum.py", last_wall_ms=at))
    told = own(ledger).activity
    assert told is not None
    assert told.text == "Read sum.py"
