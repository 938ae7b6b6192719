"""Lists: the cursor stays with its row, the order is held while focused, only changed lines are painted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot

from orchestrator_tui.core.model import Activity, State
from orchestrator_tui.core.queries import TrackKey
from orchestrator_tui.ui.present.cells import Line, Part, fit_line
from orchestrator_tui.ui.present.columns import Column
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.rows import LazyRows
from orchestrator_tui.ui.present.tracks import present_tracks
from orchestrator_tui.ui.widgets.line_list import LineList
from orchestrator_tui.ui.widgets.tracks import TracksList
from tests.ui.states import BATCH, NOW, ago, checkout, many, track_key, with_track
from tests.ui.widgets.hosting import Host, Other


class Names(LineList[str]):
    """A list of names."""

    DEFAULT_CSS = "Names { border: round $border-blurred; }"

    def show(self, names: Iterable[str], make: Callable[[str], str] = str) -> None:
        self.show_rows(LazyRows(names, make), ("Nobody.",), UNICODE)

    def row_line(self, row: str, columns: tuple[Column, ...], width: int) -> Line:
        return fit_line((Part("  "), Part(row)), width)


def hosted(names: Iterable[str] = "abcdef") -> tuple[Host, Names]:
    widget = Names()
    widget.show(names)
    return Host(widget), widget


def selections(host: Host) -> list[tuple[str | None, bool]]:
    return [(one.key, one.by_itself) for one in host.posted if isinstance(one, LineList.Selected)]


async def shown(pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    host = pilot.app
    assert isinstance(host, Host)
    return [line for line in host.inside() if line]


# --- selection ---------------------------------------------------------------------------------------------


async def test_the_first_row_is_selected_and_marked() -> None:
    host, widget = hosted()
    async with host.run_test(size=(20, 10)) as pilot:
        assert await shown(pilot) == [" ▌a", "  b", "  c", "  d", "  e", "  f"]
        assert widget.selected == "a"
        assert selections(host) == [("a", True)]


async def test_the_cursor_stays_with_its_row_when_rows_come_go_and_change_place() -> None:
    host, widget = hosted()
    async with host.run_test(size=(20, 10)) as pilot:
        widget.select("c")
        for names, place in (("xyabcdef", 4), ("cab", 0), ("zc", 1), ("fedcba", 3)):
            widget.show(names)
            drawn = await shown(pilot)
            assert widget.selected == "c"
            assert drawn[place] == " ▌c"
            assert sum("▌" in line for line in drawn) == 1


async def test_a_row_that_is_gone_gives_its_cursor_to_the_one_in_its_place() -> None:
    host, widget = hosted()
    async with host.run_test(size=(20, 10)) as pilot:
        widget.select("c")
        widget.show("abdef")
        await pilot.pause()
        assert widget.selected == "d"
        widget.show("ab")
        await pilot.pause()
        assert widget.selected == "b"
        widget.show("")
        assert await shown(pilot) == ["  Nobody."]
        assert selections(host) == [("a", True), ("c", False), ("d", True), ("b", True), (None, True)]


async def test_the_cursors_ground_comes_and_goes_with_the_focus() -> None:
    host, widget = hosted()

    def grounds() -> list[object]:
        region = widget.outer_size.region
        return [[*strip][1].style.bgcolor for strip in widget.render_lines(region)[1:3]]

    async with host.run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        assert len(set(map(str, grounds()))) == 1
        widget.focus()
        await pilot.pause()
        assert len(set(map(str, grounds()))) == 2
        host.query_one(Other).focus()
        await pilot.pause()
        assert len(set(map(str, grounds()))) == 1


async def test_moving_by_lines_pages_and_to_the_ends() -> None:
    host, widget = hosted(f"n{number:02d}" for number in range(50))
    async with host.run_test(size=(20, 13)) as pilot:
        widget.move(1)
        assert widget.selected == "n01"
        widget.move(-5)
        assert widget.selected == "n00"
        widget.move_page(1)
        assert widget.selected == "n09"
        widget.move_to_end(last=True)
        assert (await shown(pilot))[-1].startswith(" ▌n49")
        widget.move_to_end(last=False)
        assert (await shown(pilot))[0].startswith(" ▌n00")
        widget.select("n30")
        assert any(line.startswith(" ▌n30") for line in await shown(pilot))
        widget.select("nobody")
        assert widget.selected == "n30"


async def test_a_click_selects_and_a_second_one_opens() -> None:
    host, widget = hosted()
    async with host.run_test(size=(20, 10)) as pilot:
        await pilot.click(Names, offset=(5, 4))
        assert widget.selected == "d"
        await pilot.double_click(Names, offset=(5, 2))
        await pilot.pause()
        assert [one.key for one in host.posted if isinstance(one, LineList.Opened)] == ["b"]
        await pilot.click(Names, offset=(5, 8))
        assert widget.selected == "b"


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    host, widget = hosted(f"n{number:02d}" for number in range(50))
    async with host.run_test(size=(20, 13)) as pilot:
        await pilot.pause()
        for _ in range(3):
            widget.post_message(MouseScrollDown(widget, 3, 3, 0, 1, 0, False, False, False, 3, 3))
            await pilot.pause()
        await pilot.wait_for_scheduled_animations()
        assert not (await shown(pilot))[0].startswith(" ▌n00")
        assert widget.selected == "n00"


# --- order -------------------------------------------------------------------------------------------------


async def test_a_focused_list_keeps_its_order_until_the_focus_leaves() -> None:
    host, widget = hosted()
    async with host.run_test(size=(20, 12)) as pilot:
        widget.focus()
        await pilot.pause()
        widget.show("fedcba")
        assert (widget.order, widget.order_held) == (tuple("abcdef"), True)
        widget.show("xfebca")
        assert widget.order == tuple("abcefx")
        host.query_one(Other).focus()
        await pilot.pause()
        assert (widget.order, widget.order_held) == (tuple("xfebca"), False)
        assert widget.selected == "a"
        assert (await shown(pilot))[-1] == " ▌a"


async def test_a_list_without_the_focus_is_sorted_at_once() -> None:
    host, widget = hosted()
    async with host.run_test(size=(20, 12)):
        widget.show("fedcba")
        assert widget.order == tuple("fedcba")


async def test_the_selected_row_stays_at_its_place_on_the_screen() -> None:
    names = [f"n{number:02d}" for number in range(40)]
    host, widget = hosted(names)
    async with host.run_test(size=(20, 13)) as pilot:
        widget.select("n20")
        await pilot.pause()
        before = (await shown(pilot)).index(" ▌n20")
        widget.show([f"x{number}" for number in range(5)] + names)
        await pilot.pause()
        after = [line.rstrip("▁▂▃▄▅▆▇█ ") for line in await shown(pilot)].index(" ▌n20")
        assert after == before


# --- painting ----------------------------------------------------------------------------------------------


def counted(monkeypatch: pytest.MonkeyPatch, widget: type[TracksList]) -> Counter[int]:
    painted: Counter[int] = Counter()
    original = widget.render_line

    def render_line(self: TracksList, y: int) -> object:
        painted[y] += 1
        return original(self, y)

    monkeypatch.setattr(widget, "render_line", render_line)
    return painted


def busy(state: State, slug: str, words: str) -> State:
    track = state.batches[BATCH].tracks[slug]
    return with_track(state, replace(track, activity=Activity(words, ago(0, 3))))


async def test_only_the_line_that_changed_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = TracksList()
    host = Host(widget)
    async with host.run_test(size=(100, 30)) as pilot:
        widget.show(present_tracks(checkout(), NOW, UNICODE))
        await pilot.pause()
        painted = counted(monkeypatch, TracksList)
        widget.show(present_tracks(busy(checkout(), "rate-limit", "Bash make check"), NOW, UNICODE))
        await pilot.pause()
        place = 1 + list(widget.order).index(track_key("rate-limit"))
        assert painted == Counter({place: 1})
        assert "Bash make check" in host.inside()[place]


async def test_nothing_is_painted_when_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = TracksList()
    host = Host(widget)
    async with host.run_test(size=(100, 30)) as pilot:
        widget.show(present_tracks(checkout(), NOW, UNICODE))
        await pilot.pause()
        painted = counted(monkeypatch, TracksList)
        for _ in range(5):
            widget.show(present_tracks(checkout(), NOW, UNICODE))
            await pilot.pause()
        assert painted == Counter()


async def test_moving_the_cursor_paints_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = TracksList()
    host = Host(widget)
    async with host.run_test(size=(100, 30)) as pilot:
        widget.show(present_tracks(checkout(), NOW, UNICODE))
        await pilot.pause()
        painted = counted(monkeypatch, TracksList)
        widget.move(1)
        await pilot.pause()
        assert painted == Counter({1: 1, 2: 1})


async def test_a_second_later_only_ages_that_are_waited_for_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    widget, at = TracksList(), NOW.plus(-(NOW.boot_ms % 5_000))
    host = Host(widget)

    def ages(milliseconds: int) -> list[str]:
        widget.show(present_tracks(checkout(), at.plus(milliseconds), UNICODE))
        assert widget.view is not None
        return [widget.view.rows[key].age for key in widget.order]

    async with host.run_test(size=(100, 30)) as pilot:
        first = ages(0)
        await pilot.pause()
        painted = counted(monkeypatch, TracksList)
        second = ages(1_000)
        await pilot.pause()
        differ = {place for place, (one, other) in enumerate(zip(first, second, strict=True), 1) if one != other}
        aged = {place for place, one in enumerate(first, 1) if one}
        assert set(painted) == differ
        assert differ
        assert differ < aged
        ages(5_000)
        await pilot.pause()
        assert set(painted) == aged


async def test_of_a_thousand_rows_only_those_in_sight_are_made() -> None:
    made: list[str] = []
    widget = Names()
    host = Host(widget)

    def make(name: str) -> str:
        made.append(name)
        return name

    async with host.run_test(size=(40, 13)) as pilot:
        widget.show([f"n{number:04d}" for number in range(1000)], make)
        await pilot.pause()
        assert len(made) <= 12
        widget.move_to_end(last=True)
        assert any("n0999" in line for line in await shown(pilot))
        assert len(made) <= 36


async def test_a_thousand_tracks_scroll_with_a_bar_and_keep_the_width() -> None:
    widget = TracksList()
    host = Host(widget)
    async with host.run_test(size=(80, 20)) as pilot:
        widget.show(present_tracks(many(1000), NOW, UNICODE))
        widget.select(TrackKey(BATCH, "track-0500"))
        await pilot.pause()
        assert widget.show_vertical_scrollbar
        assert any("▌● track-0500" in line for line in host.inside())
        assert {len(line) for line in host.picture()} == {80}


async def test_a_new_width_lays_out_anew() -> None:
    widget = TracksList()
    host = Host(widget)
    async with host.run_test(size=(120, 30)) as pilot:
        widget.show(present_tracks(checkout(), NOW, UNICODE))
        await pilot.pause()
        assert "KIND" in host.inside()[0]
        await pilot.resize_terminal(50, 30)
        await pilot.pause()
        assert "KIND" not in host.inside()[0]
        assert "COST" in host.inside()[0]
        widget.heading = False
        await pilot.pause()
        assert "pay-webhook" in host.inside()[0]
