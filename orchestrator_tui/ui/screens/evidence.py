"""What a gate's call is about, or a track's changes or output, full screen."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult

from orchestrator_tui.core.queries import gate_queue
from orchestrator_tui.ui.actions import TRACK
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.cells import Part, clean
from orchestrator_tui.ui.present.tool_input import INPUT
from orchestrator_tui.ui.screens.looking import EvidencePanel, asked_input
from orchestrator_tui.ui.screens.replaying import ReplayActions
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.page import TitleLine
from orchestrator_tui.ui.widgets.status_line import StatusLine


class EvidenceScreen(ReplayActions):
    """What was looked up of the selected track, to read."""

    CSS_PATH = "gate.tcss"
    SCOPE = TRACK
    AUTO_FOCUS = "EvidencePanel"

    title_line = getters.query_one(TitleLine)
    evidence = getters.query_one(EvidencePanel)

    def __init__(self, desk: Desk, kind: str) -> None:
        super().__init__(desk)
        self.kind = kind

    def compose(self) -> ComposeResult:
        yield TitleLine()
        yield Banner()
        yield EvidencePanel(self.desk, self.kind)
        yield StatusLine()

    def on_mount(self) -> None:
        self.evidence.look_up(self.kind)

    @property
    def footer(self) -> str:
        return "evidence"

    def show_parts(self) -> None:
        super().show_parts()
        self.title_line.show(*title(self.desk))
        if self.evidence.kind == INPUT:
            self.evidence.follow(self.desk.track, self.desk.gate)

    def do_diff(self) -> None:
        """A call's input and its track's changes in turn."""
        shown = self.evidence.kind
        self.open_evidence("diff" if shown == INPUT or asked_input(self.desk.gate) is None else INPUT)

    def open_evidence(self, kind: str) -> None:
        self.evidence.look_up(kind)


def title(desk: Desk) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The two ends of the title line of a screen about the selected track."""
    track = desk.track
    waiting = len(gate_queue(desk.state))
    words = "" if track is None else clean(track.title, 200)
    return (
        (
            Part("Track", "accent strong"),
            Part("  "),
            Part("nothing" if track is None else clean(track.slug, 80), "strong"),
            Part(f"  {words}" if words else "", "quiet"),
        ),
        (Part(f"{desk.glyphs.gate} {waiting:,} waiting", "track-waiting" if waiting else "quiet"),),
    )
