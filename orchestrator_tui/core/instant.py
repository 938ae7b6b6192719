"""Instants: one moment on both clocks of one machine (DESIGN §3, "Time and ids enter through ports")."""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen


@frozen
class Instant:
    """A moment as wall time and boot time.

    Attributes:
        wall_ms: milliseconds since the Unix epoch, UTC.
        boot_ms: milliseconds since boot, counting suspended time (CLOCK_BOOTTIME where it exists).
        boot_id: names the boot that ``boot_ms`` belongs to; boot clocks of two boots are never compared.
    """

    wall_ms: int
    boot_ms: int
    boot_id: str

    def plus(self, milliseconds: int) -> Instant:
        """The moment ``milliseconds`` later (earlier when negative) on both clocks."""
        return Instant(self.wall_ms + milliseconds, self.boot_ms + milliseconds, self.boot_id)


def elapsed_ms(start: Instant, end: Instant) -> int:
    """Milliseconds from ``start`` to ``end``, never negative.

    Inside one boot the boot clocks decide, so that suspended time counts and a step of the wall clock
    does not; across boots only the wall clocks are left (DESIGN §3; reliability A-7).
    """
    if start.boot_id == end.boot_id:
        return max(0, end.boot_ms - start.boot_ms)
    return max(0, end.wall_ms - start.wall_ms)


def at_wall(wall_ms: int, now: Instant) -> Instant:
    """The instant of a wall time that was read from elsewhere (a file's mtime), seen from ``now``.

    A future time counts as ``now``: a wrong clock must not hide the age of a gate.
    """
    return now.plus(min(0, wall_ms - now.wall_ms))
