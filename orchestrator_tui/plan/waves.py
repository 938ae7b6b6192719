"""Waves: which tracks may run together, and why each of the others does not start at once (vocabulary A, waves)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.schedule.sequential import too_few, without_leave
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.checked import SERIALISE, Pair, Readiness, Wave
from orchestrator_tui.plan.graph import ordered

BARRIER = "barrier"


def cap_of(plan: Plan, workflow: Workflow | None) -> int:
    """How many tracks are at work at once, where a person allows all that is wished; 0 for no bound."""
    if too_few(plan.tracks, workflow):
        return 1
    bounds = [plan.limits.agents, workflow.concurrency if workflow is not None else 0]
    return min((one for one in bounds if one > 0), default=0)


def waves_of(
    plan: Plan, matrix: Iterable[Pair], most: int = 0, reading: frozenset[str] = frozenset()
) -> tuple[Wave, ...]:
    """The tracks in waves: behind what each depends on, never beside what it must not run beside.

    A track that declares no files has a wave of its own ("if in doubt, serialize", seed 000). A wave that the plan
    names is the earliest one for its track. A wave of more than ``most`` tracks is split (seed 003: sub-groups).
    Tracks that are ``reading`` alone are in nobody's way (seed 004: discovery).
    """
    tracks = {one.slug: one for one in plan.tracks}
    apart = _apart(matrix)
    anywhere = _anywhere(plan, reading)
    placed: dict[str, int] = {}
    for slug in ordered({one.slug: one.depends_on for one in _by_priority(tracks.values())}):
        track = tracks[slug]
        behind = [placed[needed] for needed in track.depends_on if needed in placed]
        wave = max([1, track.wave, *(one + 1 for one in behind)])
        while not _fits(track, wave, placed, anywhere, apart, most):
            wave += 1
        placed[slug] = wave
    numbers = sorted(set(placed.values()))
    # Waves of roles keep their numbers: one that nobody works in is left out, and counted (seed 004).
    named = bool(plan.tracks) and all(one.role and one.wave for one in plan.tracks)
    return tuple(
        Wave(wave if named else number, tuple(one for one in placed if placed[one] == wave))
        for number, wave in enumerate(numbers, 1)
    )


def readiness_of(
    plan: Plan,
    workflow: Workflow | None,
    matrix: Iterable[Pair],
    waves: Sequence[Wave],
    reading: frozenset[str] = frozenset(),
) -> tuple[Readiness, ...]:
    """For each track, in the order in which they get places, its wave and why it does not start at once."""
    tracks = {one.slug: one for one in plan.tracks}
    apart = _apart(matrix)
    barrier = workflow is not None and workflow.waves == BARRIER
    most = without_leave(cap_of(plan, workflow), workflow)
    anywhere = _anywhere(plan, reading)
    started: list[str] = []
    found = []
    for before, wave in zip((0, *(one.wave for one in waves)), waves, strict=False):
        for slug in wave.tracks:
            why = _why_not(tracks[slug], before, started, tracks, anywhere, apart, barrier, most)
            if not why:
                started.append(slug)
            found.append(Readiness(slug, wave.wave, why))
    return tuple(found)


def _why_not(
    track: PlannedTrack,
    before: int,
    started: Sequence[str],
    tracks: Mapping[str, PlannedTrack],
    anywhere: frozenset[str],
    apart: Mapping[str, frozenset[str]],
    barrier: bool,
    most: int,
) -> str:
    needed = [one for one in track.depends_on if one in tracks and one != track.slug]
    if needed:
        return f"waits for {', '.join(needed)} to merge"
    if barrier and before:
        return f"waits for wave {before}"
    if started and track.slug in anywhere:
        return "runs alone: declares no files"
    alone = next((one for one in started if one in anywhere), None)
    if alone is not None:
        return f"waits for {alone}, which runs alone: it declares no files"
    other = next((one for one in started if one in apart.get(track.slug, ())), None)
    if other is not None:
        return f"waits for {other}: they change the same files"
    return f"over the cap of {most}" if most and len(started) >= most else ""


def _fits(
    track: PlannedTrack,
    wave: int,
    placed: Mapping[str, int],
    anywhere: frozenset[str],
    apart: Mapping[str, frozenset[str]],
    most: int,
) -> bool:
    beside = [slug for slug, number in placed.items() if number == wave]
    if not beside:
        return True
    if most and len(beside) >= most:
        return False
    if track.slug in anywhere or any(one in anywhere for one in beside):
        return False
    return not any(one in apart.get(track.slug, ()) for one in beside)


def _anywhere(plan: Plan, reading: frozenset[str]) -> frozenset[str]:
    """The tracks that may change any file, since they declare none."""
    return frozenset(one.slug for one in plan.tracks if not one.scope.declared and one.slug not in reading)


def _apart(matrix: Iterable[Pair]) -> dict[str, frozenset[str]]:
    """The tracks beside which each must not run."""
    found: dict[str, set[str]] = {}
    for pair in matrix:
        if pair.consequence == SERIALISE:
            found.setdefault(pair.a, set()).add(pair.b)
            found.setdefault(pair.b, set()).add(pair.a)
    return {slug: frozenset(others) for slug, others in found.items()}


def _by_priority(tracks: Iterable[PlannedTrack]) -> list[PlannedTrack]:
    return sorted(tracks, key=lambda one: -one.priority)
