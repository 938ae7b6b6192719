"""The pairwise conflict matrix: what two tracks share, and what follows from it (seed 002, conflict scan).

A shared file belongs to the track of higher priority, and the other may only append at its end. Severe is what no
priority settles: more than a few files, a whole pattern, or two of the same priority; such tracks run one after the
other. A dependency orders everything between its two tracks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.scope import expand, overlap
from orchestrator_tui.plan.checked import (
    APPEND_ONLY,
    CONSEQUENCES,
    DEPLOY_QUEUE,
    NONE,
    ORDER,
    SERIALISE,
    Clash,
    Pair,
)
from orchestrator_tui.plan.graph import reachable
from orchestrator_tui.plan.tree import Tree, has_wildcard

FEW_FILES = 3
"""So many shared files may be kept apart by appending; more of them are severe."""

_POSSIBLE = " ∩ "
_NAMED = 3


class _Ground:
    """What of the real files falls under each track's patterns."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._under: dict[tuple[str, ...], frozenset[str]] = {}

    def shared(self, of_a: tuple[str, ...], of_b: tuple[str, ...]) -> tuple[str, ...]:
        """Files under patterns of both, and patterns that can meet in files that do not exist yet."""
        if not of_a or not of_b:
            return ()
        plain = frozenset(one for one in (*of_a, *of_b) if self._tree.names_one_file(one))
        return overlap(of_a, of_b, sorted(self._files(of_a) & self._files(of_b)), plain)

    def _files(self, patterns: tuple[str, ...]) -> frozenset[str]:
        if patterns not in self._under:
            self._under[patterns] = self._tree.under_any(patterns)
        return self._under[patterns]


def conflict_matrix(plan: Plan, tree: Tree, first: int = 0) -> tuple[Pair, ...]:
    """Every pair of tracks of a plan, in its order, with what they share.

    The first ``first`` tracks are in their batch already and keep their scopes: none of them is made to append.
    """
    ground = _Ground(tree)
    graph = {one.slug: one.depends_on for one in plan.tracks}
    waits = {slug: reachable(graph, slug) for slug in graph}
    fixed = frozenset(one.slug for one in plan.tracks[:first])
    return tuple(_pair(a, b, ground, waits, fixed) for a, b in combinations(plan.tracks, 2))


def settled(plan: Plan, matrix: Iterable[Pair]) -> Plan:
    """The plan with its shared files settled: who does not own one may only append to it."""
    growing: dict[str, dict[str, None]] = {}
    tracks = {one.slug: one for one in plan.tracks}
    for pair in matrix:
        for clash in pair.clashes:
            if clash.consequence == APPEND_ONLY and pair.a in tracks and pair.b in tracks:
                _, lower = ranked(tracks[pair.a], tracks[pair.b])
                if not _only_appends(lower, clash.files):
                    growing.setdefault(lower.slug, {}).update(dict.fromkeys(clash.files))
    return replace(plan, tracks=tuple(_growing(one, growing.get(one.slug, {})) for one in plan.tracks))


def ranked(a: PlannedTrack, b: PlannedTrack) -> tuple[PlannedTrack, PlannedTrack]:
    """The owner of what two tracks share, and the other one: higher priority, who owns it alone, plan order."""
    if a.priority == b.priority and bool(b.scope.owned) > bool(a.scope.owned):
        return b, a
    return (b, a) if b.priority > a.priority else (a, b)


def _growing(track: PlannedTrack, files: Mapping[str, None]) -> PlannedTrack:
    if not files:
        return track
    scope = track.scope
    return replace(track, scope=replace(scope, append_only=tuple(dict.fromkeys((*scope.append_only, *files)))))


def _only_appends(track: PlannedTrack, files: Sequence[str]) -> bool:
    return len(expand(track.scope.append_only, files)) == len(files)


def _pair(
    a: PlannedTrack,
    b: PlannedTrack,
    ground: _Ground,
    waits: Mapping[str, frozenset[str]],
    fixed: frozenset[str],
) -> Pair:
    clashes = [
        *_of_files(a, b, ground, waits, fixed),
        *_of_dependency(a, b, waits),
        *_of_areas(a, b),
        *_of_deploys(a, b),
    ]
    clashes.sort(key=lambda one: CONSEQUENCES.index(one.consequence))
    if not clashes:
        return Pair(a.slug, b.slug, NONE, "nothing shared")
    return Pair(a.slug, b.slug, clashes[0].consequence, clashes[0].why, tuple(clashes))


def _of_dependency(a: PlannedTrack, b: PlannedTrack, waits: Mapping[str, frozenset[str]]) -> list[Clash]:
    for first, then in ((a, b), (b, a)):
        if first.slug in waits[then.slug]:
            return [Clash(ORDER, f"{then.slug} starts when {first.slug} is merged")]
    return []


def _of_files(
    a: PlannedTrack,
    b: PlannedTrack,
    ground: _Ground,
    waits: Mapping[str, frozenset[str]],
    fixed: frozenset[str],
) -> list[Clash]:
    ordered = a.slug in waits[b.slug] or b.slug in waits[a.slug]
    changed_a, changed_b = _changes(a), _changes(b)
    found: list[Clash] = []
    both = ground.shared(changed_a, changed_b)
    if both and ordered:
        found.append(Clash(ORDER, f"both change {named(both)}, one after the other", both))
    elif both:
        found.append(_severe_or_not(a, b, both, fixed))
    growing = [
        file
        for file in (
            *ground.shared(a.scope.append_only, (*changed_b, *b.scope.append_only)),
            *ground.shared(changed_a, b.scope.append_only),
        )
        if file not in both
    ]
    if growing and not ordered:
        shared = tuple(dict.fromkeys(growing))
        found.append(Clash(APPEND_ONLY, f"{named(shared)}: {_appenders(a, b, shared)} at the end", shared))
    return found


def _appenders(a: PlannedTrack, b: PlannedTrack, files: Sequence[str]) -> str:
    appending = [one.slug for one in (a, b) if expand(one.scope.append_only, files)]
    if len(appending) == 1:
        return f"{appending[0]} appends"
    return "both append"


def _severe_or_not(a: PlannedTrack, b: PlannedTrack, files: tuple[str, ...], fixed: frozenset[str]) -> Clash:
    possible = [one for one in files if _POSSIBLE in one or has_wildcard(one)]
    if a.priority == b.priority:
        return Clash(SERIALISE, f"both change {named(files)}, and no priority says whose it is", files)
    owner, other = ranked(a, b)
    if len(files) > FEW_FILES or possible:
        return Clash(SERIALISE, f"both change {named(files)}: too much to share", files)
    if other.slug in fixed and not _only_appends(other, files):
        return Clash(SERIALISE, f"both change {named(files)}, and {other.slug} is there with leave to do so", files)
    return Clash(APPEND_ONLY, f"{named(files)}: {owner.slug} owns, {other.slug} appends at the end", files)


def _changes(track: PlannedTrack) -> tuple[str, ...]:
    return (*track.scope.owned, *track.scope.allowed)


def _of_areas(a: PlannedTrack, b: PlannedTrack) -> list[Clash]:
    shared = [one for one in a.areas if one in b.areas]
    if not shared:
        return []
    # Which goes first, the batch's rule of merging says: kinds, dependencies, priorities.
    return [Clash(ORDER, f"both touch {', '.join(shared)}: merged one after the other")]


def _of_deploys(a: PlannedTrack, b: PlannedTrack) -> list[Clash]:
    shared = [one for one in a.deploy if one in b.deploy]
    return [Clash(DEPLOY_QUEUE, f"both deploy to {', '.join(shared)}: one at a time")] if shared else []


def named(files: Sequence[str]) -> str:
    """The first of some files, and how many more there are."""
    rest = len(files) - _NAMED
    return ", ".join(files[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
