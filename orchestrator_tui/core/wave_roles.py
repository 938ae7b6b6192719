"""Roles of waves: which wave a role works in, and what is done first inside of a wave that holds two (seed 004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.session import SessionRules
from orchestrator_tui.core.workflow import Workflow

_JOINED = "+"


def session_type(plan: Plan, rules: SessionRules) -> str:
    """The type of a plan's session; "" where its workflow has none."""
    return plan.session.type or rules.type


def is_single(plan: Plan, rules: SessionRules) -> bool:
    """Whether the session is one wave whose tracks work one after the other."""
    return session_type(plan, rules) in rules.single


def wave_count(plan: Plan, rules: SessionRules) -> int:
    """How many waves a session has; 0 where its workflow has no roles of waves."""
    if not rules.roles:
        return 0
    return 1 if is_single(plan, rules) else max(rules.least, plan.session.waves or rules.waves)


def waves_by_role(count: int, rules: SessionRules) -> tuple[tuple[str, ...], ...]:
    """The roles of each wave, by the map for so many waves; the largest map stands for more waves, too.

    A number between two maps, or below all of them, takes the next larger map.
    """
    sizes = sorted(int(one) for one in rules.maps)
    if not sizes:
        return tuple((role,) for role in rules.roles)
    size = next((one for one in sizes if one >= count), sizes[-1])
    return tuple(tuple(one.strip() for one in wave.split(_JOINED)) for wave in rules.maps[str(size)])


def waves_of_role(role: str, count: int, rules: SessionRules) -> tuple[int, ...]:
    """The numbers of the waves in which a role works; one wave holds all roles of a session that has only one."""
    if count == 1:
        return (1,)
    return tuple(number for number, wave in enumerate(waves_by_role(count, rules), start=1) if role in wave)


def placed(plan: Plan, rules: SessionRules) -> tuple[PlannedTrack, ...]:
    """The tracks of a plan, each with its role and its wave: the first one of its role, unless the plan says another.

    A role that has two waves takes into the second what builds on its own first one.
    """
    if not rules.roles:
        return plan.tracks
    if is_single(plan, rules):
        return tuple(replace(one, role=session_type(plan, rules), wave=1) for one in plan.tracks)
    count = wave_count(plan, rules)
    roles = {one.slug: one.role or rules.role for one in plan.tracks}
    made = []
    for one in plan.tracks:
        role = roles[one.slug]
        waves = waves_of_role(role, count, rules)
        behind = any(roles.get(slug) == role for slug in one.depends_on)
        first = 0 if not waves else waves[1] if behind and len(waves) > 1 else waves[0]
        made.append(replace(one, role=role, wave=one.wave or first))
    return tuple(made)


def phase_of(track: PlannedTrack, rules: SessionRules) -> int:
    """What comes first inside of a wave that holds several roles: they work one after the other (vocabulary J)."""
    return rules.roles.index(track.role) if track.role in rules.roles else 0


def roles_in(tracks: Sequence[PlannedTrack], rules: SessionRules) -> str:
    """The roles of these tracks in their order, joined as people write them; "" where they have none."""
    found = {one.role for one in tracks if one.role}
    ordered = [one for one in rules.roles if one in found]
    return _JOINED.join([*ordered, *sorted(found - set(ordered))])


def of_role(track: PlannedTrack, workflow: Workflow, stage: int) -> bool:
    """Whether a stage is for tracks of this role, and there is what it compares with."""
    work = workflow.work(stage)
    if work is not None and work.against and not workflow.design:
        return False
    return work is None or not work.of_roles or track.role in work.of_roles


def changes_files(track: PlannedTrack, workflow: Workflow) -> bool:
    """Whether any stage of a track's way may change files; one that only reads is in nobody's way."""
    return any(
        work.writes and not work.reviews
        for number, work in enumerate(workflow.works, start=1)
        if of_role(track, workflow, number)
    )
