"""The help, made from the registry: what works on the screen at hand first, then the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual import getters
from textual.app import ComposeResult
from textual.screen import ModalScreen

from orchestrator_tui.ui.actions import ACTIONS, GROUPS, HELP, REPLAY, SCOPES, Action
from orchestrator_tui.ui.available import Situation, why_not
from orchestrator_tui.ui.bindings import bindings
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.help import HelpEntry, HelpGroup, help_lines
from orchestrator_tui.ui.screens.picture import PictureScreen
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.page import Page


class HelpScreen(PictureScreen, ModalScreen[None], inherit_bindings=False):
    """Every key, with the reason of those that would be refused now."""

    CSS_PATH = "help.tcss"
    AUTO_FOCUS = "Page"

    page = getters.query_one(Page)

    def __init__(self, desk: Desk, scope: str) -> None:
        super().__init__()
        self.desk = desk
        self.scope = scope
        self._bindings = bindings((HELP,), desk.keymap)

    def compose(self) -> ComposeResult:
        yield Banner()
        yield Page()

    def show_parts(self) -> None:
        super().show_parts()
        groups = help_groups(self.desk, self.scope)
        self.page.show("Keys", "Esc closes", lambda width: help_lines(groups, width))

    def action_run(self, name: str) -> None:
        """Move in the help, or close it."""
        moves: dict[str, Callable[[], object]] = {
            "help-down": lambda: self.page.move(1),
            "help-up": lambda: self.page.move(-1),
            "help-page-down": lambda: self.page.move_page(1),
            "help-page-up": lambda: self.page.move_page(-1),
            "close": self.dismiss,
        }
        moves[name]()


def help_groups(desk: Desk, scope: str) -> tuple[HelpGroup, ...]:
    """The keys of one scope by group, then those of the other scopes by scope."""
    here = {scope} if desk.transport is None else {scope, REPLAY}
    situation = desk.situation()
    groups = []
    for group in GROUPS:
        listed = [action for action in ACTIONS if action.group == group and action.scopes & here]
        if listed:
            groups.append(HelpGroup(group, tuple(_entries(listed, desk, situation))))
    for other, words in SCOPES.items():
        rest = [action for action in ACTIONS if other in action.scopes and not action.scopes & here]
        if rest and (other != REPLAY or desk.transport is not None):
            groups.append(HelpGroup(f"In {words}", tuple(_entries(rest, desk, None))))
    return tuple(groups)


def _entries(actions: Iterable[Action], desk: Desk, situation: Situation | None) -> Iterator[HelpEntry]:
    """One entry an action; the nine digits share one."""
    for action in actions:
        keys = desk.keymap.text(action.id, ascii_only=desk.ascii_only)
        if action.id.startswith("mark-"):
            if action.id != "mark-1":
                continue
            keys = f"{keys} … {desk.keymap.text('mark-9', ascii_only=desk.ascii_only)}"
            words = "Mark an option of the gate on the card"
        else:
            words = action.tooltip
        yield HelpEntry(keys, words, (why_not(action, situation) or "") if situation is not None else "")
