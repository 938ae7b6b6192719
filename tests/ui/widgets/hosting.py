"""A bare app around one widget, and what it draws as text."""

from __future__ import annotations

import yaml
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

from orchestrator_tui.resources import themes_directory


def theme_variables() -> dict[str, str]:
    """The variables of the dark theme, which the panels' CSS needs."""
    data = yaml.safe_load((themes_directory() / "dark.yaml").read_text(encoding="utf-8"))
    variables = data["variables"]
    assert isinstance(variables, dict)
    return {str(name): str(value) for name, value in variables.items()}


class Other(Widget, can_focus=True):
    """Something else that can have the focus."""

    DEFAULT_CSS = "Other { height: 1; }"

    def render(self) -> str:
        return ""


class Host(App[None]):
    """An app of one widget, filling the screen, above something else that can have the focus."""

    AUTO_FOCUS = None
    CSS = "Host Screen > * { height: 1fr; } Host Screen > Other { height: 1; }"

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.posted: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme_variables()

    def compose(self) -> ComposeResult:
        yield self.widget
        yield Other()

    def collect(self, message: Message) -> None:
        """Keep a message of the widget."""
        self.posted.append(message)

    on_line_list_selected = collect
    on_line_list_opened = collect
    on_gate_card_option_marked = collect
    on_status_line_hint_pressed = collect
    on_banner_pressed = collect

    def picture(self) -> list[str]:
        """The widget as it is drawn, its frame included."""
        size = self.widget.outer_size
        return [strip.text for strip in self.widget.render_lines(size.region)]

    def inside(self) -> list[str]:
        """The widget as it is drawn, without frame and trailing blanks."""
        return [line[1:-1].rstrip() for line in self.picture()[1:-1]]
