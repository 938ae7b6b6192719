"""Tracks that a run makes itself are kept apart from others that change the same files, as planned ones are.

The scan of the plan (seed 002) knew nothing of them. Whose a shared file is no priority says here: what mends a wave
mends all of it, so that such tracks work one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.plan import SERIALISE, PlannedTrack
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import run_of, work_of
from orchestrator_tui.core.scope import overlap
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.wave_roles import changes_files

_AT_ONCE = 16
"""So many pairs fit into one event, however long their paths are (reliability J-2)."""

_FILES, _LINE = 5, 200


def scanned(batch: Batch, made: Sequence[PlannedTrack]) -> list[Draft]:
    """What these new tracks share with those that are at work, are to come or are merged, and with each other."""
    return _found(list(_pairs(batch, made)))


def rechecked(batch: Batch, checked: Mapping[str, Any]) -> list[Draft]:
    """A new check of the plan, beside which all stays apart that is: it may know nothing of it, or do with less.

    A wave may have ended while it was made; and tracks that are there keep their scopes: that one of them should
    only append to what they share is told to none of them.
    """
    matrix = checked.get("matrix", ())
    known = {_both(one) for one in matrix if one["consequence"] == SERIALISE}
    pairs = [one for one in run_of(batch).checked.get("matrix", ()) if one["consequence"] == SERIALISE]
    left = [one for one in pairs if _both(one) not in known]
    without = [one for one in matrix if _both(one) not in {_both(pair) for pair in left}]
    return [Draft("plan_checked", {"checked": {**checked, "matrix": without}}), *_found(left)]


def _both(pair: Mapping[str, Any]) -> frozenset[str]:
    return frozenset((pair["a"], pair["b"]))


def _found(pairs: list[dict[str, Any]]) -> list[Draft]:
    parts = [pairs[place : place + _AT_ONCE] for place in range(0, len(pairs), _AT_ONCE)]
    return [Draft("conflicts_found", {"pairs": part}) for part in parts]


def _pairs(batch: Batch, made: Sequence[PlannedTrack]) -> Iterator[dict[str, Any]]:
    # What is merged already, a new track begins with.
    there = [one for one in planned_tracks(batch) if one.state not in ENDED_TRACK_STATES or work_of(one).merged_sha]
    before = [work_of(one).planned for one in there]
    for place, track in enumerate(made):
        for other in (*before, *made[:place]):
            shared = overlap(_changes(batch, other), _changes(batch, track), ())
            if not shared or other.slug in track.depends_on:
                continue
            rest = len(shared) - _FILES
            yield {
                "a": other.slug,
                "b": track.slug,
                "consequence": SERIALISE,
                "why": sanitise_line(f"both change {', '.join(shared)}", _LINE),
                "files": [sanitise_line(one, _LINE) for one in shared[:_FILES]],
                "more": max(0, rest),
                "also": [],
            }


def _changes(batch: Batch, track: PlannedTrack) -> tuple[str, ...]:
    if not changes_files(track, run_of(batch).workflows[track.workflow]):
        return ()
    return (*track.scope.owned, *track.scope.allowed)
