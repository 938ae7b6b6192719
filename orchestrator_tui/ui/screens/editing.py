"""The dialog in which a tool's input is changed before it is allowed."""

from __future__ import annotations

from collections.abc import Callable

from textual import getters
from textual.app import ComposeResult
from textual.widgets import Input, TextArea

from orchestrator_tui.core.refusal import MAX_TEXT_BYTES
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.screens.dialogs import TextDialog


class EditDialog(TextDialog):
    """Takes one line as the person wants it; it goes to the tool as it is, unchanged too."""

    KEYS = "Enter allow it like this   Esc back, nothing is sent"
    AUTO_FOCUS = "#entry"

    def body(self) -> ComposeResult:
        yield Input(self.initial, id="entry", select_on_focus=False)

    def written(self) -> str:
        """What stands in the dialog now."""
        return self.entry.value

    def accept(self) -> None:
        text = self.written()
        if not text.strip():
            self.complain("nothing is left of it")
        elif len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
            self.complain(f"longer than {MAX_TEXT_BYTES // 1024} KiB")
        else:
            self.dismiss()
            self.then(text)


class LongEditDialog(EditDialog):
    """The same for several lines, in which Enter begins the next one."""

    KEYS = "Ctrl+S allow it like this   Enter next line   Esc back"
    DEFAULT_CSS = """
    LongEditDialog TextArea {
        height: auto;
        max-height: 9;
        background: $surface;
        border: round $border-blurred;
    }
    LongEditDialog TextArea:focus { border: round $border; }
    """

    lines = getters.query_one(TextArea)

    def body(self) -> ComposeResult:
        yield TextArea(self.initial, id="entry", show_line_numbers=True, tab_behavior="indent")

    def on_mount(self) -> None:
        self.lines.move_cursor(self.lines.document.end)

    def written(self) -> str:
        return self.lines.text


def edit_dialog(
    desk: Desk, text: str, title: str, then: Callable[[str], None], otherwise: Callable[[], None]
) -> EditDialog:
    """The dialog that fits ``text``, which is offered to be changed."""
    kind = LongEditDialog if "\n" in text else EditDialog
    told = "What stands here is allowed and recorded, word for word."
    return kind(desk, title=title, told=told, then=then, otherwise=otherwise, initial=text)
