"""What every full screen has: the banner, the status line, the keys of its scopes, and the actions they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on, work

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.commands import Nudge, Tell, Undo
from orchestrator_tui.core.model import NOBODY, Gate, Track
from orchestrator_tui.core.queries import GateKey, TrackKey, next_waiting
from orchestrator_tui.core.text import sanitise
from orchestrator_tui.ui.actions import BY_ID, REPLAY, RUN
from orchestrator_tui.ui.available import run_here, undoable, why_not
from orchestrator_tui.ui.bindings import bindings
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.hints import hints
from orchestrator_tui.ui.present.card import option_at
from orchestrator_tui.ui.present.status import present_status
from orchestrator_tui.ui.present.tool_input import input_text
from orchestrator_tui.ui.screens.picture import PictureScreen
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.line_view import LineView
from orchestrator_tui.ui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from orchestrator_tui.ui.screens.dialogs import Dialog

WIDE_FROM = 100
"""Columns from which a screen puts panels side by side (DESIGN §5)."""


class CockpitScreen(PictureScreen, inherit_bindings=False):
    """A full screen on the desk. Keys run :meth:`action_run`, which runs ``do_…`` or says why it does not."""

    AUTO_FOCUS = ""
    SCOPE: ClassVar[str]
    HORIZONTAL_BREAKPOINTS = [(0, "-list"), (60, "-narrow"), (WIDE_FROM, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012

    status = getters.query_one(StatusLine)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        # The toolkit sets these after the first paint, which would show the panels elsewhere.
        width, height = self.app.size
        self.add_class(*self._get_breakpoint_classes(width, self.HORIZONTAL_BREAKPOINTS))
        self.add_class(*self._get_breakpoint_classes(height, self.VERTICAL_BREAKPOINTS))
        self.desk = desk
        scopes = (self.SCOPE,) if desk.transport is None else (self.SCOPE, REPLAY)
        # Of one key, two scopes may want two things, which the toolkit's keymap does not know: so ours is laid over.
        self._bindings = bindings(scopes, desk.keymap)

    # --- showing -------------------------------------------------------------------------------------------

    def show_parts(self) -> None:
        super().show_parts()
        desk = self.desk
        self.status.show(
            present_status(
                desk.state,
                desk.glyphs,
                mode=desk.session.mode,
                hints=hints(self.footer, desk.situation(), desk.keymap, ascii_only=desk.ascii_only),
                notice=desk.notice,
                refused=desk.notice_refused,
                hosted=NOBODY not in desk.live.held_by.values(),
            )
        )

    @property
    def footer(self) -> str:
        """Which footer of :data:`orchestrator_tui.ui.hints.FOOTERS` is shown."""
        return self.SCOPE

    @property
    def is_wide(self) -> bool:
        """Whether panels stand side by side."""
        return self.app.size.width >= WIDE_FROM

    # --- running actions -----------------------------------------------------------------------------------

    def action_run(self, name: str) -> None:
        """Run an action of the registry, or say in the status line why it cannot run now."""
        action = BY_ID[name]
        self.desk.notice = ""
        reason = why_not(action, self.desk.situation())
        if reason is not None:
            self.desk.tell(reason, refused=True)
            return
        if action.group == RUN:
            from orchestrator_tui.ui.screens.running import perform

            perform(name, self)
        else:
            getattr(self, f"do_{action.method}")()
        self.desk.changed()

    @on(StatusLine.HintPressed)
    def _hint_pressed(self, event: StatusLine.HintPressed) -> None:
        if event.action:
            self.action_run(event.action)

    @on(Banner.Pressed)
    def _banner_pressed(self, event: Banner.Pressed) -> None:
        if isinstance(event.target, GateKey):
            self.go_to_gate(event.target)
        elif isinstance(event.target, TrackKey):
            self.desk.choose_track(event.target)
        self.desk.changed()

    # --- moving --------------------------------------------------------------------------------------------

    @property
    def panel(self) -> LineView | None:
        """The panel that the moving keys move in."""
        return self.focused if isinstance(self.focused, LineView) else None

    def do_move_down(self) -> None:
        if self.panel is not None:
            self.panel.move(1)

    def do_move_up(self) -> None:
        if self.panel is not None:
            self.panel.move(-1)

    def do_move_first(self) -> None:
        if self.panel is not None:
            self.panel.move_to_end(False)

    def do_move_last(self) -> None:
        if self.panel is not None:
            self.panel.move_to_end(True)

    def do_page_down(self) -> None:
        if self.panel is not None:
            self.panel.move_page(1)

    def do_page_up(self) -> None:
        if self.panel is not None:
            self.panel.move_page(-1)

    def do_next_panel(self) -> None:
        self.focus_next()

    def do_previous_panel(self) -> None:
        self.focus_previous()

    def do_next_waiting(self) -> None:
        key = next_waiting(self.desk.state, self.desk.card.key)
        if key is not None:
            self.go_to_gate(key)

    def go_to_gate(self, key: GateKey) -> None:
        """Put a gate on the card where the person can see it."""
        from orchestrator_tui.ui.screens.gate import GateScreen

        self.desk.choose_gate(key)
        self.app.switch_screen(GateScreen(self.desk))

    def do_back(self) -> None:
        self.dismiss()

    # --- looking -------------------------------------------------------------------------------------------

    def do_diff(self) -> None:
        self.open_evidence("diff")

    def do_output(self) -> None:
        self.open_evidence("output")

    def open_evidence(self, kind: str) -> None:
        """Show what can be looked up of the selected track."""
        from orchestrator_tui.ui.screens.evidence import EvidenceScreen

        self.app.push_screen(EvidenceScreen(self.desk, kind))

    def do_details(self) -> None:
        from orchestrator_tui.ui.screens.track import TrackScreen

        self.app.push_screen(TrackScreen(self.desk))

    def do_plan(self) -> None:
        from orchestrator_tui.ui.screens.plan import PlanScreen

        batch = run_here(self.desk.situation())
        if batch is not None:
            self.app.push_screen(PlanScreen(self.desk, batch.id))

    def do_report(self) -> None:
        from orchestrator_tui.ui.screens.report import ReportScreen

        batch = run_here(self.desk.situation())
        if batch is not None:
            self.app.push_screen(ReportScreen(self.desk, batch.id))

    def do_copy(self) -> None:
        gate, track = self.desk.gate, self.desk.track
        text = gate_text(gate) if gate is not None else track_text(track) if track is not None else ""
        self.app.copy_to_clipboard(text)
        self.desk.tell(f"copied: {text.splitlines()[0]}" if text else "there is nothing to copy", refused=not text)

    def do_snapshot(self) -> None:
        from orchestrator_tui.ui.snapshot import save

        try:
            svg, text = save(self.app, self.desk.snapshots or Path.cwd())
        except OSError as error:
            self.desk.tell(f"the picture was not saved: {error}", refused=True)
        else:
            self.desk.tell(f"saved {svg} and {text.name}")

    def do_help(self) -> None:
        from orchestrator_tui.ui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.desk, self.SCOPE))

    def do_jump(self) -> None:
        track = self.desk.track
        if track is not None and track.agent is not None:
            self._jump(track.agent)

    do_jump_here = do_jump

    @work(thread=True, exclusive=True, group="panes", exit_on_error=False)
    def _jump(self, agent: Agent) -> None:
        panes = self.desk.panes
        if panes is None:
            return
        try:
            told, refused = panes.jump(agent), False
        except OSError as error:
            told, refused = str(error), True
        self.app.call_from_thread(self.desk.tell, told, refused=refused)

    # --- telling and leaving -------------------------------------------------------------------------------

    def ask(self, dialog: Dialog) -> None:
        """Open a dialog over this screen."""
        self.app.push_screen(dialog)

    def do_message(self) -> None:
        from orchestrator_tui.ui.screens.dialogs import TextDialog

        track = self.desk.track
        if track is not None:
            self.ask(
                TextDialog(
                    self.desk,
                    title=f"Message to {track.slug}",
                    told="Its agent reads it when it looks the next time.",
                    then=lambda text: self.desk.dispatch(Tell(track.batch, track.slug, text)),
                )
            )

    def do_nudge(self) -> None:
        track = self.desk.track
        if track is not None:
            self.desk.dispatch(Nudge(track.batch, track.slug))

    def do_connect(self) -> None:
        from orchestrator_tui.ui.screens.connecting import ConnectDialog

        if self.desk.connector is not None:
            self.ask(ConnectDialog(self.desk, self.desk.connector))

    def do_undo(self) -> None:
        command: Undo | None = undoable(self.desk.situation())
        if command is not None:
            self.desk.dispatch(command)

    def do_quit(self) -> None:
        from orchestrator_tui.ui.screens.dialogs import QuitDialog, stays_behind

        lines = () if self.desk.transport is not None else stays_behind(self.desk.state)
        if lines:
            self.ask(QuitDialog(self.desk, lines))
        else:
            self.app.exit()


def gate_text(gate: Gate) -> str:
    """A gate as plain text for the clipboard: question, context, a call's input and options, safe to paste."""
    numbered = []
    for place in range(len(gate.question.options) + 1):
        option = option_at(gate, place // 9, place % 9 + 1)
        if option is not None:
            numbered.append(f"{place + 1}  {option.words}")
    parts = (f"{gate.track}: {gate.question.question}", gate.question.context, input_text(gate), *numbered)
    return sanitise("\n".join(part for part in parts if part))


def track_text(track: Track) -> str:
    """A track as plain text for the clipboard: where its work is."""
    parts = (track.slug, track.branch, track.worktree, track.pr)
    return sanitise("\n".join(part for part in parts if part))
