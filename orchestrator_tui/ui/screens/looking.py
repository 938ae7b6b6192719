"""The panel that looks up a track's changes or output, aside, and shows what it found."""

from __future__ import annotations

from dataclasses import dataclass

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from orchestrator_tui.core.model import Track
from orchestrator_tui.core.queries import TrackKey
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.cells import Part, clean, wrap
from orchestrator_tui.ui.present.diff import diff_lines, output_lines
from orchestrator_tui.ui.widgets.page import Lines, Page

TITLES = {"diff": "Changes", "output": "Output"}
"""The panel's title by what is looked up."""

_NOTHING = {"diff": "no changes yet", "output": "no output is known"}


class EvidencePanel(Page):
    """Changes or output of one track; looking them up never blocks the screen."""

    @dataclass
    class Found(Message):
        """A look-up ended. ``fault`` says why nothing could be found, or is ""."""

        track: TrackKey
        kind: str
        text: str
        fault: str

    def __init__(self, desk: Desk, kind: str = "diff") -> None:
        super().__init__()
        self.desk = desk
        self.kind = kind
        self.track_key: TrackKey | None = None

    def follow(self, track: Track | None) -> None:
        """Look up another track when another one is selected."""
        key = None if track is None else TrackKey(track.batch, track.slug)
        if key != self.track_key and self.display:
            self.look_up(self.kind)

    def look_up(self, kind: str) -> None:
        """Look up ``kind`` of the selected track anew."""
        self.kind = kind
        track = self.desk.track
        self.track_key = None if track is None else TrackKey(track.batch, track.slug)
        if track is None or self.desk.evidence is None:
            self._say("nothing can be looked up here")
            return
        self._say("looking …")
        self._ask(track, kind)

    @work(thread=True, exclusive=True, group="evidence", exit_on_error=False)
    def _ask(self, track: Track, kind: str) -> None:
        key = TrackKey(track.batch, track.slug)
        evidence = self.desk.evidence
        if evidence is None:
            return
        try:
            found = self.Found(key, kind, evidence.diff(track) if kind == "diff" else evidence.output(track), "")
        except OSError as error:
            found = self.Found(key, kind, "", f"{TITLES[kind].lower()} cannot be read: {error}")
        if not get_current_worker().is_cancelled:
            self.post_message(found)

    def on_evidence_panel_found(self, event: EvidencePanel.Found) -> None:
        event.stop()
        if (event.track, event.kind) != (self.track_key, self.kind):
            return
        if event.fault or not event.text.strip():
            self._say(event.fault or _NOTHING[event.kind])
            return
        make = diff_lines if event.kind == "diff" else output_lines
        glyphs = self.desk.glyphs
        self._show(lambda width: make(event.text, width, glyphs))
        if event.kind == "output":
            self.call_after_refresh(self.move_to_end, True)

    def _say(self, words: str) -> None:
        self._show(lambda width: tuple((Part(" "), Part(line, "quiet")) for line in wrap(words, max(10, width - 2))))

    def _show(self, lines: Lines) -> None:
        slug = "" if self.track_key is None else clean(self.track_key.track, 80)
        self.show(f"{TITLES[self.kind]}  {slug}", "", lines, from_the_top=True)
