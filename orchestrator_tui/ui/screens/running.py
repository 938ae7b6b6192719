"""What the keys of a run do, on every screen: some ask for words first, those that are hard to take back ask twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.available import run_here
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.words import batch_title, stage_name
from orchestrator_tui.ui.run_commands import run_command
from orchestrator_tui.ui.screens.base import CockpitScreen
from orchestrator_tui.ui.screens.dialogs import Dialog, TextDialog


class ConfirmDialog(Dialog):
    """Asks whether something shall be done that costs work; Enter does it."""

    KEYS = "Enter do it   Esc back, nothing happens"

    def __init__(self, desk: Desk, title: str, told: str, then: Callable[[], None]) -> None:
        super().__init__(desk, title, told)
        self.then = then

    def accept(self) -> None:
        self.dismiss()
        self.then()


def perform(name: str, screen: CockpitScreen) -> None:
    """Do what the action of this id asks of the run at hand; the screen has judged already that it may be done."""
    desk = screen.desk
    batch = run_here(desk.situation())
    if batch is None:
        return
    asks = ASKS.get(name)
    if asks is not None:
        asks(screen, batch, desk.track)
    else:
        _send(desk, name, batch, desk.track)


def _send(desk: Desk, name: str, batch: Batch, track: Track | None, words: str = "") -> None:
    command = run_command(name, batch, track, words)
    if command is not None:
        desk.dispatch(command)


def _pause_now(screen: CockpitScreen, batch: Batch, track: Track | None) -> None:
    working = sum(one.ended_at is None for each in batch.tracks.values() for one in each.attempts)
    desk = screen.desk
    screen.ask(
        ConfirmDialog(
            desk,
            f"Stop {plural(working, 'agent')} of {batch_title(batch)} now?",
            "Files stay as they are. What an agent has not written down is lost; it begins its stage again later.",
            lambda: _send(desk, "pause-now", batch, track),
        )
    )


def _retry(screen: CockpitScreen, batch: Batch, track: Track | None) -> None:
    if track is None:
        return
    stage = stage_name(track, track.stage) or "its stage"
    desk = screen.desk
    screen.ask(
        TextDialog(
            desk,
            title=f"Try {stage} of {track.slug} again",
            told="What shall its agent do differently? Nothing is needed: Enter alone tries again.",
            then=lambda text: _send(desk, "retry", batch, track, text),
            optional=True,
        )
    )


def _rescue(screen: CockpitScreen, batch: Batch, track: Track | None) -> None:
    if track is None:
        return
    desk = screen.desk
    screen.ask(
        TextDialog(
            desk,
            title=f"Why does {track.slug} need a fresh agent?",
            told="The old agent is ended first, and a fresh one goes on from what is there.",
            then=lambda text: _send(desk, "rescue", batch, track, text),
        )
    )


def _stop(screen: CockpitScreen, batch: Batch, track: Track | None) -> None:
    if track is None:
        return
    desk = screen.desk
    after = [one.slug for one in batch.tracks.values() if track.slug in one.depends_on]
    others = f" Left out with it: {', '.join(after)}." if after else ""
    screen.ask(
        TextDialog(
            desk,
            title=f"Why give {track.slug} up?",
            told=f"Its agent is ended. Its branch and its files stay.{others}",
            then=lambda text: _send(desk, "stop", batch, track, text),
        )
    )


def _stop_batch(screen: CockpitScreen, batch: Batch, track: Track | None) -> None:
    desk = screen.desk
    screen.ask(
        TextDialog(
            desk,
            title=f"Why end the batch {batch_title(batch)}?",
            told="All its agents are ended. Branches, worktrees and what is merged stay as they are.",
            then=lambda text: _confirm_end(screen, batch, text),
        )
    )


def _confirm_end(screen: CockpitScreen, batch: Batch, reason: str) -> None:
    """The title is typed: no key that slipped ends the work of hours."""
    title, desk = batch_title(batch), screen.desk

    def check(text: str) -> str | None:
        return None if text == title else f"type {title}"

    screen.ask(
        TextDialog(
            desk,
            title=f"Type {title} to end it",
            told=f"Reason: {reason}",
            then=lambda text: _send(desk, "stop-batch", batch, None, reason),
            check=check,
        )
    )


def _add(screen: CockpitScreen, batch: Batch, track: Track | None) -> None:
    from orchestrator_tui.ui.screens.adding import AddDialog

    if screen.desk.adder is not None:
        screen.ask(AddDialog(screen.desk, screen.desk.adder, batch))


ASKS: Mapping[str, Callable[[CockpitScreen, Batch, Track | None], None]] = {
    "pause-now": _pause_now,
    "retry": _retry,
    "rescue": _rescue,
    "stop": _stop,
    "stop-batch": _stop_batch,
    "add": _add,
}
"""The actions that ask something before anything is done; the others are done at once."""
