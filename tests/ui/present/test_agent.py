"""The agent behind a track: what it does now, by which evidence, and whether it can hear us."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core import agents
from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.model import Liveness, State, TrackState
from orchestrator_tui.core.naming import agent_source
from orchestrator_tui.ui.present.card import present_card
from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.headline import present_headline
from orchestrator_tui.ui.present.queue import present_queue
from orchestrator_tui.ui.present.routes import UNHEARD
from orchestrator_tui.ui.present.track import present_track, track_lines
from orchestrator_tui.ui.present.tracks import present_tracks
from tests.ui.states import (
    BATCH,
    COUNSEL,
    DEPLOY,
    NOW,
    ZONE,
    ago,
    checkout,
    gate_key,
    track_key,
    with_gate,
    with_track,
)

SESSION = "0a1b2c3d-0000-4000-8000-000000000000"


def having(slug: str, agent: Agent, **fields: object) -> State:
    state = checkout()
    return with_track(state, replace(state.batches[BATCH].tracks[slug], agent=agent, **fields))  # type: ignore[arg-type]


def told(lines: tuple[Line, ...]) -> str:
    return "\n".join("".join(part.text for part in line) for line in lines)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("busy", "Edit cart/sum.py"),
        ("idle", "idle, waits for its person"),
        ("permission", "asks for a permission at its terminal"),
        ("input", "asks a question at its terminal"),
        ("unknown", "Edit cart/sum.py"),
    ],
)
def test_now_tells_what_keeps_an_agent_from_working(status: str, words: str) -> None:
    view = present_tracks(having("cart-totals", Agent(SESSION, status=status)), NOW, UNICODE)
    assert view.rows[track_key("cart-totals")].now == words


def test_an_idle_agent_has_another_sign_than_a_busy_one() -> None:
    rows = present_tracks(having("cart-totals", Agent(SESSION, status="idle")), NOW, UNICODE).rows
    assert rows[track_key("cart-totals")].glyph == UNICODE.asking
    assert rows[track_key("rate-limit")].glyph == UNICODE.working


def test_a_track_in_full_names_its_agent_with_its_evidence() -> None:
    agent = Agent(
        SESSION,
        "a12",
        mode="background",
        name="Explore",
        status="busy",
        evidence=("Bash runs since 14:01",),
        pane="a:@1.%2",
    )
    lines = told(
        track_lines(present_track(having("cart-totals", agent), track_key("cart-totals"), NOW, UNICODE, ZONE), 100)
    )
    assert "is        sub-agent in the background Explore" in lines
    assert "now       busy (Bash runs since 14:01)" in lines
    assert "hears us  no; C connects its Claude Code" in lines
    assert f"session   {SESSION}" in lines
    assert "pane      tmux a:@1.%2" in lines


def test_a_killed_agent_is_told_as_gone_and_cannot_be_connected() -> None:
    state = having("cart-totals", Agent(SESSION, status="gone", evidence=("pid 7 has ended",)))
    track = state.batches[BATCH].tracks["cart-totals"]
    state = with_track(state, replace(track, source=agent_source(SESSION), state=TrackState.FAILED))
    row = present_tracks(state, NOW, UNICODE).rows[track_key("cart-totals")]
    assert (row.glyph, row.now) == (UNICODE.failed, "gone: killed")
    lines = told(track_lines(present_track(state, track_key("cart-totals"), NOW, UNICODE, ZONE), 100))
    assert "now       gone (pid 7 has ended)" in lines
    assert "hears us  no more: it is gone" in lines
    assert "connects" not in lines


def test_the_agents_that_work_on_parts_of_a_track_stand_below_it() -> None:
    state = checkout()
    helper = replace(state.batches[BATCH].tracks["search-index"], slug="reviewer-b", part_of="cart-totals")
    lines = told(
        track_lines(present_track(with_track(state, helper), track_key("cart-totals"), NOW, UNICODE, ZONE), 100)
    )
    assert "Sub-agents" in lines
    assert "reviewer-b" in lines
    assert "Bash pytest -q" in lines


@pytest.mark.parametrize(
    ("agent", "routes", "unheard"),
    [
        (Agent(SESSION, status="idle"), ("task_file",), True),
        (Agent(SESSION, status="busy"), (), True),
        (Agent(SESSION, status="busy", connected=True), ("task_file",), False),
        (Agent(SESSION, status="busy"), ("task_file", "shell"), False),
        (Agent(SESSION, status=agents.GONE), ("task_file",), False),
        (None, ("task_file",), False),
    ],
)
def test_the_card_says_when_its_agent_cannot_hear_us(
    agent: Agent | None, routes: tuple[str, ...], unheard: bool
) -> None:
    state = checkout()
    slug = COUNSEL.track
    state = with_track(state, replace(state.batches[BATCH].tracks[slug], agent=agent))
    state = with_gate(state, replace(COUNSEL, routes=routes))
    notes = present_card(state, gate_key(COUNSEL), NOW, UNICODE, ZONE).notes
    assert (UNHEARD in [note.text for note in notes]) is unheard


def test_several_repositories_are_named_in_every_row_and_in_the_headline() -> None:
    state = checkout()
    here = replace(state.batches[BATCH], repository="/code/shop")
    there = replace(here, id="other", repository="/code/bank", tracks={}, gates={})
    both = State({BATCH: here, "other": there})
    assert present_headline(both, NOW, UNICODE).title == "2 repositories: shop, bank"
    assert present_tracks(both, NOW, UNICODE).rows[track_key("cart-totals")].batch == "shop"
    assert present_queue(both, NOW, UNICODE).rows[gate_key(DEPLOY)].batch == "shop"


def test_a_track_that_ended_tells_no_idle_agent() -> None:
    state = having("cart-totals", Agent(SESSION, status="idle"), state=TrackState.DONE, ended_at=ago(1))
    assert present_tracks(state, NOW, UNICODE).rows[track_key("cart-totals")].glyph == UNICODE.done


@pytest.mark.parametrize("fields", [{"state": TrackState.PENDING}, {"liveness": Liveness.ASKED, "asked_at": ago(1)}])
def test_an_agent_that_waits_for_its_person_says_so_whatever_else_is_known(fields: dict[str, object]) -> None:
    state = having("cart-totals", Agent(SESSION, status="idle"), **fields)
    assert present_tracks(state, NOW, UNICODE).rows[track_key("cart-totals")].now == "idle, waits for its person"


def test_a_cost_below_half_a_cent_takes_no_cell() -> None:
    state = having("cart-totals", Agent(SESSION, status="busy"), cost_usd=0.004)
    assert present_tracks(state, NOW, UNICODE).rows[track_key("cart-totals")].cost == ""
