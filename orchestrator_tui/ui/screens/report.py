"""The report of a run: its summary as it stands, to read."""

from __future__ import annotations

from collections.abc import Callable

from textual import getters
from textual.app import ComposeResult

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.queries import gate_queue
from orchestrator_tui.ui.actions import REPORT
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.cells import Part, clean
from orchestrator_tui.ui.present.markdown import markdown_lines
from orchestrator_tui.ui.present.run_words import phase_words
from orchestrator_tui.ui.present.words import batch_title
from orchestrator_tui.ui.screens.replaying import ReplayActions
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.page import Page, TitleLine
from orchestrator_tui.ui.widgets.status_line import StatusLine

Summary = Callable[[Batch, Instant], str]
"""Makes the report of a batch at a moment, in Markdown."""


class ReportScreen(ReplayActions):
    """The report of one run; it is made anew when something has happened, not with every second."""

    CSS_PATH = "report.tcss"
    SCOPE = REPORT
    AUTO_FOCUS = "Page"

    title_line = getters.query_one(TitleLine)
    page = getters.query_one(Page)

    def __init__(self, desk: Desk, batch_id: str, summary: Summary | None = None) -> None:
        """``summary`` makes the text; the batch summary of every run where it is None."""
        super().__init__(desk)
        self.batch_id = batch_id
        self._summary = summary
        self._made_of: Batch | None = None

    def compose(self) -> ComposeResult:
        yield TitleLine()
        yield Banner()
        yield Page()
        yield StatusLine()

    def show_parts(self) -> None:
        super().show_parts()
        desk = self.desk
        batch = desk.state.batches.get(self.batch_id)
        waiting = len(gate_queue(desk.state))
        run = None if batch is None else batch.run
        self.title_line.show(
            (
                Part("Report", "accent strong"),
                Part("  "),
                Part("" if batch is None else batch_title(batch), "strong"),
                Part("" if run is None or batch is None else f"  {phase_words(batch)}", "quiet"),
            ),
            (Part(f"{desk.glyphs.gate} {waiting:,} waiting", "track-waiting" if waiting else "quiet"),),
        )
        if batch is not None and batch is not self._made_of:
            self._made_of = batch
            text, glyphs = self._made(batch), desk.glyphs
            file = clean(run.report, 200) if run is not None else ""
            self.page.show("Summary", file, lambda width: markdown_lines(text, width, glyphs))

    def _made(self, batch: Batch) -> str:
        if self._summary is not None:
            return self._summary(batch, self.desk.now())
        from orchestrator_tui.core.report.markdown import as_markdown
        from orchestrator_tui.core.report.summary import batch_summary

        return as_markdown(batch_summary(batch, self.desk.now()))
