"""Sorting work items: the workflow of a track that names none, and the parts of the product that it touches.

Both are tables of the batch's workflow (seed 002, classification); what a plan says itself stands.
"""

from __future__ import annotations

import re

from orchestrator_tui.core.plan import Scope
from orchestrator_tui.core.scope import expand
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.models import TrackFile

_WORD = re.compile(r"[^\W_]+")


def sorted_to(track: TrackFile, rules: Workflow | None) -> str:
    """The workflow of a track that names neither workflow nor kind: the first whose words its name or title holds.

    "" leaves it to the batch's own.
    """
    if track.workflow or track.kind or rules is None:
        return ""
    said = set(_WORD.findall(f"{track.slug} {track.title}".lower()))
    return next((name for name, words in rules.sorts.items() if said & set(words)), "")


def areas_of(scope: Scope, rules: Workflow | None) -> tuple[str, ...]:
    """The parts of the product that a track touches by the files that it may change."""
    paths = (*scope.owned, *scope.allowed, *scope.append_only)
    return () if rules is None else tuple(name for name, patterns in rules.areas.items() if expand(patterns, paths))
