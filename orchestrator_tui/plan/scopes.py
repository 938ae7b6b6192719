"""Scopes against the real files: what two tracks own both, and what matches nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.core.scope import expand
from orchestrator_tui.plan.case import Case
from orchestrator_tui.plan.checked import ORDER, Pair
from orchestrator_tui.plan.conflicts import named
from orchestrator_tui.plan.problems import REMARK, WARNING, Problem, shown
from orchestrator_tui.plan.tree import has_wildcard


def overlaps(case: Case, matrix: Sequence[Pair]) -> Iterator[Problem]:
    """Files that two tracks own without anything that says whose they are; the matrix has the plan's pairs in order.

    Tracks that their batch has already are not judged again: those that it made itself are kept apart by it.
    """
    pairs = zip(combinations(enumerate(case.plan.tracks), 2), matrix, strict=True)
    real = frozenset(case.tree.files)
    for ((_, a), (place, b)), pair in pairs:
        if place < case.first:
            continue
        if a.priority != b.priority or any(clash.consequence == ORDER and not clash.files for clash in pair.clashes):
            continue
        shared = [file for file in pair.files if _owns(a, file) and _owns(b, file)]
        taken = [file for file in shared if file in real]
        if taken:
            text = f"{b.slug} and {a.slug} both own {named(taken)}; set priority, depends_on or append_only"
            yield case.problem(_owned_key(case, b), text)
        elif shared:
            text = f"{b.slug} and {a.slug} may both own {named(shared)}; they run one after the other"
            yield case.problem(_owned_key(case, b), text, level=WARNING)


def _owned_key(case: Case, track: PlannedTrack) -> str:
    key = case.key_of(track.slug)
    return f"{key}.owned" if f"{key}.owned" in case.lines else f"{key}.files"


def _owns(track: PlannedTrack, file: str) -> bool:
    if " ∩ " in file:
        return any(part in track.scope.owned for part in file.split(" ∩ "))
    return file in track.scope.owned or bool(expand(track.scope.owned, (file,)))


def patterns(case: Case) -> Iterator[Problem]:
    """Patterns that match nothing, with the directory or file that they may have meant."""
    for key, track in case.tracks():
        scope = track.scope
        written = "owned" if f"{key}.owned" in case.lines else "files"
        for name, patterns in (
            (written, scope.owned),
            ("allowed", scope.allowed),
            ("read_only", scope.read_only),
            ("append_only", scope.append_only),
        ):
            for number, pattern in enumerate(patterns):
                if case.tree.under(pattern):
                    continue
                meant = case.tree.meant(pattern)
                if has_wildcard(pattern) or name == "read_only":
                    text = f"{shown(pattern)} matches nothing"
                    yield case.problem(f"{key}.{name}[{number}]", text, meant, WARNING)
                elif meant or name == "append_only":
                    # A file that the track is to make, most likely.
                    text = f"{shown(pattern)} is not there yet"
                    yield case.problem(f"{key}.{name}[{number}]", text, meant, REMARK)
