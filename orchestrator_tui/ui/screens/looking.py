"""The panel that shows what a gate's call is about, or looks up a track's changes or output, aside."""

from __future__ import annotations

from dataclasses import dataclass

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from orchestrator_tui.core.model import Gate, GateState, Track
from orchestrator_tui.core.queries import GateKey, TrackKey
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.cells import EMPTY, Part, clean, wrap
from orchestrator_tui.ui.present.diff import diff_lines, output_lines
from orchestrator_tui.ui.present.file_change import FileNow
from orchestrator_tui.ui.present.pieces import piece_lines
from orchestrator_tui.ui.present.tool_input import INPUT, file_of, has_input, input_pieces, input_title
from orchestrator_tui.ui.widgets.page import Lines, Page

TITLES = {"diff": "Changes", "output": "Output"}
"""The panel's title by what is looked up."""

_NOTHING = {"diff": "no changes yet", "output": "no output is known"}


@dataclass(frozen=True)
class AskedInput:
    """Which gate's input is shown: another revision is another one, and so is a decided gate, whose file may change."""

    key: GateKey
    revision: int
    is_open: bool


class EvidencePanel(Page):
    """What a gate's call is about, or changes or output of one track; looking it up never blocks the screen."""

    @dataclass
    class Found(Message):
        """A look-up ended. ``fault`` says why nothing could be found, or is ""."""

        about: TrackKey | AskedInput
        kind: str
        text: str
        fault: str
        exists: bool = True

    def __init__(self, desk: Desk, kind: str = "diff") -> None:
        super().__init__()
        self.desk = desk
        self.kind = kind
        self.about: TrackKey | AskedInput | None = None

    def follow(self, track: Track | None, gate: Gate | None) -> None:
        """Show another gate's input, or look up another track, when another one is on the card."""
        asked = asked_input(gate)
        about = asked or (None if track is None else TrackKey(track.batch, track.slug))
        if about == self._followed or not self.display:
            return
        self._followed = about
        self.look_up(INPUT if asked is not None else "diff" if self.kind == INPUT else self.kind)

    _followed: TrackKey | AskedInput | None = None

    def look_up(self, kind: str) -> None:
        """Show ``kind`` of the gate on the card or of the selected track anew."""
        self.kind = kind
        gate, track = self.desk.gate, self.desk.track
        asked = asked_input(gate)
        if kind == INPUT and gate is not None and asked is not None:
            self.about = asked
            self._show_input(gate, None)
            if asked.is_open and file_of(gate.question) and self.desk.evidence is not None:
                self._ask_for_file(asked, file_of(gate.question))
            return
        self.about = None if track is None else TrackKey(track.batch, track.slug)
        if track is None or kind == INPUT or self.desk.evidence is None:
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

    @work(thread=True, exclusive=True, group="evidence", exit_on_error=False)
    def _ask_for_file(self, asked: AskedInput, path: str) -> None:
        evidence = self.desk.evidence
        if evidence is None:
            return
        try:
            found = self.Found(asked, INPUT, evidence.content(asked.key.batch, path), "")
        except FileNotFoundError:
            found = self.Found(asked, INPUT, "", "", exists=False)
        except OSError as error:
            found = self.Found(asked, INPUT, "", str(error))
        if not get_current_worker().is_cancelled:
            self.post_message(found)

    def on_evidence_panel_found(self, event: EvidencePanel.Found) -> None:
        event.stop()
        if (event.about, event.kind) != (self.about, self.kind):
            return
        if event.kind == INPUT:
            if self.desk.gate is not None:
                self._show_input(self.desk.gate, FileNow(event.text, event.exists, event.fault))
            return
        if event.fault or not event.text.strip():
            self._say(event.fault or self._no_output(event) or _NOTHING[event.kind])
            return
        make = diff_lines if event.kind == "diff" else output_lines
        glyphs = self.desk.glyphs
        self._show(lambda width: make(event.text, width, glyphs))
        if event.kind == "output":
            self.call_after_refresh(self.move_to_end, True)

    def _no_output(self, event: EvidencePanel.Found) -> str:
        """Why there can be no output of a run's track yet; "" where that is not known."""
        key = event.about
        batch = self.desk.state.batches.get(key.batch) if isinstance(key, TrackKey) else None
        if batch is None or batch.run is None or not isinstance(key, TrackKey) or event.kind != "output":
            return ""
        # Loaded here: a cockpit without a run shows its first frame without it.
        from orchestrator_tui.ui.present.run_words import unstarted_words

        track = batch.tracks.get(key.track)
        return "" if track is None else unstarted_words(track, batch)

    def _show_input(self, gate: Gate, now: FileNow | None) -> None:
        pieces = input_pieces(gate, now)

        def lines(width: int) -> tuple[tuple[Part, ...], ...]:
            return tuple((Part(" "), *line) if line else EMPTY for line in piece_lines(pieces, width - 2))

        self.show(input_title(gate.question), clean(gate.track, 80), lines, from_the_top=now is None)

    def _say(self, words: str) -> None:
        self._show(lambda width: tuple((Part(" "), Part(line, "quiet")) for line in wrap(words, max(10, width - 2))))

    def _show(self, lines: Lines) -> None:
        slug = clean(self.about.track, 80) if isinstance(self.about, TrackKey) else ""
        self.show(f"{TITLES.get(self.kind, '')}  {slug}", "", lines, from_the_top=True)


def asked_input(gate: Gate | None) -> AskedInput | None:
    """What of this gate is shown as its input; None where its words say everything."""
    if gate is None or not has_input(gate.question):
        return None
    return AskedInput(GateKey(gate.batch, gate.id), gate.revision, gate.state is GateState.OPEN)
