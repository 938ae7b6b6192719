"""One gate on a screen of its own: the question, the evidence, and the reason (screens.md "One gate")."""

from __future__ import annotations

from dataclasses import replace

from textual import getters
from textual.app import ComposeResult
from textual.widgets import Input

from orchestrator_tui.core.model import Gate, GateState, Risk
from orchestrator_tui.core.queries import GateKey, gate_queue
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.ui.actions import GATE
from orchestrator_tui.ui.deciding import is_blank
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.card import CardView, present_card
from orchestrator_tui.ui.present.cells import Part, clean
from orchestrator_tui.ui.present.tool_input import INPUT
from orchestrator_tui.ui.screens.answering import AnsweringScreen
from orchestrator_tui.ui.screens.looking import EvidencePanel, asked_input
from orchestrator_tui.ui.screens.replaying import ReplayActions
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.card import GateCard
from orchestrator_tui.ui.widgets.page import TitleLine
from orchestrator_tui.ui.widgets.status_line import StatusLine

OPTIONAL = "optional unless you go against the recommendation"
"""What the empty reason says."""


class QuestionCard(GateCard):
    """The card where it has a screen of its own: its frame tells the risk."""

    def tell_frame(self, view: CardView) -> None:
        self.set_frame("Question", view.risk.text, view.risk.token or "frame-note")


class GateScreen(ReplayActions, AnsweringScreen):
    """The gate on the card, in full."""

    AUTO_FOCUS = "GateCard"
    CSS_PATH = "gate.tcss"
    SCOPE = GATE

    title_line = getters.query_one(TitleLine)
    card_panel = getters.query_one(GateCard)
    evidence = getters.query_one(EvidencePanel)
    reason = getters.query_one("#reason", Input)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._reason_is_about: tuple[object, ...] = ()
        self._asked_about: GateKey | None = None

    def compose(self) -> ComposeResult:
        yield TitleLine()
        yield Banner()
        yield QuestionCard()
        yield EvidencePanel(self.desk)
        yield Input(id="reason", placeholder=OPTIONAL)
        yield StatusLine()

    def on_mount(self) -> None:
        self.reason.border_title = "Reason"
        self._share_the_room()

    def _share_the_room(self) -> None:
        """What a call is about gets as much room as the question; a panel with nothing to look up gets none."""
        asked = asked_input(self.desk.gate) is not None
        self.set_class(asked, "-input")
        self.evidence.set_class(self.desk.evidence is None and not asked, "-absent")

    def show_parts(self) -> None:
        super().show_parts()
        desk = self.desk
        self._share_the_room()
        queue = gate_queue(desk.state)
        gate = desk.gate
        if gate is None or GateKey(gate.batch, gate.id) != self._asked_about:
            # On a short screen what was looked up leaves no room for the options: it is about one question only.
            self.evidence.remove_class("-asked")
        slug = clean(track_of(desk.state.batches[gate.batch], gate), 80) if gate is not None else "nothing"
        waiting = Part(f"{desk.glyphs.gate} {len(queue):,} waiting", "track-waiting" if queue else "quiet")
        self.title_line.show(
            (Part("Decide", "accent strong"), Part("  "), Part(slug, "strong")),
            (Part(_place(gate, queue), "quiet"), Part("   "), waiting),
        )
        self.evidence.follow(desk.track, gate)
        view = present_card(desk.state, desk.card.key, desk.now(), desk.glyphs, desk.zone, given=desk.card_input)
        self.card_panel.show(self._without_input(view, gate))
        self._empty_reason(gate)

    def _without_input(self, view: CardView, gate: Gate | None) -> CardView:
        """The card beside its input: the panel below shows all of it."""
        if gate is None or self.evidence.kind != INPUT or not self.evidence.display:
            return view
        return replace(view, input=(), context="" if gate.question.kind == "plan" else view.context)

    def _empty_reason(self, gate: Gate | None) -> None:
        """Another question, or a decided one, begins without the reason that was written for the last."""
        about = () if gate is None else (gate.batch, gate.id, gate.revision, gate.state is GateState.OPEN)
        if about != self._reason_is_about:
            self._reason_is_about = about
            self.reason.value = ""
            production = gate is not None and gate.risk is Risk.PRODUCTION
            self.reason.placeholder = "needed: production" if production else OPTIONAL
            self.reason.display = gate is not None and gate.state is GateState.OPEN

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.desk.card = replace(self.desk.card, reason=event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if is_blank(self.desk.card):
            self.desk.tell("mark an option first: leave the reason with Tab, then press its digit", refused=True)
        else:
            self.submit_answer()
        self.desk.changed()

    def go_to_gate(self, key: GateKey) -> None:
        self.desk.choose_gate(key)

    def open_evidence(self, kind: str) -> None:
        if kind == INPUT:
            super().open_evidence(kind)
            return
        self._asked_about = self.desk.card.key
        self.evidence.add_class("-asked")
        self.evidence.look_up(kind)
        self.set_focus(self.evidence)

    def leave(self) -> None:
        self.dismiss()


def _place(gate: Gate | None, queue: tuple[Gate, ...]) -> str:
    """``2 of 3``: where the gate stands in the queue; "" when it is not there any more."""
    keys = [(one.batch, one.id) for one in queue]
    if gate is None or (gate.batch, gate.id) not in keys:
        return ""
    return f"{keys.index((gate.batch, gate.id)) + 1} of {len(keys)}"
