"""The clocks that a workflow sets for its batches, where the person has not set them otherwise (seed 002)."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.limits import Limits


@frozen
class Clocks:
    """How long a question may wait for its answer; milliseconds, 0 for what the person's settings say.

    ``stale_ms`` is when it is brought up whatever the person is at (seed 002, the 5-minute rule), ``repeat_ms`` how
    long after that it is brought up again.
    """

    stale_ms: int = 0
    repeat_ms: int = 0


def with_clocks(limits: Limits, clocks: Clocks) -> Limits:
    """The clocks of a batch: the workflow's where the person's settings hold what everybody has."""
    usual = Limits()
    changes = {
        name: value
        for name, value in (("gate_stale_ms", clocks.stale_ms), ("gate_repeat_ms", clocks.repeat_ms))
        if value and getattr(limits, name) == getattr(usual, name)
    }
    return replace(limits, **changes) if changes else limits
