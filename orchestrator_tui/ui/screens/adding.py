"""The dialog that adds the tracks of a plan file to a run under way; the file is checked off the event loop."""

from __future__ import annotations

from textual import getters, work
from textual.content import Content
from textual.widgets import Static

from orchestrator_tui.core.model import Batch
from orchestrator_tui.runtime.ports import Adder
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.words import batch_title
from orchestrator_tui.ui.screens.dialogs import TextDialog

CHECKING = "checking its tracks beside those of the batch …"


class AddDialog(TextDialog):
    """Asks for a plan file; what is wrong with it is said here, and nothing is added then."""

    KEYS = "Enter add   Esc back, nothing is added"

    key_line = getters.query_one("#keys", Static)

    def __init__(self, desk: Desk, adder: Adder, batch: Batch) -> None:
        super().__init__(
            desk,
            title=f"Add tracks to {batch_title(batch)}",
            told="Of which plan file? Its tracks are checked beside those of the batch, conflicts included.",
            then=lambda text: None,
        )
        self.adder, self.added_to = adder, batch.id
        self._busy = False

    def accept(self) -> None:
        text = self.entry.value.strip()
        fault = self._fault(text)
        if fault is not None:
            self.complain(fault)
        elif not self._busy:
            self._busy = True
            self.complain("")
            self.key_line.update(Content(CHECKING))
            self._add(text)

    def leave(self) -> None:
        if not self._busy:
            self.dismiss()

    @work(thread=True, exclusive=True, group="adder", exit_on_error=False)
    def _add(self, path: str) -> None:
        try:
            said, fault = self.adder(self.added_to, path), ""
        except OSError as error:
            said, fault = "", str(error)
        except Exception as error:
            # Whatever it is, the dialog can be left again.
            said, fault = "", f"an error of orch-tui itself: {error!r}"
        self.app.call_from_thread(self._done, said, fault)

    def _done(self, said: str, fault: str) -> None:
        self._busy = False
        if not self.is_attached:
            return
        if fault:
            self.complain(fault)
            self.key_line.update(Content(self.KEYS))
        else:
            self.dismiss()
            self.desk.tell(said)
