"""The dialog that connects the agents' program: what would change in few lines, and Enter changes it."""

from __future__ import annotations

from textual import events, getters, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from orchestrator_tui.runtime.ports import Connector, Offer
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.connecting import offer_lines, result_text
from orchestrator_tui.ui.screens.dialogs import Dialog

TOAST_SECONDS = 12.0
LOOKING = "looking at the settings …"


class ConnectDialog(Dialog):
    """Shows what connecting changes, for one scope after the other, and does it off the event loop."""

    changes = getters.query_one("#changes", Static)
    told_scope = getters.query_one("#told", Static)
    key_line = getters.query_one("#keys", Static)

    def __init__(self, desk: Desk, connector: Connector) -> None:
        super().__init__(desk, "Connect Claude Code?", LOOKING)
        self.connector = connector
        self._scopes = tuple(connector.scopes)
        self._place = 0
        self._offer: Offer | None = None
        self._busy = False

    @property
    def scope(self) -> str:
        """Where the connection would hold."""
        return self._scopes[self._place]

    def body(self) -> ComposeResult:
        yield Static(Content(""), id="changes")

    def on_mount(self) -> None:
        super().on_mount()
        self._look()

    def on_key(self, event: events.Key) -> None:
        if event.key == "p" and len(self._scopes) > 1 and not self._busy:
            event.stop()
            self._place = (self._place + 1) % len(self._scopes)
            self._look()

    def accept(self) -> None:
        if self._busy:
            return
        if self._offer is None:
            self.complain("there is nothing that can be connected now")
        elif not self._offer.changes:
            self.dismiss()
        else:
            self._busy = True
            self.complain("")
            self.key_line.update(Content("connecting …"))
            self._connect(self.scope)

    def leave(self) -> None:
        if not self._busy:
            self.dismiss()

    # --- off the event loop --------------------------------------------------------------------------------

    def _look(self) -> None:
        self._offer = None
        self.complain("")
        self.changes.update(Content(LOOKING))
        self._show_keys()
        self._ask(self.scope)

    @work(thread=True, exclusive=True, group="connector", exit_on_error=False)
    def _ask(self, scope: str) -> None:
        try:
            offer, fault = self.connector.offer(scope), ""
        except OSError as error:
            offer, fault = None, str(error)
        except Exception as error:
            offer, fault = None, f"an error of orch-tui itself: {error!r}"
        self.app.call_from_thread(self._show, scope, offer, fault)

    @work(thread=True, exclusive=True, group="connector", exit_on_error=False)
    def _connect(self, scope: str) -> None:
        try:
            said, fault = self.connector.connect(scope), ""
        except OSError as error:
            said, fault = "", str(error)
        except Exception as error:
            # Whatever it is, the dialog can be left again.
            said, fault = "", f"an error of orch-tui itself: {error!r}"
        self.app.call_from_thread(self._done, said, fault)

    def _show(self, scope: str, offer: Offer | None, fault: str) -> None:
        if scope != self.scope or not self.is_attached:
            return
        self._offer = offer
        self.told_scope.update(Content(f"For {self.connector.scopes[scope]}."))
        lines = () if offer is None else offer_lines(offer.changes, offer.remarks)
        self.changes.update(Content("\n".join(lines)))
        self.complain(fault)
        self._show_keys()

    def _done(self, said: str, fault: str) -> None:
        self._busy = False
        if fault:
            if self.is_attached:
                self.complain(fault)
                self._show_keys()
            return
        self.app.notify(result_text(said), title="Connected", timeout=TOAST_SECONDS, markup=False)
        if self.is_attached:
            self.dismiss()

    def _show_keys(self) -> None:
        nothing = self._offer is not None and not self._offer.changes
        accept = "Enter back" if nothing else "Enter connect"
        other = self._scopes[(self._place + 1) % len(self._scopes)]
        turn = f"   p {other} settings" if len(self._scopes) > 1 else ""
        self.key_line.update(Content(f"{accept}{turn}   Esc back, nothing is changed"))
