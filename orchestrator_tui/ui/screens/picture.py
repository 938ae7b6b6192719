"""What every screen and dialog shows of the desk: the banner, as soon as there is a place for it."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.banner import present_banner
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.still import Still


class PictureScreen(Screen[Any], Still, inherit_bindings=False):
    """A screen that shows the desk. Subclasses show their parts in :meth:`show_parts`."""

    desk: Desk
    _composed = False
    _resumed = False

    def on_mount(self) -> None:
        self._composed = True
        self.show_picture()

    def on_screen_resume(self) -> None:
        # The first resume comes on the heels of the mount, which has shown everything.
        if self._resumed:
            self.show_picture()
        self._resumed = True

    def show_picture(self) -> None:
        """Show what the desk holds now; nothing before the parts are there."""
        if self.is_composed:
            self.show_parts()

    @property
    def is_composed(self) -> bool:
        """Whether the parts are there to be shown; of a screen that is being removed, they go first."""
        return self._composed and self.is_attached and self.display

    def show_activity(self) -> None:
        """Show what agents were just seen doing, where the screen lists it."""

    def show_parts(self) -> None:
        """Show the banner: what waits too long stays in sight on every screen and dialog (seed 002)."""
        desk, live = self.desk, self.desk.live
        self.query_one(Banner).show(
            present_banner(
                desk.state,
                desk.now(),
                desk.glyphs,
                problem=live.problem,
                held_by=live.held_by,
                watching=live.watching,
            )
        )
