"""What the size of a plan's work says of its tracks, as remarks: how many agents, what to split, what to join.

Nothing of it changes a plan: who wrote it may have reasons, and says so by leaving it as it is (seed 004).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.scope import expand
from orchestrator_tui.core.sizing import (
    Sizing,
    agents_of,
    are_one,
    level_of,
    modules,
    parents,
    shared_percent,
    too_wide,
    total,
)
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.wave_roles import is_single, session_type
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.case import Case
from orchestrator_tui.plan.problems import REMARK, Problem
from orchestrator_tui.plan.waves import cap_of

_NAMED = 4
_Files = dict[str, frozenset[str]]


def sizing_remarks(case: Case) -> tuple[Problem, ...]:
    """What is to be said of the size of a plan and of its tracks; nothing where its workflow sizes no work."""
    workflow = case.workflows.get(case.plan.workflow)
    if workflow is None or not case.plan.tracks or workflow.sizing == Sizing():
        return ()
    files = {one.slug: _files(case, one) for one in case.plan.tracks}
    rules = workflow.sizing
    return (*_size(case, workflow, files), *_wide(case, rules, files), *_alike(case, rules, files))


def _files(case: Case, track: PlannedTrack) -> frozenset[str]:
    """The files that a track changes: those that are there, and those that it names to make them."""
    patterns = (*track.scope.owned, *track.scope.allowed, *track.scope.append_only)
    made = frozenset(one for one in patterns if case.tree.names_one_file(one))
    return case.tree.under_any(patterns) | made


def _size(case: Case, workflow: Workflow, files: _Files) -> Iterator[Problem]:
    """How big the work is by its points, and how many agents each wave of a role is given then."""
    rules, plan = workflow.sizing, case.plan
    touched = frozenset[str]().union(*files.values())
    apart = len(modules(touched - frozenset(expand(rules.aside, touched)), rules.depth))
    issues = len(plan.session.issues)
    score = total(rules, len(touched), apart, issues)
    level, kind = level_of(rules, score), session_type(plan, workflow.sessions)
    if not level or is_single(plan, workflow.sessions):
        return
    by = f"{plural(len(touched), 'file')}, {plural(apart, 'directory', 'directories')}, {plural(issues, 'issue')}"
    text = f"{level} work: {plural(score, 'point')} by {by}"
    crowded: list[Problem] = []
    given: list[str] = []
    for wave, role, tracks in _by_wave(plan, workflow):
        agents = agents_of(rules, kind, level, workflow.sessions.roles, role, cap_of(plan, workflow))
        if agents is None:
            continue
        span = f"{agents[0]}-{agents[1]}" if agents[0] < agents[1] else str(agents[1])
        given.append(f"{span} in {role} (here {len(tracks)})")
        if len(tracks) > agents[1]:
            told = f"wave {wave} has {len(tracks)} tracks of {role}, and {level} work {span} agents"
            crowded.append(case.problem("tracks", told + _joined(tracks, files), level=REMARK))
    table = f"; the agents of a {kind} session are then {', '.join(given)}" if given else ""
    yield case.problem("tracks", text + table, level=REMARK)
    yield from crowded


def _by_wave(plan: Plan, workflow: Workflow) -> list[tuple[int, str, list[PlannedTrack]]]:
    """The tracks of each wave and role, in the order in which they work; two roles of one wave are never one agent."""
    roles = workflow.sessions.roles
    found: dict[tuple[int, str], list[PlannedTrack]] = {}
    for one in plan.tracks:
        found.setdefault((one.wave, one.role), []).append(one)
    ordered = sorted(found, key=lambda key: (key[0], roles.index(key[1]) if key[1] in roles else len(roles), key[1]))
    return [(wave, role, found[wave, role]) for wave, role in ordered]


def _joined(tracks: Sequence[PlannedTrack], files: _Files) -> str:
    """The two smallest tracks that share a directory: they are what is to be one, where any are."""
    near = [
        (len(files[a.slug]) + len(files[b.slug]), a.slug, b.slug)
        for a, b in combinations(tracks, 2)
        if set(parents(files[a.slug])) & set(parents(files[b.slug]))
    ]
    if not near:
        return ""
    _, a, b = min(near)
    return f": {a} and {b} are the smallest that share a directory, and could be one"


def _wide(case: Case, rules: Sizing, files: _Files) -> Iterator[Problem]:
    """Tracks that are too wide for one agent: cut by the directories in which their files lie directly."""
    for key, track in case.tracks():
        own = files[track.slug]
        if not too_wide(rules, own):
            continue
        where = parents(own)
        named = ", ".join(where[:_NAMED]) + (" …" if len(where) > _NAMED else "")
        text = f"{track.slug} changes {len(own)} files in {len(where)} directories: split it by directory ({named})"
        yield case.problem(f"{key}.files", text, level=REMARK)


def _alike(case: Case, rules: Sizing, files: _Files) -> Iterator[Problem]:
    """Tracks of one wave and role that share most of their files: one agent does both."""
    fresh = {track.slug: key for key, track in case.tracks()}
    for a, b in combinations(case.plan.tracks, 2):
        one_place = (a.wave, a.role) == (b.wave, b.role)
        if one_place and b.slug in fresh and are_one(rules, files[a.slug], files[b.slug]):
            share = shared_percent(files[a.slug], files[b.slug])
            text = f"{b.slug} and {a.slug} share {share} % of their files: make them one track"
            yield case.problem(f"{fresh[b.slug]}.files", text, level=REMARK)
