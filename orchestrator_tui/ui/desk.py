"""What the screens share: the picture, the card, the selected track, order and filter. No widget, no toolkit.

The card moves by itself in two cases only, and then its keys rest: its gate got a new revision, or its gate ended a
while ago, so that the end was seen, and another one waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from orchestrator_tui.core.commands import (
    Cancel,
    Command,
    Decide,
    Nudge,
    Pause,
    Publish,
    Redeliver,
    Rescue,
    Resume,
    Retry,
    Skip,
    Snooze,
    Stop,
    Tell,
    Undo,
)
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Gate, State, Track
from orchestrator_tui.core.queries import (
    GateKey,
    TrackKey,
    find_gate,
    find_track,
    gate_queue,
    tracks_by_need,
    waiting_gates,
)
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.runtime.ports import Adder, Connector, Evidence, Live, Outcome, Panes, Replays, Session, Snapshot
from orchestrator_tui.ui.available import Situation
from orchestrator_tui.ui.deciding import Card, follow, lay
from orchestrator_tui.ui.keymap import Keymap
from orchestrator_tui.ui.present.card import CardInput
from orchestrator_tui.ui.present.glyphs import ASCII, UNICODE, Glyphs
from orchestrator_tui.ui.present.tracks import TrackScope
from orchestrator_tui.ui.transport import Transport, transport_of

LINGER_MS = 10_000
"""For this long a gate that ended stays on the card, so that its end is seen."""


class Desk:
    """The state of the screens. Whoever changes it calls ``changed`` afterwards, so that the screens show it.

    ``notice`` is one line on what was just done or, when ``notice_refused``, why it was not.
    """

    def __init__(
        self,
        session: Session,
        *,
        keymap: Keymap | None = None,
        evidence: Evidence | None = None,
        panes: Panes | None = None,
        connector: Connector | None = None,
        adder: Adder | None = None,
        replays: Replays | None = None,
        snapshots: Path | None = None,
        ascii_only: bool = False,
        zone: tzinfo | None = None,
    ) -> None:
        """``snapshots`` is where pictures of the screen go; the current directory when it is None."""
        self.session = session
        self.keymap = keymap or Keymap()
        self.evidence = evidence
        self.panes = panes
        self.connector = connector
        self.adder = adder
        self.replays = replays
        self.snapshots = snapshots
        self.transport: Transport | None = transport_of(session)
        self.ascii_only = ascii_only
        self.glyphs: Glyphs = ASCII if ascii_only else UNICODE
        self.zone: tzinfo = zone or datetime.now().astimezone().tzinfo or UTC
        self.notice = ""
        self.notice_refused = False
        self.changed: Callable[[], None] = _nothing
        self.picture: Snapshot = session.snapshot()
        self.card = Card()
        self.track_key: TrackKey | None = None
        self._chosen = False
        self.scope = TrackScope()
        self.settle()

    # --- what is there -------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The state that is shown."""
        return self.picture.state

    @property
    def live(self) -> Live:
        """What is shown beside the journal."""
        return self.picture.live

    @property
    def gate(self) -> Gate | None:
        """The gate on the card, in its newest revision."""
        return None if self.card.key is None else find_gate(self.state, self.card.key)

    @property
    def track(self) -> Track | None:
        """The selected track."""
        return None if self.track_key is None else find_track(self.state, self.track_key)

    @property
    def card_input(self) -> CardInput:
        """What the person has done on the card, for its presenter."""
        card = self.card
        return CardInput(card.marked, card.page, card.typing or "", card.armed, card.text)

    def now(self) -> Instant:
        """The session's time: in a replay, the place that is shown."""
        return self.session.clock.now()

    def situation(self) -> Situation:
        """What the judgement of an action rests on."""
        return Situation(
            state=self.state,
            now=self.now(),
            card=self.card,
            gate=self.gate,
            track=self.track,
            read_only="" if self.transport is None else "a replay can be looked at, not changed",
            evidence=frozenset(kind for kind, port in self._ports() if port is not None),
        )

    def _track_of(self, gate: Gate) -> TrackKey:
        return TrackKey(gate.batch, track_of(self.state.batches[gate.batch], gate))

    def _ports(self) -> tuple[tuple[str, object | None], ...]:
        return (
            ("diff", self.evidence),
            ("output", self.evidence),
            ("pane", self.panes),
            ("connect", self.connector),
            ("add", self.adder),
            ("past", self.replays if self.live.past else None),
        )

    # --- what changes by itself ----------------------------------------------------------------------------

    def take(self, picture: Snapshot) -> None:
        """Show a new picture: the card follows its gate, the selection its track."""
        self.picture = picture
        self.card = follow(self.card, self.state, self.now())
        self.settle()

    def settle(self) -> None:
        """Go on to the first gate that waits when the card's own is over and done; select a track if none is.

        The selected track is that of the card's gate, unless the person selected one: keys such as ``n`` are about it.
        """
        now = self.now()
        queue = gate_queue(self.state)
        if queue and self._is_over(now):
            self.card = lay(queue[0], now, by_key=False)
            if not self._chosen:
                self.track_key = self._track_of(queue[0])
        if self.track is None:
            first = next(iter(tracks_by_need(self.state)), None)
            self.track_key = None if first is None else TrackKey(first.batch, first.slug)

    def _is_over(self, now: Instant) -> bool:
        gate = self.gate
        if gate is None:
            return True
        return gate.closed_at is not None and elapsed_ms(gate.closed_at, now) >= LINGER_MS

    # --- what the person does ------------------------------------------------------------------------------

    def choose_gate(self, key: GateKey, *, by_key: bool = True) -> None:
        """Put a gate on the card and select its track; the gate that is there already stays as it is."""
        gate = find_gate(self.state, key)
        if gate is None:
            return
        self._chosen = False
        if key != self.card.key:
            self.card = lay(gate, self.now(), by_key=by_key)
        self.track_key = self._track_of(gate)

    def choose_track(self, key: TrackKey) -> None:
        """Select a track, and put its first waiting gate on the card unless one of its gates is there."""
        batch = self.state.batches.get(key.batch)
        if batch is None or key.track not in batch.tracks:
            return
        self._chosen = True
        self.track_key = key
        shown = self.gate
        if shown is not None and (shown.batch, shown.track) == (key.batch, key.track):
            return
        waiting = waiting_gates(batch, key.track)
        if waiting:
            ranked = [gate for gate in gate_queue(self.state) if gate in waiting]
            self.card = lay(ranked[0], self.now(), by_key=True)

    def stand_on(self, key: TrackKey) -> None:
        """Select a track because the row of the selected one is gone; the card stays as it is."""
        if find_track(self.state, key) is not None:
            self._chosen = False
            self.track_key = key

    def stand_by_card(self, listed: Callable[[TrackKey], bool]) -> None:
        """Select the track of the card's gate where it is ``listed``, unless the person selected another."""
        gate = None if self._chosen else self.gate
        if gate is not None and listed(key := self._track_of(gate)):
            self.track_key = key

    def search(self, words: str) -> None:
        """List only the tracks and gates that hold these words."""
        self.scope = replace(self.scope, search=words)

    def tell(self, notice: str, *, refused: bool = False) -> None:
        """Say one line in the status line of every screen; "" takes it away."""
        self.notice, self.notice_refused = notice, refused
        self.changed()

    def dispatch(self, command: Command) -> None:
        """Hand a command over; what became of it comes by :meth:`report`."""
        self.session.dispatch(command)

    def report(self, outcome: Outcome) -> None:
        """Say what became of a command."""
        self.tell(outcome.refused or outcome.text or self._done(outcome.command), refused=bool(outcome.refused))

    def _done(self, command: Command) -> str:
        if not isinstance(command, Decide):
            return _DONE[type(command)]
        gate = find_gate(self.state, GateKey(command.batch, command.gate))
        chosen = [] if gate is None else [one.words for one in gate.question.options if one.key in command.options]
        return f'answered "{" + ".join(chosen) or command.text}"'


_DONE: dict[type[Command], str] = {
    Undo: "taken back: the gate is open again",
    Snooze: "snoozed",
    Cancel: "dismissed without an answer",
    Tell: "message sent",
    Nudge: "asked for its status",
    Redeliver: "sent again",
    Pause: "paused: nothing new begins",
    Resume: "goes on",
    Stop: "is ended; nothing is deleted",
    Retry: "tried again",
    Rescue: "its agent is ended, then a fresh one takes over",
    Skip: "asked: its gate shows what it catches and what leaving it out risks",
    Publish: "asked: its gate shows what would go out",
}


def _nothing() -> None:
    """Nobody shows this desk yet."""
