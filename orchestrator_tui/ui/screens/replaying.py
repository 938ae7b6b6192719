"""Moving through a replay, for a screen whose session offers a transport."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from textual import on
from textual.app import ComposeResult

from orchestrator_tui.ui.actions import BY_ID
from orchestrator_tui.ui.present.cells import Line, Part, clean
from orchestrator_tui.ui.present.headline import HeadlineView
from orchestrator_tui.ui.present.status import Hint
from orchestrator_tui.ui.present.transport import present_transport
from orchestrator_tui.ui.screens.base import CockpitScreen
from orchestrator_tui.ui.transport import Transport, gate_beside, parse_time, speed_beside
from orchestrator_tui.ui.widgets.transport import TransportBar

TEN_SECONDS_MS = 10_000

_PAIRS = (
    ("transport-play",),
    ("transport-back", "transport-forward"),
    ("transport-event-before", "transport-event-next"),
    ("transport-gate-before", "transport-gate-next"),
    ("transport-time",),
    ("transport-slower", "transport-faster"),
    ("transport-snapshot",),
)


class ReplayActions(CockpitScreen):
    """The transport bar and its keys; without a transport neither is there."""

    def compose_transport(self) -> ComposeResult:
        """The bar, when the session offers a transport."""
        if self.desk.transport is not None:
            yield TransportBar()

    def show_transport(self) -> None:
        """Show where the replay is."""
        transport = self.desk.transport
        if transport is None:
            return
        view = present_transport(
            position_ms=transport.position_ms,
            duration_ms=transport.duration_ms,
            event=transport.event,
            events=transport.events,
            marks=[(mark.position_ms, mark.kind) for mark in transport.marks],
            playing=transport.playing,
            speed=transport.speed,
            hints=tuple(self._hints()),
            glyphs=self.desk.glyphs,
        )
        self.query_one(TransportBar).show(view)

    def ended(self, view: HeadlineView) -> HeadlineView:
        """The headline with how the batch ended, when a replay knows it."""
        transport = self.desk.transport
        if transport is None or not transport.ended:
            return view
        # How it ended is what a batch is at that nothing runs for; of a run, what it is at right then goes before.
        how, _, counted = clean(transport.ended, 200).partition(" with ")
        end: tuple[Line, ...] = tuple((Part(text, "quiet"),) for text in (how, counted) if text)
        if view.facts:
            end = ((Part(f"in the end {clean(transport.ended, 200)}", "quiet"),),)
        return replace(view, facts=(*view.facts, *end))

    def _hints(self) -> Iterator[Hint]:
        keymap, ascii_only = self.desk.keymap, self.desk.ascii_only
        for pair in _PAIRS:
            keys = [keymap.first(name, ascii_only=ascii_only) for name in pair]
            gap = "" if all(len(key) == 1 and not key.isalnum() and key not in "[]<>" for key in keys) else " "
            yield Hint(gap.join(keys), BY_ID[pair[-1]].label, pair[-1])

    @on(TransportBar.Sought)
    def _sought(self, event: TransportBar.Sought) -> None:
        transport = self.desk.transport
        if transport is not None:
            transport.seek(round(event.fraction * transport.duration_ms))
            self.desk.changed()

    @on(TransportBar.HintPressed)
    def _transport_hint_pressed(self, event: TransportBar.HintPressed) -> None:
        self.action_run(event.action)

    def _transport(self) -> Transport:
        transport = self.desk.transport
        assert transport is not None, "the replay's keys are bound only where there is a transport"
        return transport

    def do_transport_play(self) -> None:
        transport = self._transport()
        if not transport.playing and transport.position_ms >= transport.duration_ms:
            transport.seek(0)
        transport.play(not transport.playing)

    def do_transport_back(self) -> None:
        self._transport().seek(self._transport().position_ms - TEN_SECONDS_MS)

    def do_transport_forward(self) -> None:
        self._transport().seek(self._transport().position_ms + TEN_SECONDS_MS)

    def do_transport_event_before(self) -> None:
        self._transport().step(-1)

    def do_transport_event_next(self) -> None:
        self._transport().step(1)

    def do_transport_gate_before(self) -> None:
        self._go_to_mark(-1)

    def do_transport_gate_next(self) -> None:
        self._go_to_mark(1)

    def _go_to_mark(self, direction: int) -> None:
        place = gate_beside(self._transport(), direction)
        if place is None:
            self.desk.tell("there is no gate " + ("after" if direction > 0 else "before") + " this", refused=True)
        else:
            self._transport().seek(place)

    def do_transport_time(self) -> None:
        from orchestrator_tui.ui.screens.dialogs import TextDialog

        self.ask(
            TextDialog(
                self.desk,
                title="Go to a time",
                told="Seconds, minutes:seconds or hours:minutes:seconds from the start.",
                then=lambda text: self._transport().seek(parse_time(text) or 0),
                check=lambda text: None if parse_time(text) is not None else "write a time such as 1:02:18",
            )
        )

    def do_transport_slower(self) -> None:
        self._transport().set_speed(speed_beside(self._transport().speed, -1))

    def do_transport_faster(self) -> None:
        self._transport().set_speed(speed_beside(self._transport().speed, 1))

    def do_transport_snapshot(self) -> None:
        self.do_snapshot()
