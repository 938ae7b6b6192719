"""Names of the tracks that a run makes itself: none takes one that is there, or is promised to another track."""

from __future__ import annotations

from collections.abc import Container, Mapping

from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import work_of

MOST = 63
"""So long is a name at most, which becomes a branch and a directory (reliability G-4)."""


def promised(batch: Batch) -> Mapping[str, str]:
    """Names under which tracks go on in the next wave, made when their own has ended, and whose work each takes up."""
    carried = {work_of(one).carried: one.slug for one in planned_tracks(batch) if work_of(one).carried}
    return {name: slug for name, slug in carried.items() if name not in batch.tracks}


def taken(batch: Batch) -> frozenset[str]:
    """Every name that a new track may not have."""
    return frozenset({*batch.tracks, *promised(batch)})


def free(wanted: str, others: Container[str], most: int = MOST) -> str:
    """The name wanted, cut to ``most`` characters, with a number behind it where another has it."""
    name, number = wanted[:most].rstrip("-"), 2
    while name in others:
        ending = f"-{number}"
        name, number = wanted[: most - len(ending)].rstrip("-") + ending, number + 1
    return name
