"""The cockpit application: one session in, one desk, and the screens that show it (DESIGN §5).

The session says that something changed; the change becomes one message that collapses with its like; the desk takes
the newest picture; the screens show it. Nothing else ticks but the ages, once a second.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import ClassVar

from textual import constants, events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme
from textual.timer import Timer

from orchestrator_tui.core.model import State
from orchestrator_tui.core.text import sanitise
from orchestrator_tui.runtime.ports import Adder, Connector, Evidence, Outcome, Panes, Replays, Session, Snapshot
from orchestrator_tui.ui import themes
from orchestrator_tui.ui.actions import BY_ID
from orchestrator_tui.ui.deciding import REST_MS, is_blank, rests
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.intake import Changed, Intake
from orchestrator_tui.ui.keymap import resolve
from orchestrator_tui.ui.notices import Warner, notice, terminal_title
from orchestrator_tui.ui.screens.main import MainScreen
from orchestrator_tui.ui.screens.picture import PictureScreen
from orchestrator_tui.ui.settings import Settings, config_directory, load, settings_file, wants_ascii
from orchestrator_tui.ui.warner import TerminalWarner

TICK_SECONDS = 1.0
"""How often ages are shown anew."""

PLAY_SECONDS = 0.1
"""How often a playing replay moves."""

TOUR_SECONDS = 10.0
"""How long each hint of a tour stands."""

NOTICE_SECONDS = 6.0
"""How long a notice stands in the status line."""


@dataclass
class Finished(Message):
    """A command was carried out or refused."""

    outcome: Outcome


class Cockpit(App[None], inherit_bindings=False):
    """The full-screen program over one session, live or replayed."""

    TITLE = "orch-tui"
    CSS_PATH = [Path(__file__).with_name("cockpit.tcss"), Path(__file__).parent / "screens" / "main.tcss"]  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            ",".join(BY_ID["palette"].keys),
            "command_palette",
            BY_ID["palette"].label,
            show=False,
            id="palette",
        )
    ]

    def __init__(
        self,
        session: Session,
        *,
        settings: Settings | None = None,
        problems: tuple[str, ...] = (),
        evidence: Evidence | None = None,
        panes: Panes | None = None,
        connector: Connector | None = None,
        adder: Adder | None = None,
        replays: Replays | None = None,
        warner: Warner | None = None,
        snapshots: Path | None = None,
        zone: tzinfo | None = None,
        environment: Mapping[str, str] | None = None,
        tour: Sequence[str] = (),
    ) -> None:
        """``problems`` are lines about settings that could not be used, ``tour`` hints; both are shown once."""
        super().__init__()
        self.settings = settings or Settings()
        self.environment = os.environ if environment is None else environment
        keymap, clashes = resolve(self.settings.keymap, "keymap")
        self.problems = (*problems, *clashes)
        self._tour = list(tour)
        self.session = session
        self.desk = Desk(
            session,
            keymap=keymap,
            evidence=evidence,
            panes=panes,
            connector=connector,
            adder=adder,
            replays=replays,
            snapshots=snapshots,
            ascii_only=wants_ascii(self.settings, self.environment),
            zone=zone,
        )
        self.desk.changed = self.show_picture
        self.intake = Intake(self, self.desk.picture, self._take)
        self.warner: Warner = warner or TerminalWarner(self._write, self.environment)
        self.focused_window: bool | None = None
        self._own_themes = config_directory(self.environment) / "themes"
        self._warned_of: State | None = None
        self._playing: Timer | None = None
        self._forgetting: Timer | None = None
        self._told = ""
        self._offered: set[tuple[str, str]] = set()
        self.set_keymap({name: keys for name, keys in keymap.toolkit().items() if name == "palette"})
        foreign = [name for name in self.available_themes if name != self.theme]
        self.use_theme(self.settings.theme)
        for name in foreign:
            # The toolkit copies the table of its themes for each line it paints: ours are enough to copy.
            self.unregister_theme(name)

    def get_default_screen(self) -> Screen[None]:
        return MainScreen(self.desk)

    def get_driver_class(self) -> type[Driver]:
        if constants.DRIVER is not None:
            return super().get_driver_class()
        # Loaded here, as the toolkit loads its own: only what is shown needs a terminal.
        from orchestrator_tui.ui.driver import WaitingDriver

        return WaitingDriver

    # --- life ----------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.call_after_refresh(self.session.start, self.intake.put, self._finished)
        self.set_interval(TICK_SECONDS, self.tick)
        self._wake_when_rested()
        self._warn()
        self.call_after_refresh(_collect_garbage_again)
        for problem in self.problems:
            self.notify(problem, title="Settings", severity="warning", timeout=15, markup=False)
        self._guide()
        self._offer_plan()

    def _guide(self) -> None:
        """Show the next hint of the tour; one at a time, since the screen is the person's."""
        if self._tour:
            self.notify(self._tour.pop(0), timeout=TOUR_SECONDS, markup=False)
            self.set_timer(TOUR_SECONDS, self._guide)

    def on_unmount(self) -> None:
        if isinstance(self.warner, TerminalWarner):
            self.warner.close()
        self.session.close()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Paste):
            # Whatever takes it draws it, the toolkit's own entries raw: so it is made safe at the door (S-1).
            event.text = sanitise(event.text)
        await super().on_event(event)

    def on_app_focus(self, event: events.AppFocus) -> None:
        self.focused_window = True

    def on_app_blur(self, event: events.AppBlur) -> None:
        self.focused_window = False

    # --- from the session ----------------------------------------------------------------------------------

    def _finished(self, outcome: Outcome) -> None:
        self.post_message(Finished(outcome))

    def on_changed(self, event: Changed) -> None:
        self.intake.look()

    def _take(self, picture: Snapshot, activity: bool) -> None:
        self.desk.take(picture)
        if activity:
            self.show_activity()
        else:
            self.show_picture()
            self._warn()
            self._wake_when_rested()
            self._offer_plan()

    def _offer_plan(self) -> None:
        """Show the plan of a run that waits to be started, once, where the person is in the middle of nothing else."""
        if self.desk.transport is not None or not is_blank(self.desk.card) or type(self.screen) is not MainScreen:
            return
        for batch in self.desk.state.batches.values():
            if batch.run is None or batch.run.phase not in ("planned", "approved"):
                continue
            from orchestrator_tui.ui.present.plan import plan_gate
            from orchestrator_tui.ui.screens.plan import PlanScreen

            gate = plan_gate(batch)
            if gate is not None and (batch.id, gate.id) not in self._offered:
                self._offered.add((batch.id, gate.id))
                self.push_screen(PlanScreen(self.desk, batch.id, by_itself=True))
                return

    def on_finished(self, event: Finished) -> None:
        self.desk.report(event.outcome)

    # --- showing -------------------------------------------------------------------------------------------

    def show_picture(self) -> None:
        """Show the desk on every screen of the stack; a dialog keeps what is behind it alive."""
        for screen in self.screen_stack:
            if isinstance(screen, PictureScreen):
                screen.show_picture()
        self._mind_the_notice()
        self._mind_the_transport()

    def show_activity(self) -> None:
        """Show what agents were just seen doing; nothing else has changed."""
        for screen in self.screen_stack:
            if isinstance(screen, PictureScreen):
                screen.show_activity()

    def tick(self) -> None:
        """A second has passed: ages and the terminal's title are shown anew."""
        self.desk.settle()
        self.show_picture()
        self._show_title()

    def _wake_when_rested(self) -> None:
        """Take away the word about resting keys when they have rested."""
        if rests(self.desk.card, self.desk.now()):
            self.set_timer(REST_MS / 1000 + 0.01, self.show_picture)

    def _mind_the_notice(self) -> None:
        """Let each notice stand for a while."""
        if self.desk.notice == self._told:
            return
        self._told = self.desk.notice
        if self._forgetting is not None:
            self._forgetting.stop()
            self._forgetting = None
        if self._told:
            self._forgetting = self.set_timer(NOTICE_SECONDS, self._forget)

    def _forget(self) -> None:
        self._forgetting = None
        self.desk.tell("")

    def _mind_the_transport(self) -> None:
        """Let time pass while a replay plays, and only then."""
        transport = self.desk.transport
        if transport is None or transport.playing == (self._playing is not None):
            return
        if self._playing is None:
            self._playing = self.set_interval(PLAY_SECONDS, self._play_on)
        else:
            self._playing.stop()
            self._playing = None

    def _play_on(self) -> None:
        if self.desk.transport is not None:
            self.desk.transport.advance(round(PLAY_SECONDS * 1000))
            self._mind_the_transport()

    # --- beside the screen ---------------------------------------------------------------------------------

    def _warn(self) -> None:
        state, now = self.desk.state, self.desk.now()
        told = notice(self._warned_of, state, now, self.focused_window, self.settings)
        self._warned_of = state
        if self.desk.transport is None and told is not None:
            if told.bell:
                self.warner.bell()
            if told.title:
                self.warner.desktop(told.title, told.body, told.urgent)
        self._show_title()

    def _show_title(self) -> None:
        if self.settings.terminal_title:
            self.warner.title(terminal_title(self.desk.state, self.desk.now(), self.desk.glyphs.gate))

    def _write(self, data: str) -> None:
        """Write to the terminal itself, as the toolkit does for its own bell."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(data)

    # --- themes and palette --------------------------------------------------------------------------------

    def refresh_css(self, animate: bool = True) -> None:
        """Parse the stylesheets anew, once there is something that could have been drawn by others."""
        if self._is_mounted:
            super().refresh_css(animate)

    def get_theme(self, theme_name: str) -> Theme | None:
        """A theme by name; the toolkit asks for it at every line that it paints, and copies all themes each time."""
        return self._registered_themes.get(theme_name) or super().get_theme(theme_name)

    def theme_names(self) -> tuple[str, ...]:
        """The themes that can be chosen."""
        return themes.names(self._own_themes)

    def use_theme(self, name: str) -> None:
        """Show a theme; one that cannot be used leaves the look as it is and says why."""
        try:
            theme = themes.load(name, self._own_themes)
        except themes.ThemeError as error:
            theme = None
            self.problems = (*self.problems, str(error))
            if self._running:
                self.desk.tell(str(error), refused=True)
            elif self.settings.theme != themes.DEFAULT:
                theme = themes.load(themes.DEFAULT)
        if theme is not None:
            self.register_theme(theme)
            self.theme = theme.name
            if not self._running:
                self.stylesheet.set_variables(self.get_css_variables())

    def action_command_palette(self) -> None:
        """Open the palette."""
        from orchestrator_tui.ui.palette import Palette

        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            self.push_screen(Palette(self.desk))


def _collect_garbage_again() -> None:
    """Undo what :func:`run` did: what has been loaded by now stays, and is not looked through again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def run(
    session: Session,
    *,
    evidence: Evidence | None = None,
    panes: Panes | None = None,
    connector: Connector | None = None,
    adder: Adder | None = None,
    replays: Replays | None = None,
    snapshots: Path | None = None,
    environment: Mapping[str, str] | None = None,
    tour: Sequence[str] = (),
) -> int:
    """Show ``session`` until the person leaves, and return the exit code. The settings of the person hold.

    Until the first frame no garbage is collected: start-up makes hardly any, and looking for it is a tenth of the time.
    """
    gc.disable()
    variables = os.environ if environment is None else environment
    settings, problems = load(settings_file(variables))
    app = Cockpit(
        session,
        settings=settings,
        problems=problems,
        evidence=evidence,
        panes=panes,
        connector=connector,
        adder=adder,
        replays=replays,
        snapshots=snapshots,
        environment=variables,
        tour=tour,
    )
    app.run(mouse=settings.mouse)
    return app.return_code or 0
