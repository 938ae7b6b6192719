"""The command palette: every action, waiting gate, track and theme by name.

Names of gates and tracks are agents' words: they are handed over as plain content, never as markup (S-2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.app import ComposeResult
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.queries import GateKey, TrackKey, all_shown, gate_queue
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.ui.actions import ACTIONS, REPLAY
from orchestrator_tui.ui.available import why_not
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.screens.base import CockpitScreen
from orchestrator_tui.ui.screens.picture import PictureScreen
from orchestrator_tui.ui.widgets.banner import Banner

MOST_TRACKS = 2_000
"""Tracks that the palette looks through."""


@frozen
class Command:
    """One entry. ``words`` is what is searched and shown; ``at_once`` entries are listed before anything is typed."""

    words: str
    run: Callable[[], None]
    at_once: bool = False


class Commands(Provider):
    """The entries for the screen from which the palette was opened."""

    async def discover(self) -> Hits:
        for command in self._commands():
            if command.at_once:
                yield DiscoveryHit(Content(command.words), command.run, text=command.words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            score, places = matcher.fuzzy_search.match(query, command.words)
            if score > 0:
                shown = Content(command.words)
                for place in places:
                    shown = shown.stylize("bold underline", place, place + 1)
                yield Hit(score, shown, command.run, text=command.words)

    def _commands(self) -> Iterator[Command]:
        screen = self.screen
        if isinstance(screen, CockpitScreen):
            yield from action_commands(screen)
            yield from place_commands(screen)
            yield from theme_commands(screen)


def action_commands(screen: CockpitScreen) -> Iterator[Command]:
    """The actions of a screen that can run now."""
    desk = screen.desk
    here = {screen.SCOPE} if desk.transport is None else {screen.SCOPE, REPLAY}
    situation = desk.situation()
    for action in ACTIONS:
        if action.palette and action.scopes & here and why_not(action, situation) is None:
            keys = desk.keymap.first(action.id, ascii_only=desk.ascii_only)
            yield Command(f"{action.tooltip}  {keys}", partial(screen.action_run, action.id), at_once=True)


def place_commands(screen: CockpitScreen) -> Iterator[Command]:
    """The gates that wait and the tracks."""
    desk = screen.desk
    for gate in gate_queue(desk.state):
        words = (
            f"Gate {clean(track_of(desk.state.batches[gate.batch], gate), 60)}: {clean(gate.question.question, 120)}"
        )
        yield Command(words, partial(_go_to_gate, screen, GateKey(gate.batch, gate.id)), at_once=True)
    for count, track in enumerate(all_shown(desk.state)):
        if count >= MOST_TRACKS:
            break
        words = f"Track {clean(track.slug, 60)}: {clean(track.title, 120)}"
        yield Command(words, partial(_go_to_track, screen, TrackKey(track.batch, track.slug)))


def theme_commands(screen: CockpitScreen) -> Iterator[Command]:
    """The themes."""
    from orchestrator_tui.ui.app import Cockpit

    app = screen.app
    if isinstance(app, Cockpit):
        for name in app.theme_names():
            yield Command(f"Theme {name}", partial(app.use_theme, name))


def _go_to_gate(screen: CockpitScreen, key: GateKey) -> None:
    screen.go_to_gate(key)
    screen.desk.changed()


def _go_to_track(screen: CockpitScreen, key: TrackKey) -> None:
    screen.desk.choose_track(key)
    screen.do_details()
    screen.desk.changed()


class Palette(CommandPalette, PictureScreen):
    """The toolkit's palette with the banner above it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(providers=[Commands], placeholder="an action, a gate, a track or a theme")
        self.desk = desk

    def compose(self) -> ComposeResult:
        yield Banner()
        yield from super().compose()

    def on_mount(self) -> None:
        self.query_one(SearchIcon).icon = self.desk.glyphs.unknown
