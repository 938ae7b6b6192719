"""A plan with everything that it is judged by, and how its problems find their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.problems import ERROR, Problem
from orchestrator_tui.plan.tree import Tree


@frozen
class Case:
    """A plan with what it is judged by."""

    plan: Plan
    workflows: Mapping[str, Workflow]
    tree: Tree
    file: str
    lines: Mapping[str, int] = field(default_factory=dict)
    first: int = 0
    """Place in the plan of the first track that the file holds; those before it are judged already."""

    def problem(self, key: str, text: str, meant: str = "", level: str = ERROR) -> Problem:
        """A problem at a key; its line is that of the nearest key above it that the file has."""
        place, line = key, 0
        while not line and place:
            line = self.lines.get(place, 0)
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        shown_key = re.sub(r"\[\d+\]$", "", key) if not re.fullmatch(r"tracks\[\d+\]", key) else key
        return Problem(self.file, line or self.lines.get("", 0), shown_key, text, meant, level)

    def tracks(self) -> Iterator[tuple[str, PlannedTrack]]:
        """The tracks of the file with their keys."""
        for place, track in enumerate(self.plan.tracks[self.first :]):
            yield f"tracks[{place}]", track

    def key_of(self, slug: str) -> str:
        """The key of a track by its slug, of the last one of that name."""
        return next((key for key, track in reversed(list(self.tracks())) if track.slug == slug), "tracks")
