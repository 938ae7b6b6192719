"""How pictures reach the screen: from any thread, the newest one only, and no faster than the screen can keep up."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from textual.app import App
from textual.message import Message
from textual.timer import Timer

from orchestrator_tui.runtime.ports import Snapshot

BREATH = 8
"""After a picture was painted, so many times as long as that took passes before the next; keys wait for nothing."""

LONGEST_BREATH_SECONDS = 0.25

ACTIVITY_SECONDS = 0.25
"""How often the activity of agents is shown at most, when nothing else changes: as fast as it can be read."""


class Changed(Message):
    """The session has a new picture. However many changes there are, one message at a time tells of them."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Changed)


class Intake:
    """Takes note of pictures and hands the newest on when it is time."""

    def __init__(self, app: App[Any], shown: Snapshot, show: Callable[[Snapshot, bool], None]) -> None:
        """``shown`` is the picture on the screen; ``show`` shows another, told whether only activity differs."""
        self._app = app
        self._show = show
        self._shown = self._latest = shown
        self._told = False
        self._told_of_more = False
        self._rests_until = 0.0
        self._activity_rests_until = 0.0
        self._timer: Timer | None = None
        self._timer_at = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether a newer picture waits to be shown."""
        return self._latest is not self._shown

    def put(self, picture: Snapshot) -> None:
        """Take note of a picture, in any thread; a thousand a second do not wake the screen a thousand times."""
        self._latest = picture
        more = not self._is_activity(picture)
        if not self._told or (more and not self._told_of_more):
            self._told, self._told_of_more = True, more
            self._app.post_message(Changed())

    def look(self) -> None:
        """A message told of a change: show it now, or when the screen has rested."""
        until = self._activity_rests_until if self._is_activity(self._latest) else self._rests_until
        wait = until - perf_counter()
        if wait <= 0:
            self._take()
        elif self._timer is None or perf_counter() + wait < self._timer_at:
            self._stop_timer()
            self._timer_at = perf_counter() + wait
            self._timer = self._app.set_timer(wait, self._take)

    def _is_activity(self, picture: Snapshot) -> bool:
        """Whether nothing differs but what agents were just seen doing."""
        shown = self._shown
        return picture.state is shown.state and picture.live.problem == shown.live.problem

    def _take(self) -> None:
        self._stop_timer()
        # In this order: a picture that comes in between is taken now, or told of again.
        self._told = self._told_of_more = False
        picture = self._latest
        if picture is self._shown:
            return
        began = perf_counter()
        activity = self._is_activity(picture)
        self._shown = picture
        self._show(picture, activity)
        if activity:
            # So seldom that no rest beyond it is needed.
            self._activity_rests_until = began + ACTIVITY_SECONDS
        else:
            self._app.call_after_refresh(self._breathe, began)

    def _breathe(self, began: float) -> None:
        """The picture is painted: the next one waits in proportion to what this one took."""
        now = perf_counter()
        self._rests_until = now + min(LONGEST_BREATH_SECONDS, (now - began) * BREATH)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
