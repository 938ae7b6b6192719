"""The panels: their frames, their clicks, what they do on a low screen, and what hostile text can do to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.event import Event
from orchestrator_tui.core.model import (
    Activity,
    Batch,
    Gate,
    Liveness,
    Message,
    Option,
    Question,
    Risk,
    Signal,
    StageStatus,
    State,
)
from orchestrator_tui.core.queries import GateKey, TrackKey
from orchestrator_tui.core.records import Check
from orchestrator_tui.ui.present.banner import present_banner
from orchestrator_tui.ui.present.card import present_card
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.headline import present_headline
from orchestrator_tui.ui.present.queue import present_queue
from orchestrator_tui.ui.present.stages import present_stages
from orchestrator_tui.ui.present.status import Hint, present_status
from orchestrator_tui.ui.present.timeline import present_timeline
from orchestrator_tui.ui.present.tracks import present_tracks
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.card import GateCard
from orchestrator_tui.ui.widgets.headline import Headline
from orchestrator_tui.ui.widgets.line_view import LineView
from orchestrator_tui.ui.widgets.queue import GateQueue
from orchestrator_tui.ui.widgets.stages import StageProgress, StageStrip
from orchestrator_tui.ui.widgets.status_line import StatusLine
from orchestrator_tui.ui.widgets.timeline import Timeline
from orchestrator_tui.ui.widgets.tracks import TracksList
from tests.hostile_text import ALL_PAYLOADS, MARKUP, forbidden
from tests.ui.states import (
    BATCH,
    COUNSEL,
    DEPLOY,
    NOW,
    ZONE,
    ago,
    checkout,
    empty,
    event,
    gate_key,
    track,
    track_key,
)
from tests.ui.widgets.hosting import Host, Other


def first_gate(state: State) -> GateKey | None:
    return next((gate_key(gate) for batch in state.batches.values() for gate in batch.gates.values()), None)


def first_track(state: State) -> TrackKey | None:
    return next((track_key(slug) for batch in state.batches.values() for slug in batch.tracks), None)


def first_title(state: State) -> str:
    return next((batch.title for batch in state.batches.values()), "")


PANELS: dict[str, tuple[type[LineView], Callable[[State], Any]]] = {
    "tracks": (TracksList, lambda state: present_tracks(state, NOW, UNICODE)),
    "queue": (GateQueue, lambda state: present_queue(state, NOW, UNICODE)),
    "card": (GateCard, lambda state: present_card(state, first_gate(state), NOW, UNICODE, ZONE)),
    "stages": (StageProgress, lambda state: present_stages(state, first_track(state), NOW, UNICODE)),
    "strip": (StageStrip, lambda state: present_stages(state, first_track(state), NOW, UNICODE)),
    "timeline": (Timeline, lambda state: present_timeline(state, UNICODE, ZONE)),
    "headline": (Headline, lambda state: present_headline(state, NOW, UNICODE)),
    "banner": (Banner, lambda state: present_banner(state, NOW, UNICODE)),
    "status": (StatusLine, lambda state: present_status(state, UNICODE, notice=first_title(state))),
}


def shown(name: str, state: State, widget: Any = None) -> Any:
    """The panel ``name`` showing ``state``, a new one if none is given."""
    kind, present = PANELS[name]
    widget = widget or kind()
    widget.show(present(state))
    return widget


# --- hostile text ------------------------------------------------------------------------------------------


def hostile(text: str) -> State:
    """A batch that says ``text`` wherever somebody from outside may say something."""
    asked = Gate(
        BATCH,
        "g",
        1,
        text,
        text,
        Question(
            "permission", text, text, (Option(text, text), Option("b", text)), 1, {text: text, "input": {text: text}}
        ),
        Risk.PRODUCTION,
        text,
        DEPLOY.state,
        ago(6),
        ago(6),
        text,
        (text,),
        text,
        text,
    )
    base = track("one", 1, StageStatus.RUNNING)
    told = replace(
        base,
        slug=text,
        title=text,
        kind=text,
        stages=tuple(replace(stage, name=text, detail=text) for stage in base.stages[:3]),
        branch=text,
        pr=text,
        activity=Activity(text, ago(0, 1)),
        progress=text,
        model=text,
        problem=text,
        checks=(Check(text, text, text, NOW),),
        messages=(Message("m", text, text, "", NOW),),
        liveness=Liveness.REPORTING,
    )
    batch = Batch(
        BATCH,
        text,
        "run",
        "running",
        started_at=ago(9),
        tracks={text: told},
        gates={"g": asked},
        signals={"s": Signal("s", text, text, "g", text, (text,), NOW)},
        recent=(event(1, NOW, "note_added", track=text, text=text, by=text), Event(BATCH, 2, NOW, text, text, 1, {})),
    )
    return State({BATCH: batch})


@pytest.mark.parametrize("name", PANELS)
async def test_nothing_a_terminal_could_obey_leaves_a_panel(name: str) -> None:
    host = Host(shown(name, checkout()))
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for payload in (*ALL_PAYLOADS, "".join(ALL_PAYLOADS), "\n".join(ALL_PAYLOADS)):
            shown(name, hostile(payload), host.widget)
            for text in host.picture():
                assert forbidden(text) == [], (name, payload)
                assert "\n" not in text
                assert "\t" not in text


@pytest.mark.parametrize("name", PANELS)
async def test_markup_is_shown_as_it_is_and_presses_nothing(name: str) -> None:
    host = Host(shown(name, checkout()))
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for text in MARKUP:
            shown(name, hostile(text), host.widget)
            strips = host.widget.render_lines(host.widget.outer_size.region)
            assert text[:9] in "\n".join(strip.text for strip in strips)
            assert not any("@click" in segment.style.meta for strip in strips for segment in strip if segment.style)


# --- frames ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "top"),
    [
        ("tracks", "╭─ Tracks ───────────────────────────── sorted by need ─╮"),
        ("queue", "╭─ Gates ────────────────────────────────────── 3 open ─╮"),
        ("card", "╭─ Decide ─────────────────────────────────── via hook ─╮"),
        ("stages", "╭─ Stages  pay-webhook ─────────────────── wave 1 of 2 ─╮"),
        ("timeline", "╭─ Timeline ───────────────────────────────────── live ─╮"),
    ],
)
async def test_a_frame_names_the_panel_at_the_left_and_tells_its_note_at_the_right(name: str, top: str) -> None:
    host = Host(shown(name, checkout()))
    async with host.run_test(size=(57, 20)) as pilot:
        await pilot.pause()
        assert host.picture()[0] == top


def ground(host: Host) -> object:
    segment = next(iter(host.widget.render_lines(host.widget.outer_size.region)[0]))
    assert segment.style is not None
    return segment.style.bgcolor


async def test_another_theme_repaints_what_is_drawn() -> None:
    host = Host(shown("banner", checkout()))
    async with host.run_test(size=(80, 4)) as pilot:
        await pilot.pause()
        before = ground(host)
        host.theme = "textual-light"
        await pilot.pause()
        after = ground(host)
        assert before != after


async def test_a_note_without_room_is_left_out() -> None:
    host = Host(shown("stages", checkout()))
    async with host.run_test(size=(34, 20)) as pilot:
        await pilot.pause()
        assert host.picture()[0] == "╭─ Stages  pay-webhook ──────────╮"


async def test_the_note_is_drawn_whole_or_not_when_only_a_part_is_asked_for() -> None:
    host = Host(shown("queue", checkout()))
    async with host.run_test(size=(57, 20)) as pilot:
        await pilot.pause()
        region = host.widget.outer_size.region
        left = host.widget.render_lines(region.split_vertical(20)[0])[0].text
        assert left == "╭─ Gates ───────────"


async def test_a_held_order_is_told_in_the_frame() -> None:
    widget = TracksList()
    host = Host(widget)
    async with host.run_test(size=(100, 30)) as pilot:
        widget.show(present_tracks(checkout(), NOW, UNICODE))
        widget.focus()
        await pilot.pause()
        state = checkout()
        gone = replace(state.batches[BATCH], gates={COUNSEL.id: replace(COUNSEL, asked_at=ago(9))})
        widget.show(present_tracks(State({BATCH: gone}), NOW, UNICODE))
        await pilot.pause()
        assert "sorted by need, resting while you are here" in host.picture()[0]
        host.query_one(Other).focus()
        await pilot.pause()
        assert "sorted by need ─" in host.picture()[0]
        assert widget.order[0] == track_key("fix-auth-race")


@pytest.mark.parametrize("name", ["tracks", "queue", "card", "stages", "timeline"])
async def test_an_empty_panel_says_what_would_fill_it(name: str) -> None:
    host = Host(shown(name, empty()))
    async with host.run_test(size=(57, 20)) as pilot:
        await pilot.pause()
        lines = [line for line in host.inside() if line]
        assert lines
        assert all(line.startswith("  ") for line in lines)


# --- clicks ------------------------------------------------------------------------------------------------


async def test_a_click_on_an_option_marks_it() -> None:
    widget = GateCard()
    host = Host(widget)
    async with host.run_test(size=(60, 24)) as pilot:
        widget.show(present_card(checkout(), gate_key(COUNSEL), NOW, UNICODE, ZONE))
        await pilot.pause()
        lines = host.picture()
        for words in ("keep the plan", "type an answer", "waited 1:50"):
            y = next(place for place, line in enumerate(lines) if words in line)
            await pilot.click(GateCard, offset=(lines[y].index(words) + 2, y))
        await pilot.pause()
        marked = [one for one in host.posted if isinstance(one, GateCard.OptionMarked)]
        assert [(one.gate, one.revision, one.option) for one in marked] == [
            (gate_key(COUNSEL), 1, "b"),
            (gate_key(COUNSEL), 1, ""),
        ]


async def test_a_click_on_a_key_asks_for_its_action() -> None:
    widget = StatusLine()
    host = Host(widget)
    async with host.run_test(size=(80, 2)) as pilot:
        widget.show(present_status(checkout(), UNICODE, hints=(Hint("w", "next", "next-waiting"), Hint("q", "quit"))))
        await pilot.pause()
        for x in (1, 4, 9, 60):
            await pilot.click(StatusLine, offset=(x, 0))
        await pilot.pause()
        assert [one.action for one in host.posted if isinstance(one, StatusLine.HintPressed)] == ["next-waiting"] * 2


async def test_a_click_on_the_banner_goes_to_what_it_speaks_of() -> None:
    host = Host(shown("banner", checkout()))
    async with host.run_test(size=(80, 2)) as pilot:
        await pilot.click(Banner, offset=(5, 0))
        await pilot.pause()
        assert [one.target for one in host.posted if isinstance(one, Banner.Pressed)] == [gate_key(DEPLOY)]


# --- card and timeline -------------------------------------------------------------------------------------


def notes(count: int) -> State:
    recent = tuple(
        event(place, ago(0, 100 - place), "note_added", track="a", text=f"n{place}") for place in range(count)
    )
    return State({BATCH: replace(checkout().batches[BATCH], recent=recent)})


async def test_the_timeline_shows_its_top_until_it_is_read() -> None:
    widget = Timeline()
    host = Host(widget)
    async with host.run_test(size=(80, 11)) as pilot:
        widget.show(present_timeline(notes(20), UNICODE, ZONE))
        await pilot.pause()
        assert "notes: n19" in host.inside()[0]
        assert not any("▌" in line for line in host.inside())
        widget.show(present_timeline(notes(25), UNICODE, ZONE))
        await pilot.pause()
        assert "notes: n24" in host.inside()[0]
        widget.focus()
        widget.move(12)
        await pilot.pause()
        place = next(place for place, line in enumerate(host.inside()) if "▌" in line)
        assert "notes: n12" in host.inside()[place]
        widget.show(present_timeline(notes(30), UNICODE, ZONE))
        await pilot.pause()
        assert "notes: n12" in host.inside()[place]
        assert "▌" in host.inside()[place]
        host.query_one(Other).focus()
        await pilot.pause()
        assert "notes: n29" in host.inside()[0]
