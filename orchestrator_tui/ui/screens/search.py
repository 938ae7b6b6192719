"""The search bar: lists narrow while words are typed; Enter keeps them, Esc clears them."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from orchestrator_tui.ui.desk import Desk


class SearchBar(Input):
    """One line to type words into that tracks and gates must hold."""

    DEFAULT_CSS = """
    SearchBar { height: 1; border: none; padding: 0 1; background: $surface; }
    SearchBar:focus { border: none; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.scope.search, placeholder="words to find; Enter keeps, Esc clears")
        self.desk = desk

    def on_mount(self) -> None:
        self.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.desk.search(event.value)
        self.desk.changed()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.remove()

    def on_blur(self, event: events.Blur) -> None:
        self.remove()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.desk.search("")
            self.desk.changed()
            self.remove()
