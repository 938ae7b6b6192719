"""The main screen: tracks, gates, the card, stages and the timeline, side by side or stacked (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TypeVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.widget import Widget

from orchestrator_tui.core.model import State
from orchestrator_tui.core.queries import GateKey, TrackKey, needs_person
from orchestrator_tui.ui.actions import MAIN
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.card import present_card
from orchestrator_tui.ui.present.headline import present_headline
from orchestrator_tui.ui.present.queue import present_queue
from orchestrator_tui.ui.present.stages import present_stages
from orchestrator_tui.ui.present.timeline import present_timeline
from orchestrator_tui.ui.present.tracks import FILTERS, ORDERS, past_lines, present_tracks
from orchestrator_tui.ui.present.words import title_words
from orchestrator_tui.ui.screens.answering import AnsweringScreen
from orchestrator_tui.ui.screens.replaying import ReplayActions
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.card import GateCard
from orchestrator_tui.ui.widgets.headline import Headline
from orchestrator_tui.ui.widgets.line_list import LineList
from orchestrator_tui.ui.widgets.line_view import LineView
from orchestrator_tui.ui.widgets.queue import GateQueue
from orchestrator_tui.ui.widgets.stages import StageProgress, StageStrip
from orchestrator_tui.ui.widgets.status_line import StatusLine
from orchestrator_tui.ui.widgets.still import Column, Row
from orchestrator_tui.ui.widgets.timeline import Timeline
from orchestrator_tui.ui.widgets.tracks import TracksList

K = TypeVar("K", bound=Hashable)


class MainScreen(ReplayActions, AnsweringScreen):
    """Everything at a glance, every gate answerable from every panel."""

    SCOPE = MAIN

    headline = getters.query_one(Headline)
    tracks = getters.query_one(TracksList)
    queue = getters.query_one(GateQueue)
    card_panel = getters.query_one(GateCard)
    stages = getters.query_one(StageProgress)
    strip = getters.query_one(StageStrip)
    timeline = getters.query_one(Timeline)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown_wide = True
        self._at_gate: GateKey | None = None
        self._at_track: TrackKey | None = None
        self._told_of: State | None = None

    def compose(self) -> ComposeResult:
        yield Headline()
        yield Banner()
        with Row(id="body"):
            with Column(id="right"):
                yield GateQueue()
                yield GateCard()
            with Column(id="left"):
                yield TracksList()
                yield StageProgress()
        yield Timeline()
        yield StageStrip()
        yield from self.compose_transport()
        yield StatusLine()

    # --- showing -------------------------------------------------------------------------------------------

    def show_parts(self) -> None:
        super().show_parts()
        desk, now = self.desk, self.desk.now()
        state, glyphs = desk.state, desk.glyphs
        mode = desk.session.mode
        self.headline.show(self.ended(present_headline(state, now, glyphs, mode=mode)))
        self.queue.show(present_queue(state, now, glyphs, search=desk.scope.search))
        self.show_activity()
        desk.stand_by_card(self.tracks.lists)
        stages = present_stages(state, desk.track_key, now, glyphs)
        if self.is_wide:
            self.card_panel.show(present_card(state, desk.card.key, now, glyphs, desk.zone, given=desk.card_input))
            self.stages.show(stages)
            if state is not self._told_of:
                # No age ticks in the timeline: it is made anew only when something has happened.
                self._told_of = state
                self.timeline.show(present_timeline(state, glyphs, desk.zone, mode=mode))
        else:
            self.strip.show(stages)
        self.show_transport()
        self._follow_desk()

    def show_activity(self) -> None:
        if self.is_composed:
            desk, live = self.desk, self.desk.live
            self.tracks.show(
                present_tracks(
                    desk.state,
                    desk.now(),
                    desk.glyphs,
                    scope=desk.scope,
                    activity=live.activity,
                    empty=(*live.empty, *self._past_lines()),
                )
            )

    def _past_lines(self) -> tuple[str, ...]:
        """That batches which are over can be replayed, and by which key; nothing where none can."""
        desk = self.desk
        if desk.replays is None:
            return ()
        titles = [title_words(one.title, one.batch) for one in desk.live.past]
        return past_lines(titles, desk.keymap.first("replay-past", ascii_only=desk.ascii_only))

    def _follow_desk(self) -> None:
        """Bring the lists' selections to the card's gate and the selected track, when those or their rows have come.

        Only then: a list that a key has just moved tells the desk by a message, which is still on its way.
        """
        self._at_gate = self._bring(self.queue, self.desk.card.key, self._at_gate)
        self._at_track = self._bring(self.tracks, self.desk.track_key, self._at_track)

    def _bring(self, rows: LineList[K], key: K | None, before: K | None) -> K | None:
        """Where the selection was brought: to ``key``, unless it was there ``before``; nowhere while it has no row."""
        if key is None or not rows.lists(key):
            return None
        if key != before:
            with self.prevent(LineList.Selected):
                rows.select(key)
        return key

    @property
    def footer(self) -> str:
        if self.desk.transport is not None:
            return "replay"
        return "main" if self.is_wide else "main-narrow"

    def on_resize(self, event: events.Resize) -> None:
        # The panels lay themselves out anew; only other panels, or other headings, need the desk.
        if self.is_wide != self._shown_wide:
            self._shown_wide = self.is_wide
            self.queue.heading = self.tracks.heading = self.is_wide
            self.show_picture()

    # --- selecting -----------------------------------------------------------------------------------------

    @on(LineList.Selected, "GateQueue")
    def _gate_selected(self, event: LineList.Selected) -> None:
        if event.key is None or event.key == self.desk.card.key or _is_past(event):
            return
        if event.by_itself:
            # The card keeps showing what became of its gate, but none that a search hides and that still waits. Where
            # no card is in sight, the row is the card.
            gate = self.desk.gate
            if self.card_in_sight and (gate is None or not needs_person(gate)):
                return
            self.desk.choose_gate(event.key, by_key=False)
        else:
            self.desk.choose_gate(event.key)
        self.desk.changed()

    @on(LineList.Selected, "TracksList")
    def _track_selected(self, event: LineList.Selected) -> None:
        if event.key is None or event.key == self.desk.track_key or _is_past(event):
            return
        if event.by_itself:
            self.desk.stand_on(event.key)
        else:
            self.desk.choose_track(event.key)
        self.desk.changed()

    @on(LineList.Opened)
    def _row_opened(self, event: LineList.Opened) -> None:
        if isinstance(event.key, GateKey):
            self.desk.choose_gate(event.key)
            self.open_gate()
        elif isinstance(event.key, TrackKey):
            self.desk.choose_track(event.key)
            self.do_details()
        else:
            self._open_event(event.key)

    def _open_event(self, key: tuple[str, int]) -> None:
        """Open the track that an event of the timeline is about."""
        batch = self.desk.state.batches.get(key[0])
        for event in () if batch is None else batch.recent:
            if event.seq == key[1] and batch is not None:
                gate = batch.gates.get(str(event.payload.get("gate", "")))
                slug = gate.track if gate is not None else str(event.payload.get("track", ""))
                if slug in batch.tracks:
                    self.desk.choose_track(TrackKey(batch.id, slug))
                    self.do_details()

    # --- moving --------------------------------------------------------------------------------------------

    @property
    def panel(self) -> LineView | None:
        """The focused panel; without one, the list where most is to do, which then gets the focus."""
        if isinstance(self.focused, LineView):
            return self.focused
        home: Widget = self.queue if self.queue.order else self.tracks
        self.set_focus(home)
        return self.queue if home is self.queue else self.tracks

    def do_next_waiting(self) -> None:
        gate = self.desk.gate
        if gate is not None and needs_person(gate) and not self.card_in_sight:
            # The gate in the selected row waits too and was not seen yet: it is the next one.
            self.open_gate()
        else:
            super().do_next_waiting()

    def go_to_gate(self, key: GateKey) -> None:
        self.desk.choose_gate(key)
        self._follow_desk()
        if not self.card_in_sight:
            self.open_gate()

    def do_enlarge(self) -> None:
        self.open_gate()

    def open_gate(self) -> None:
        """Show the gate on the card on a screen of its own."""
        from orchestrator_tui.ui.screens.gate import GateScreen

        if self.desk.gate is not None and not isinstance(self.app.screen, GateScreen):
            self.app.push_screen(GateScreen(self.desk))

    def leave(self) -> None:
        if self.desk.scope.search:
            self.desk.search("")
        elif self.focused is not None:
            self.set_focus(None)

    # --- answering where no card is in sight ---------------------------------------------------------------

    @property
    def card_in_sight(self) -> bool:
        """Whether the person can read the gate that the keys would answer."""
        return bool(self.card_panel.display)

    def mark_option(self, option: str) -> None:
        super().mark_option(option)
        if not self.card_in_sight:
            self.open_gate()

    def card_has_the_word(self) -> bool:
        gate = self.desk.gate
        undelivered = gate is not None and gate.undelivered and isinstance(self.focused, GateQueue | None)
        return self.card_in_sight and (undelivered or isinstance(self.focused, GateCard))

    def open_selected(self) -> None:
        if self.focused is None and self.desk.gate is not None:
            self.open_gate()
            return
        panel = self.panel
        if isinstance(panel, LineList):
            panel.open_selected()
        elif isinstance(panel, StageProgress):
            self.do_details()

    def do_replay_past(self) -> None:
        from orchestrator_tui.ui.screens.past import replay_past

        replay_past(self)

    # --- what is listed ------------------------------------------------------------------------------------

    def do_search(self) -> None:
        from orchestrator_tui.ui.screens.search import SearchBar

        if not self.query(SearchBar):
            self.mount(SearchBar(self.desk), before=self.status)

    def do_sort(self) -> None:
        scope = self.desk.scope
        order = _after(tuple(ORDERS), scope.order)
        self.desk.scope = replace(scope, order=order)
        self.desk.tell(f"tracks are sorted by {order}")

    def do_filter(self) -> None:
        scope = self.desk.scope
        only = _after(FILTERS, scope.only)
        self.desk.scope = replace(scope, only=only)
        self.desk.tell("all tracks are listed" if only == "all" else f"only {only} tracks are listed")


def _is_past(event: LineList.Selected) -> bool:
    """Whether a list that moved its selection by itself has been brought elsewhere since."""
    return event.by_itself and event.key != event.line_list.selected


def _after(words: tuple[str, ...], word: str) -> str:
    return words[(words.index(word) + 1) % len(words)]
