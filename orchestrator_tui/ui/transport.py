"""What a replay offers beside its pictures: a place in time that can be moved (DESIGN §2.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""The speeds that ``<`` and ``>`` walk through."""


class Mark(Protocol):
    """A place worth finding on the bar. ``kind`` is ``gate``, ``failed`` or ``done``."""

    @property
    def position_ms(self) -> int: ...

    @property
    def kind(self) -> str: ...


class Transport(Protocol):
    """A replay's place in time. Positions are milliseconds from its first event; all calls return at once.

    Every call that moves the position makes the session report a new picture.
    """

    @property
    def position_ms(self) -> int:
        """Where the replay is."""

    @property
    def duration_ms(self) -> int:
        """Where its last event is."""

    @property
    def event(self) -> int:
        """How many events have happened at the position."""

    @property
    def events(self) -> int:
        """How many events there are."""

    @property
    def marks(self) -> Sequence[Mark]:
        """The gates, failures and ends of tracks, in time order."""

    @property
    def playing(self) -> bool:
        """Whether the position moves by itself."""

    @property
    def speed(self) -> float:
        """How many seconds of the batch pass in one second while it plays."""

    @property
    def ended(self) -> str:
        """How the batch ended, in words; "" when it has not."""

    def play(self, playing: bool) -> None:
        """Start or stop."""

    def set_speed(self, speed: float) -> None:
        """One of :data:`SPEEDS`."""

    def seek(self, position_ms: int) -> None:
        """Go to a position; outside of the recording the nearest end is taken."""

    def step(self, events: int) -> None:
        """Go ``events`` events on, or back when negative."""

    def advance(self, real_ms: int) -> None:
        """While playing: let ``real_ms`` of real time pass. The screen calls it, so that no thread needs a timer."""


@runtime_checkable
class HasTransport(Protocol):
    """A session that is a replay."""

    @property
    def transport(self) -> Transport: ...


def transport_of(session: object) -> Transport | None:
    """The transport that a session offers, or None."""
    return session.transport if isinstance(session, HasTransport) else None


def gate_beside(transport: Transport, direction: int) -> int | None:
    """Position of the nearest gate mark after (``direction`` 1) or before (-1) the position; None without one."""
    here = transport.position_ms
    places = [mark.position_ms for mark in transport.marks if mark.kind == "gate"]
    if direction > 0:
        return min((place for place in places if place > here), default=None)
    return max((place for place in places if place < here), default=None)


def speed_beside(speed: float, direction: int) -> float:
    """The next faster (``direction`` 1) or slower (-1) speed of :data:`SPEEDS`; the same at the ends."""
    if direction > 0:
        return min((one for one in SPEEDS if one > speed), default=speed)
    return max((one for one in SPEEDS if one < speed), default=speed)


def parse_time(text: str) -> int | None:
    """Milliseconds of ``1:02:18``, ``2:18``, ``138`` or ``138s``; None when it is no time."""
    parts = text.strip().removesuffix("s").split(":")
    if not 1 <= len(parts) <= 3 or not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        return None
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return seconds * 1000
