"""Panels that stand still while others change: they are not painted again, and look right when they are."""

from __future__ import annotations

from typing import Any

import pytest
from textual.geometry import Region
from textual.widget import Widget

from orchestrator_tui.ui.widgets.still import Still
from tests.ui.app.driving import opened


async def test_a_tick_paints_what_ages_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: set[str] = set()
    paint = Still.paint_lines

    def noted(self: Still, crop: Region) -> Any:
        painted.add(type(self).__name__)
        return paint(self, crop)

    async with opened() as driven:
        await driven.settle()
        monkeypatch.setattr(Still, "paint_lines", noted)
        driven.session.manual.advance(1_000)
        driven.app.tick()
        await driven.settle()
        assert {"TracksList", "GateQueue", "Headline"} <= painted
        assert not painted & {"MainScreen", "Row", "Column", "Timeline", "StatusLine"}


async def test_what_is_kept_looks_as_if_it_were_painted_anew() -> None:
    async with opened() as driven:
        await driven.settle()
        for keys in (("tab",), ("tab", "j"), ("w",), ("j",), ("k",)):
            driven.session.manual.advance(1_000)
            driven.app.tick()
            await driven.press(*keys)
            await driven.settle()
            kept = _lines(driven.app.screen)
            for widget in driven.app.screen.walk_children(Widget, with_self=True):
                widget._set_dirty()
            assert _lines(driven.app.screen) == kept, keys


def _lines(screen: Any) -> list[str]:
    return [strip.text for strip in screen._compositor.render_strips()]
