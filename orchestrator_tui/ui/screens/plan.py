"""The plan of a run before it starts and while it runs: its gates are answered right here (screens.md "A plan")."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual import getters
from textual.app import ComposeResult
from textual.containers import Container

from orchestrator_tui.core.model import Batch, GateState
from orchestrator_tui.core.queries import GateKey, gate_queue
from orchestrator_tui.ui.actions import PLAN
from orchestrator_tui.ui.deciding import is_blank
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.card import present_card
from orchestrator_tui.ui.present.cells import Line, Part
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.plan import PLAN_GATES, PlanView, plan_gate, present_plan
from orchestrator_tui.ui.present.plan_lines import PARTS, plan_lines
from orchestrator_tui.ui.screens.answering import AnsweringScreen
from orchestrator_tui.ui.screens.replaying import ReplayActions
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.card import GateCard
from orchestrator_tui.ui.widgets.page import Page, TitleLine
from orchestrator_tui.ui.widgets.status_line import StatusLine
from orchestrator_tui.ui.widgets.still import Column

_PANELS = {"Tracks": "tracks", "Cost": "cost", "Conflicts": "conflicts", "Check": "findings"}


class PlanScreen(ReplayActions, AnsweringScreen):
    """The plan of one run, and the gate that bars its start."""

    CSS_PATH = "plan.tcss"
    SCOPE = PLAN

    title_line = getters.query_one(TitleLine)
    card_panel = getters.query_one(GateCard)
    whole = getters.query_one("#whole", Page)

    def __init__(self, desk: Desk, batch_id: str, *, by_itself: bool = False) -> None:
        """``by_itself``: no key has opened it, so that it goes again when the run has started."""
        super().__init__(desk)
        self.batch_id = batch_id
        self.by_itself = by_itself

    def compose(self) -> ComposeResult:
        yield TitleLine()
        yield Banner()
        with Container(id="body"):
            with Column(id="left"):
                yield Page(id="tracks")
                yield Page(id="conflicts")
                yield Page(id="findings")
            with Column(id="right"):
                yield Page(id="cost")
                yield Page(id="whole")
                yield GateCard()
        yield StatusLine()

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#tracks", Page) if self.is_wide else self.whole)

    # --- showing -------------------------------------------------------------------------------------------

    @property
    def footer(self) -> str:
        """A plan that asks nothing is only read: the keys of a gate that stands elsewhere would be offered unseen."""
        return "plan" if self.card_in_sight else "plan-read"

    def show_parts(self) -> None:
        batch = self.desk.state.batches.get(self.batch_id)
        view = None if batch is None else present_plan(batch)
        if batch is None or view is None or self._has_started(batch):
            self.call_later(self._leave_by_itself)
            return
        self._lay_gate(batch)
        super().show_parts()
        self._show_title(view)
        self._show_plan(view)
        desk = self.desk
        self.set_class(self.card_in_sight, "-asked")
        card = present_card(desk.state, desk.card.key, desk.now(), desk.glyphs, desk.zone, given=desk.card_input)
        # What the question tells beside itself stands on this screen already.
        self.card_panel.show(replace(card, context="", input=()))

    def _has_started(self, batch: Batch) -> bool:
        is_open = batch.run is not None and batch.run.phase == "planned"
        return self.by_itself and not is_open and plan_gate(batch) is None

    def _leave_by_itself(self) -> None:
        if self.app.screen is self:
            self.dismiss()

    def _lay_gate(self, batch: Batch) -> None:
        """Put the gate that bars the start onto the card, unless the person is in the middle of another one there."""
        gate, shown = plan_gate(batch), self.desk.gate
        waits = shown is not None and self.card_in_sight and shown.state is GateState.OPEN
        if gate is not None and not waits and is_blank(self.desk.card):
            self.desk.choose_gate(GateKey(gate.batch, gate.id), by_key=False)

    @property
    def card_in_sight(self) -> bool:
        """Whether the gate that the keys would answer is one of this plan, and therefore shown."""
        gate = self.desk.gate
        return gate is not None and gate.batch == self.batch_id and gate.question.kind in PLAN_GATES

    def _show_title(self, view: PlanView) -> None:
        waiting = len(gate_queue(self.desk.state))
        told = Part(f"   {self.desk.glyphs.gate} {waiting:,} waiting", "track-waiting") if waiting else Part("")
        into, start = view.branches
        self.title_line.show(
            (
                Part("Plan", "accent strong"),
                Part("  "),
                Part(view.file, "strong"),
                Part(f"  {view.summary}" if self.is_wide else "", "quiet"),
            ),
            # A narrow screen has no room for both branches beside the name of the plan.
            (Part(into if self.is_wide else ""), Part(" from ", "quiet"), Part(start), told),
        )

    def _show_plan(self, view: PlanView) -> None:
        glyphs = self.desk.glyphs
        if not self.is_wide:
            note = ", ".join(word for word in (view.warned, view.summary, view.money) if word)
            self.whole.show("Plan", note, lambda width: plan_lines(view, width, glyphs))
            return
        notes = {"Conflicts": f"{len(view.conflicts):,}" if view.conflicts else "none", "Check": view.warned}
        for title, name in _PANELS.items():
            lines = partial(_part_lines, title, view, glyphs)
            self.query_one(f"#{name}", Page).show(title, notes.get(title, ""), lines)

    # --- answering -----------------------------------------------------------------------------------------

    def mark_option(self, option: str) -> None:
        super().mark_option(option)
        if not self.card_in_sight and self.desk.gate is not None:
            # Nothing is answered that the person cannot read.
            self.go_to_gate(GateKey(self.desk.gate.batch, self.desk.gate.id))

    def open_selected(self) -> None:
        self.desk.tell("there is nothing to submit here", refused=True)


def _part_lines(title: str, view: PlanView, glyphs: Glyphs, width: int) -> tuple[Line, ...]:
    return PARTS[title](view, width, glyphs)
