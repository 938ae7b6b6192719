"""Ports without a machine behind them, for tests and simulations."""

from __future__ import annotations

from orchestrator_tui.core.instant import Instant


class ManualClock:
    """Time that moves only when it is told to; implements :class:`~orchestrator_tui.runtime.ports.Clock`."""

    def __init__(self, wall_ms: int = 1_700_000_000_000, boot_ms: int = 60_000, boot_id: str = "boot-1") -> None:
        self._now = Instant(wall_ms, boot_ms, boot_id)

    def now(self) -> Instant:
        """The moment that was set."""
        return self._now

    def advance(self, milliseconds: int) -> Instant:
        """Let time pass on both clocks; returns the new moment."""
        self._now = self._now.plus(milliseconds)
        return self._now

    def step_wall(self, milliseconds: int) -> Instant:
        """Set the wall clock forward, or back when negative, while no time passes."""
        self._now = Instant(self._now.wall_ms + milliseconds, self._now.boot_ms, self._now.boot_id)
        return self._now

    def reboot(self, boot_id: str, asleep_ms: int = 0) -> Instant:
        """Start the machine again ``asleep_ms`` later: the boot clock begins anew."""
        self._now = Instant(self._now.wall_ms + asleep_ms, 0, boot_id)
        return self._now
