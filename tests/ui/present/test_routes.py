"""The ways of an answer in words: which is taken, which is next, and why one is not open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.model import Batch, DeliveryStep, Gate, GateState, Track
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.routes import NO_ROUTE, UNHEARD, chosen_route, held_words, route_note, route_rows
from tests.ui.states import BATCH, COUNSEL, NOW, checkout

SESSION = "0a1b2c3d"


def asked_by(agent: Agent | None, *routes: str, kind: str = "task", **fields: object) -> tuple[Gate, Batch]:
    own = Track(BATCH, "session-0a1b2c3d", "its session", "session", source=f"session:{SESSION}", agent=agent)
    question = replace(COUNSEL.question, kind=kind)
    gate = replace(COUNSEL, routes=routes, question=question, asker=SESSION if agent else "", **fields)  # type: ignore[arg-type]
    batch = checkout().batches[BATCH]
    return gate, replace(batch, tracks={**batch.tracks, own.slug: own}, gates={gate.id: gate})


def rows(gate: Gate, batch: Batch) -> list[str]:
    return ["".join(part.text for part in line) for _, line in route_rows(gate, batch, UNICODE)]


CONNECTED = Agent(SESSION, status="busy", connected=True)


@pytest.mark.parametrize(
    ("agent", "routes", "kind", "route", "held"),
    [
        (CONNECTED, ("hook", "task_file"), "task", "hook", "hears with its next tool call"),
        (CONNECTED, ("hook",), "permission", "hook", "held by hook"),
        (CONNECTED, ("mcp",), "ask", "mcp", "asks for it over MCP"),
        (None, ("mcp",), "ask", "mcp", "held by MCP"),
        (None, ("shell", "task_file"), "task", "shell", "waits in its shell"),
        (replace(CONNECTED, connected=False), ("task_file",), "task", "task_file", "asked in its task file"),
    ],
)
def test_the_way_that_an_answer_would_take(
    agent: Agent | None, routes: tuple[str, ...], kind: str, route: str, held: str
) -> None:
    gate, batch = asked_by(agent, *routes, kind=kind)
    chosen = chosen_route(gate, batch)
    assert chosen is not None
    assert (chosen.route, held_words(gate, batch)) == (route, held)


def test_who_waits_in_request_decision_is_held_by_it() -> None:
    gate, batch = asked_by(CONNECTED, "mcp", "hook", kind="ask", id="mcp-0123456789ab")
    assert held_words(gate, batch) == "held by MCP"
    idle, batch = asked_by(replace(CONNECTED, status="idle"), "mcp", "hook", kind="ask", id="mcp-0123456789ab")
    assert held_words(idle, batch) == "hears with its next tool call"


def test_every_way_is_told_where_there_are_several() -> None:
    assert rows(*asked_by(CONNECTED, "task_file", "hook")) == [
        f"{UNICODE.running} hook: its agent gets it with its next tool call",
        f"{UNICODE.bullet} task file: written into its task; its agent may not look",
    ]
    assert rows(*asked_by(CONNECTED, "hook")) == []


def test_a_way_that_was_tried_in_vain_says_why() -> None:
    failed = DeliveryStep("failed", "hook", NOW, "its agent has not looked within 60 s")
    gate, batch = asked_by(CONNECTED, "hook", "task_file", state=GateState.DECIDED, steps=(failed,))
    assert f"{UNICODE.failed} hook: its agent has not looked within 60 s" in rows(gate, batch)


def test_an_agent_that_is_not_connected_cannot_hear_us() -> None:
    deaf = replace(CONNECTED, connected=False)
    gate, batch = asked_by(deaf, "task_file")
    assert route_note(gate, batch) == UNHEARD
    assert rows(gate, batch)[0] == f"{UNICODE.skipped} hook: its session is not connected"


def test_without_any_way_the_answer_is_kept() -> None:
    assert route_note(*asked_by(replace(CONNECTED, status="gone"), "hook")) == NO_ROUTE
