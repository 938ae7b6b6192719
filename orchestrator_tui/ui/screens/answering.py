"""The way from keys to an answer, for the screens that show a card (reliability A-9, A-10)."""

from __future__ import annotations

from dataclasses import replace
from functools import partialmethod

from textual import events, on

from orchestrator_tui.core.commands import Cancel, Redeliver, Snooze
from orchestrator_tui.core.gate_refusals import EDIT_ROLE, wants_text
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.core.normalise_calls import editable_of
from orchestrator_tui.core.refusal import reason_needed
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.ui.available import why_no_answer
from orchestrator_tui.ui.deciding import (
    OWN,
    Card,
    Wants,
    answer,
    is_blank,
    mark,
    option_with_role,
    turn,
    unmark,
    wants,
)
from orchestrator_tui.ui.present.card import option_at
from orchestrator_tui.ui.present.tool_input import INPUT, has_input
from orchestrator_tui.ui.screens.base import CockpitScreen
from orchestrator_tui.ui.widgets.card import GateCard

LONGEST_CONFIRMATION = 200
"""Characters of a typed confirmation; no slug is longer."""


class AnsweringScreen(CockpitScreen):
    """A screen on which the gate on the card can be answered."""

    # --- marking -------------------------------------------------------------------------------------------

    def _mark_digit(self, digit: int) -> None:
        gate = self.desk.gate
        option = None if gate is None else option_at(gate, self.desk.card.page, digit)
        if option is not None:
            self.mark_option(OWN if option.role == "text" and not option.key else option.key)

    do_mark_1 = partialmethod(_mark_digit, 1)
    do_mark_2 = partialmethod(_mark_digit, 2)
    do_mark_3 = partialmethod(_mark_digit, 3)
    do_mark_4 = partialmethod(_mark_digit, 4)
    do_mark_5 = partialmethod(_mark_digit, 5)
    do_mark_6 = partialmethod(_mark_digit, 6)
    do_mark_7 = partialmethod(_mark_digit, 7)
    do_mark_8 = partialmethod(_mark_digit, 8)
    do_mark_9 = partialmethod(_mark_digit, 9)

    def mark_option(self, option: str) -> None:
        """Mark an option of the gate on the card by its key."""
        gate = self.desk.gate
        if gate is not None:
            self.desk.card = mark(self.desk.card, gate, option)

    @on(GateCard.OptionMarked)
    def _option_clicked(self, event: GateCard.OptionMarked) -> None:
        card = self.desk.card
        reason = why_no_answer(self.desk.situation())
        if (event.gate, event.revision) != (card.key, card.revision):
            reason = "the gate changed since it was drawn"
        if reason is None:
            self.mark_option(event.option)
            self.desk.tell("")
        else:
            self.desk.tell(reason, refused=True)

    def do_approve(self) -> None:
        gate = self.desk.gate
        option = None if gate is None else option_with_role(gate, "approve")
        if option is not None:
            self.mark_option(option.key)

    def do_reject(self) -> None:
        gate = self.desk.gate
        if gate is None:
            return
        option = option_with_role(gate, "reject", "cancel")
        self.mark_option(OWN if option is None else option.key)
        self.submit_answer()

    def do_edit_input(self) -> None:
        gate = self.desk.gate
        option = None if gate is None else option_with_role(gate, EDIT_ROLE)
        if option is not None:
            self.mark_option(option.key)
            self.submit_answer()

    def do_options_previous(self) -> None:
        if self.desk.gate is not None:
            self.desk.card = turn(self.desk.card, self.desk.gate, -1)

    def do_options_next(self) -> None:
        if self.desk.gate is not None:
            self.desk.card = turn(self.desk.card, self.desk.gate, 1)

    # --- submitting ----------------------------------------------------------------------------------------

    def do_submit(self) -> None:
        card, gate = self.desk.card, self.desk.gate
        if not is_blank(card):
            self.submit_answer()
        elif not self.card_has_the_word():
            self.open_selected()
        elif gate is not None and gate.undelivered:
            self._send_again(gate)
        elif gate is not None and gate.state is GateState.OPEN and not gate.question.options:
            self.mark_option(OWN)
            self.submit_answer()
        else:
            self.desk.tell("mark an option first: press its digit", refused=True)

    def card_has_the_word(self) -> bool:
        """Whether Enter without a mark is about the card, not about a selected row."""
        return True

    def open_selected(self) -> None:
        """Open what is selected in the focused panel."""

    def _send_again(self, gate: Gate) -> None:
        if self.desk.situation().read_only:
            self.desk.tell(self.desk.situation().read_only, refused=True)
        else:
            self.desk.dispatch(Redeliver(gate.batch, gate.id))

    def submit_answer(self) -> None:
        """Send the answer on the card, or ask for what it still lacks."""
        card, gate = self.desk.card, self.desk.gate
        refused = why_no_answer(self.desk.situation())
        if gate is None or refused is not None:
            self.desk.tell(refused or "", refused=True)
            return
        missing = wants(card, gate)
        if missing is None:
            self.desk.card = unmark(card)
            self.desk.dispatch(answer(card, gate))
        elif missing is Wants.REASON:
            self._ask_for_reason(gate, card)
        elif missing is Wants.TEXT:
            self._ask_for_text(gate, card)
        elif missing is Wants.WORDS:
            self._ask_for_words(gate, card)
        elif missing is Wants.AGAIN:
            self.desk.card = replace(card, armed=True)
            self.desk.tell("press Enter once more to send it")
        else:
            self._ask_for_slug(gate, card)

    def _ask_for_reason(self, gate: Gate, card: Card) -> None:
        from orchestrator_tui.ui.screens.dialogs import TextDialog

        chosen = [option.words for option in gate.question.options if option.key in card.marked]
        self.ask(
            TextDialog(
                self.desk,
                title=f"Why “{' + '.join(chosen)}”?",
                told=(reason_needed(gate, card.marked) or "say why") + ". The reason goes to the agent.",
                then=lambda text: self._go_on(card, replace(card, reason=text)),
                otherwise=lambda: self._give_up(card),
            )
        )

    def _ask_for_words(self, gate: Gate, card: Card) -> None:
        from orchestrator_tui.ui.screens.dialogs import TextDialog

        chosen = [option.words for option in gate.question.options if option.key in card.marked]
        self.ask(
            TextDialog(
                self.desk,
                title=f"{gate.track}: {' + '.join(chosen)}",
                told="What you write goes with it; Enter alone sends it without a word.",
                then=lambda text: self._go_on(card, replace(card, reason=text, asked=True)),
                otherwise=lambda: self._give_up(card),
                optional=True,
            )
        )

    def _ask_for_text(self, gate: Gate, card: Card) -> None:
        from orchestrator_tui.ui.screens.dialogs import TextDialog

        if wants_text(gate.question, card.marked):
            self._ask_for_edit(gate, card)
            return
        self.ask(
            TextDialog(
                self.desk,
                title=f"Your answer to {gate.track}",
                told=gate.question.question,
                then=lambda text: self._go_on(card, replace(card, text=text)),
                otherwise=lambda: self._give_up(card),
            )
        )

    def _ask_for_edit(self, gate: Gate, card: Card) -> None:
        from orchestrator_tui.ui.screens.editing import edit_dialog

        chosen = [option.words for option in gate.question.options if option.key in card.marked]
        self.ask(
            edit_dialog(
                self.desk,
                editable_of(gate.question),
                " + ".join(chosen),
                lambda text: self._go_on(card, replace(card, text=text)),
                lambda: self._give_up(card),
            )
        )

    def _go_on(self, asked: Card, said: Card) -> None:
        """Go on with what was said, if the card is still the one that it was said about."""
        if self.desk.card == asked:
            self.desk.card = said
            self.submit_answer()
        else:
            self.desk.tell("the question changed while you wrote: nothing was sent", refused=True)
        self.desk.changed()

    def _give_up(self, asked: Card) -> None:
        if self.desk.card == asked:
            self.desk.card = unmark(asked)
        self.desk.tell("nothing was sent")

    # --- typing a confirmation -----------------------------------------------------------------------------

    def _ask_for_slug(self, gate: Gate, card: Card) -> None:
        if card.typing is None:
            self.desk.card = replace(card, typing="")
        else:
            self.desk.tell(f"type {gate.track} to confirm", refused=True)

    def on_key(self, event: events.Key) -> None:
        card = self.desk.card
        if not (card.interrupted or card.typing is not None):
            return
        if not (event.is_printable or event.key in ("enter", "escape", "backspace", "ctrl+u", "ctrl+h")):
            return
        event.stop()
        event.prevent_default()
        if card.interrupted:
            self._swallow(event)
        elif event.key == "enter":
            self.submit_answer()
        elif event.key == "escape":
            self.desk.card = unmark(card)
            self.desk.tell("nothing was sent")
        else:
            self._type(event.key, event.character or "")
        self.desk.changed()

    def _swallow(self, event: events.Key) -> None:
        """What is typed on after the gate changed is thrown away until the person ends it."""
        if event.key in ("enter", "escape"):
            self.desk.card = replace(self.desk.card, interrupted=False)
            self.desk.notice = ""
        else:
            self.desk.tell("the question changed while you typed: press Esc and read it again", refused=True)

    def _type(self, key: str, character: str) -> None:
        typed = self.desk.card.typing or ""
        if key in ("backspace", "ctrl+h"):
            typed = typed[:-1]
        elif key == "ctrl+u":
            typed = ""
        else:
            typed = (typed + character)[:LONGEST_CONFIRMATION]
        self.desk.card = replace(self.desk.card, typing=typed)
        self.desk.notice = ""

    def on_paste(self, event: events.Paste) -> None:
        if self.desk.card.typing is not None:
            event.stop()
            self._type("", sanitise_line(event.text, LONGEST_CONFIRMATION))
            self.desk.changed()

    # --- looking -------------------------------------------------------------------------------------------

    def do_diff(self) -> None:
        gate = self.desk.gate
        self.open_evidence(INPUT if gate is not None and has_input(gate.question) else "diff")

    # --- beside the answer ---------------------------------------------------------------------------------

    def do_snooze(self) -> None:
        from orchestrator_tui.ui.screens.dialogs import SnoozeDialog

        gate = self.desk.gate
        if gate is not None:
            self.ask(
                SnoozeDialog(
                    self.desk,
                    gate.track,
                    lambda milliseconds: self.desk.dispatch(Snooze(gate.batch, gate.id, milliseconds)),
                )
            )

    def do_dismiss_gate(self) -> None:
        from orchestrator_tui.ui.screens.dialogs import TextDialog

        gate = self.desk.gate
        if gate is not None:
            self.ask(
                TextDialog(
                    self.desk,
                    title=f"Why will nobody answer {gate.track}?",
                    told=gate.question.question,
                    then=lambda text: self.desk.dispatch(Cancel(gate.batch, gate.id, text)),
                )
            )

    def do_back(self) -> None:
        if is_blank(self.desk.card):
            self.leave()
        else:
            self.desk.card = unmark(self.desk.card)

    def leave(self) -> None:
        """Esc with nothing marked."""
        self.dismiss()
