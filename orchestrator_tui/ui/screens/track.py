"""One track on a screen of its own: stages, everything known of it, and its own timeline."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Container

from orchestrator_tui.ui.actions import TRACK
from orchestrator_tui.ui.present.stages import present_stages
from orchestrator_tui.ui.present.timeline import present_timeline
from orchestrator_tui.ui.present.track import headline_facts, present_track, track_lines
from orchestrator_tui.ui.screens.evidence import title
from orchestrator_tui.ui.screens.replaying import ReplayActions
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.page import Page, TitleLine
from orchestrator_tui.ui.widgets.stages import StageProgress
from orchestrator_tui.ui.widgets.status_line import StatusLine
from orchestrator_tui.ui.widgets.timeline import Timeline


class TrackScreen(ReplayActions):
    """The selected track, in full."""

    CSS_PATH = "track.tcss"
    SCOPE = TRACK
    AUTO_FOCUS = "Page"

    title_line = getters.query_one(TitleLine)
    stages = getters.query_one(StageProgress)
    page = getters.query_one(Page)
    timeline = getters.query_one(Timeline)

    def compose(self) -> ComposeResult:
        yield TitleLine()
        yield Banner()
        with Container(id="body"):
            yield StageProgress()
            yield Page()
        yield Timeline()
        yield StatusLine()

    @property
    def footer(self) -> str:
        track = self.desk.track
        return "track" if track is None or track.work is None else "track-run"

    def show_parts(self) -> None:
        super().show_parts()
        desk, now, track = self.desk, self.desk.now(), self.desk.track
        self.set_class(track is not None and track.work is not None, "-run")
        self.title_line.show(*title(desk))
        self.stages.show(present_stages(desk.state, desk.track_key, now, desk.glyphs))
        view = present_track(desk.state, desk.track_key, now, desk.glyphs, desk.zone)
        self.page.show("Track", "" if track is None else headline_facts(track), lambda width: track_lines(view, width))
        slug = "" if track is None else track.slug
        self.timeline.show(present_timeline(desk.state, desk.glyphs, desk.zone, mode=desk.session.mode, track=slug))
