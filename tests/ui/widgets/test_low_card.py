"""The card on a low screen: what must stay in sight, what can be unfolded, and that it settles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.model import (
    State,
)
from orchestrator_tui.ui.present.card import CardInput, CardView, present_card
from orchestrator_tui.ui.present.card_lines import card_lines
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.widgets.card import GateCard
from tests.ui.states import (
    BATCH,
    COUNSEL,
    DEPLOY,
    NOW,
    ZONE,
    checkout,
    gate_key,
)
from tests.ui.widgets.hosting import Host


async def test_a_low_card_keeps_options_and_confirmation_in_sight() -> None:
    context = "\n".join(f"line {number}" for number in range(80))
    long = replace(DEPLOY, question=replace(DEPLOY.question, context=context))
    batch = replace(checkout().batches[BATCH], gates={long.id: long})
    widget = GateCard()
    host = Host(widget)
    async with host.run_test(size=(50, 22)) as pilot:
        widget.show(present_card(State({BATCH: batch}), gate_key(long), NOW, UNICODE, ZONE))
        await pilot.pause()
        text = "\n".join(host.inside())
        assert "3  stop here" in text
        assert "Type pay-webhook to confirm" in text
        assert not widget.show_vertical_scrollbar


async def test_another_gate_starts_at_the_top_and_the_same_one_stays() -> None:
    long = replace(DEPLOY, question=replace(DEPLOY.question, question="why? " * 300))
    state = State({BATCH: replace(checkout().batches[BATCH], gates={long.id: long, COUNSEL.id: COUNSEL})})
    widget = GateCard()
    host = Host(widget)
    async with host.run_test(size=(50, 14)) as pilot:
        widget.show(present_card(state, gate_key(long), NOW, UNICODE, ZONE))
        await pilot.pause()
        widget.move(1)
        widget.move(5)
        await pilot.pause()
        assert widget.scroll_offset.y == 5
        widget.show(present_card(state, gate_key(long), NOW.plus(1000), UNICODE, ZONE))
        await pilot.pause()
        assert widget.scroll_offset.y == 5
        widget.move_to_end(last=True)
        await pilot.pause()
        assert "confirm" in host.inside()[-1]
        widget.show(present_card(state, gate_key(COUNSEL), NOW, UNICODE, ZONE))
        await pilot.pause()
        assert widget.scroll_offset.y == 0


async def test_all_of_a_long_card_can_be_read_and_marking_brings_the_options_back() -> None:
    context = "\n".join(f"line {number}." for number in range(80))
    long = replace(DEPLOY, question=replace(DEPLOY.question, context=context))
    state = State({BATCH: replace(checkout().batches[BATCH], gates={long.id: long})})
    widget = GateCard()
    host = Host(widget)

    def view(**given: Any) -> CardView:
        return present_card(state, gate_key(long), NOW, UNICODE, ZONE, given=CardInput(**given))

    async with host.run_test(size=(50, 22)) as pilot:
        widget.show(view())
        widget.focus()
        await pilot.pause()
        assert "PgDn shows all" in host.picture()[-1]
        read = set(host.inside())
        for _ in range(12):
            widget.move_page(1)
            await pilot.pause()
            read |= set(host.inside())
        assert {f" line {number}." for number in range(80)} <= read
        widget.show(view(marks=(DEPLOY.question.options[0].key,)))
        await pilot.pause()
        assert any("● 1" in line for line in host.inside())
        assert "Type pay-webhook to confirm" in host.inside()[-1]
        place = next(y for y, line in enumerate(host.inside()) if "more lines" in line)
        await pilot.click(GateCard, offset=(4, place + 1))
        assert " line 9." in host.inside()


async def test_a_card_that_only_closed_up_is_not_called_shortened() -> None:
    widget = GateCard()
    host = Host(widget)
    short = replace(DEPLOY, question=replace(DEPLOY.question, context=""))
    state = State({BATCH: replace(checkout().batches[BATCH], gates={short.id: short})})
    view = present_card(state, gate_key(short), NOW, UNICODE, ZONE)
    full = len(card_lines(view, 46))
    async with host.run_test(size=(48, full + 2)) as pilot:
        widget.show(view)
        await pilot.pause()
        assert widget.size.height == full - 1
        assert len([line for line in host.inside() if line]) == len([line for line in card_lines(view, 46) if line])
        assert set(host.picture()[-1]) <= set("╰─╯")


@pytest.mark.parametrize("height", range(8, 24, 3))
async def test_a_card_settles_at_every_size(height: int) -> None:
    """The text keeps its width whether or not all of it fits, and what does not fit is told."""
    for context in ("", "word " * 12, "word " * 60, "word " * 900):
        long = replace(DEPLOY, question=replace(DEPLOY.question, context=context))
        state = State({BATCH: replace(checkout().batches[BATCH], gates={long.id: long})})
        widget = GateCard()
        host = Host(widget)
        async with host.run_test(size=(48, height)) as pilot:
            widget.show(present_card(state, gate_key(long), NOW, UNICODE, ZONE))
            await pilot.pause()
            assert widget.size.width == 46
            below = widget.virtual_size.height - widget.size.height
            assert ("below" in host.picture()[-1]) is (below > 0)
            widget.move_to_end(last=True)
            await pilot.pause()
            assert "below" not in host.picture()[-1]
            assert "confirm" in "".join(host.inside())
