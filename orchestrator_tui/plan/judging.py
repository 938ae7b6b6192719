"""What is wrong with a plan that only its tracks together, its workflows or the real files can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from orchestrator_tui.core.canonical import json_text
from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.plan import BATCH_TRACK, PlannedTrack
from orchestrator_tui.core.text import is_clean
from orchestrator_tui.core.wave_roles import changes_files
from orchestrator_tui.core.workflow import AGENT, DEPLOY, PLAN_INPUTS, Workflow
from orchestrator_tui.plan.case import Case
from orchestrator_tui.plan.checked import SERIALISE, Pair
from orchestrator_tui.plan.graph import cycles
from orchestrator_tui.plan.paths import DIVIDED
from orchestrator_tui.plan.problems import ERROR, WARNING, Problem, nearest_of, shown
from orchestrator_tui.plan.scopes import overlaps, patterns

RESERVED = frozenset({BATCH_TRACK, "integration"})
"""Slugs that the engine needs itself: for the batch's own track, and the integration worktree."""

ALL = "*"
NO_WORKTREE = "none"
"""The worktree rule of a batch whose tracks work in the repository's own tree."""

RECORDED_BYTES = 60 * 1024
"""A track, a workflow, and a plan without its tracks are recorded in one event each."""

MAX_APART = 250
"""Pairs of tracks that must not run beside each other; the journal keeps them in one event."""

_BRANCH = re.compile(r"[^\W_][\w./+=#@,-]{0,199}")


def judge(case: Case, matrix: Sequence[Pair]) -> tuple[Problem, ...]:
    """All that is wrong, in the order of the file."""
    found = [
        *_inputs(case),
        *_branches(case),
        *_slugs(case),
        *_dependencies(case),
        *_waves(case),
        *overlaps(case, matrix),
        *patterns(case),
        *_checks(case),
        *_deploys(case),
        *_sizes(case, matrix),
    ]
    return tuple(sorted(found, key=lambda one: one.line))


def divides(workflow: Workflow | None) -> bool:
    """Whether a stage of the batch writes the track list."""
    return workflow is not None and any(
        work.runs == AGENT and any(DIVIDED in artefact for artefact in work.artefacts) for work in workflow.batch_works
    )


# --- inputs ---------------------------------------------------------------------------------------------------


def _inputs(case: Case) -> Iterator[Problem]:
    plan, workflow = case.plan, case.workflows.get(case.plan.workflow)
    if not plan.tracks and workflow is not None:
        if not divides(workflow):
            yield case.problem("tracks", f"is missing: {workflow.name} does not divide work into tracks by itself")
        elif not plan.describe:
            yield case.problem("describe", "is missing: without tracks it says what is to be divided")
    needed = frozenset() if workflow is None else frozenset(workflow.inputs)
    # Of a batch that began with a sentence nobody but its agents can say them, each for its tracks.
    if "gates" in needed and plan.tracks and not plan.checks and not plan.describe:
        text = "is missing: name the commands that hold for the whole repository; they run after each merge"
        yield case.problem("checks", text)
    for key, track in case.tracks():
        yield from _inputs_of(case, key, track, needed)


def _inputs_of(case: Case, key: str, track: PlannedTrack, needed: frozenset[str]) -> Iterator[Problem]:
    """What one track does not say: a warning, or an error where its batch cannot start without."""
    level = {name: ERROR if name in needed else WARNING for name in PLAN_INPUTS}
    if not track.brief and track.title == track.slug:
        yield case.problem(f"{key}.brief", f"{track.slug} has neither brief nor title: what is to be done?")
    elif not track.brief:
        text = f"{track.slug} has no brief: its agents know nothing but its title"
        yield case.problem(f"{key}.brief", text, level=WARNING)
    if not track.checks and not case.plan.checks:
        text = f"{track.slug} has no check: nothing but its reviewer tells whether it works"
        yield case.problem(f"{key}.checks", text, level=level["checks"])
    workflow = case.workflows.get(track.workflow)
    if workflow is not None and not changes_files(track, workflow):
        return
    if not track.scope.declared and (len(case.plan.tracks) > 1 or "files" in needed):
        text = f"{track.slug} declares no files" + ("" if "files" in needed else ", so it runs alone")
        yield case.problem(f"{key}.files", text, level=level["files"])


def _branches(case: Case) -> Iterator[Problem]:
    plan = case.plan
    for key, name in (("base", plan.base), ("integration", plan.integration)):
        if name and not safe_branch(name):
            yield case.problem(key, f"{shown(name)} is no safe name for a branch: use letters, digits and - _ . / +")
    if plan.integration and plan.integration == plan.base:
        yield case.problem("integration", "is the base branch; only an approved publish gate may touch that")
    if plan.worktrees and plan.repository and PurePosixPath(plan.worktrees).is_relative_to(plan.repository):
        text = "lies inside the repository: git will list every worktree as untracked"
        yield case.problem("worktrees", text, level=WARNING)


def safe_branch(name: str) -> bool:
    """Whether nothing can go wrong with a branch of this name, as far as can be told without git (G-4)."""
    parts = name.split("/")
    return (
        _BRANCH.fullmatch(name) is not None
        and is_clean(name)
        and ".." not in name
        and "@{" not in name
        and name.upper() != "HEAD"
        and all(_safe_part(part) for part in parts)
    )


def _safe_part(part: str) -> bool:
    return bool(part) and part[0] not in ".-" and part[-1] != "." and not part.lower().endswith(".lock")


# --- names and dependencies -----------------------------------------------------------------------------------


def _slugs(case: Case) -> Iterator[Problem]:
    seen: dict[str, str] = {one.slug: "" for one in case.plan.tracks[: case.first]}
    for key, track in case.tracks():
        folded = track.slug.casefold()
        if folded in RESERVED:
            yield case.problem(f"{key}.slug", f"{shown(track.slug)} is taken: the batch itself uses it")
        if folded in seen:
            before = f" {seen[folded]}" if seen[folded] else ""
            line = case.lines.get(f"{seen[folded]}.slug", 0)
            where = f", first in line {line}" if line else ""
            yield case.problem(f"{key}.slug", f"{shown(track.slug)} is the slug of another track{before}{where}")
        seen.setdefault(folded, key)


def _dependencies(case: Case) -> Iterator[Problem]:
    slugs = [one.slug for one in case.plan.tracks]
    for key, track in case.tracks():
        for number, needed in enumerate(track.depends_on):
            at = f"{key}.depends_on[{number}]"
            if needed == track.slug:
                yield case.problem(at, f"{track.slug} depends on itself")
            elif needed not in slugs:
                yield case.problem(at, f"there is no track {shown(needed)}", nearest_of(needed, slugs, 0.5))
    graph = {one.slug: [needed for needed in one.depends_on if needed != one.slug] for one in case.plan.tracks}
    for cycle in cycles(graph):
        text = f"waits for itself: {' → '.join(cycle)}"
        yield case.problem(f"{case.key_of(cycle[0])}.depends_on", text)


def _waves(case: Case) -> Iterator[Problem]:
    by_slug = {one.slug: one for one in case.plan.tracks}
    for key, track in case.tracks():
        for needed in track.depends_on:
            other = by_slug.get(needed)
            if other is not None and track.wave and other.wave >= track.wave and other is not track:
                text = f"wave {track.wave} does not come after wave {other.wave} of {needed}, which it depends on"
                yield case.problem(f"{key}.wave", text)


# --- sizes ----------------------------------------------------------------------------------------------------


def _sizes(case: Case, matrix: Sequence[Pair]) -> Iterator[Problem]:
    """What would not fit into one event of the journal (reliability J-2)."""
    for key, track in case.tracks():
        size = _size(track)
        if size > RECORDED_BYTES:
            text = f"{track.slug} takes {size // 1024} KiB; put long texts into a file and name it in the brief"
            yield case.problem(key, text)
    size = _size(replace(case.plan, tracks=()))
    if size > RECORDED_BYTES:
        yield case.problem("", f"takes {size // 1024} KiB without its tracks, more than {RECORDED_BYTES // 1024}")
    for name, workflow in case.workflows.items():
        if _size(workflow) > RECORDED_BYTES:
            text = f"workflow {name} takes {_size(workflow) // 1024} KiB, more than {RECORDED_BYTES // 1024}"
            yield case.problem("workflow", text)
    apart = sum(pair.consequence == SERIALISE for pair in matrix)
    if apart > MAX_APART:
        text = f"{apart} pairs of tracks change the same files; put what belongs together into one track"
        yield case.problem("tracks", text)


def _size(value: object) -> int:
    return len(json_text(to_data(value)).encode())


# --- checks and deploys ---------------------------------------------------------------------------------------


def _checks(case: Case) -> Iterator[Problem]:
    """Checks that a workflow needs and that nobody has."""
    shared = {one.name for one in case.plan.checks}
    own = {one.name for track in case.plan.tracks for one in track.checks}
    for workflow in case.workflows.values():
        works = (*workflow.batch_works, *workflow.works)
        needed = [name for work in works for name in work.checks]
        for name in dict.fromkeys(one for one in needed if one != ALL):
            if name not in shared | own:
                text = f"workflow {workflow.name} needs a check {shown(name)}, and there is none"
                yield case.problem("checks", text, nearest_of(name, shared | own, 0.5))
    main = case.workflows.get(case.plan.workflow)
    for name in () if main is None else main.merging.checks:
        if name != ALL and name not in shared:
            text = f"workflow {main.name if main else ''} merges by a check {shown(name)}, and there is none"
            yield case.problem("checks", text, nearest_of(name, shared, 0.5))


def _deploys(case: Case) -> Iterator[Problem]:
    plan = case.plan
    yield from _never_begun(case)
    for one in plan.environments:
        if not one.deploy:
            text = f"{one.name} has no deploy command, so nothing is deployed there"
            yield case.problem(f"environments.{one.name}.deploy", text, level=WARNING)
        elif not one.health:
            text = f"{one.name} has no health command: a deploy counts as healthy when it ends"
            yield case.problem(f"environments.{one.name}.health", text, level=WARNING)
    for key, track in case.tracks():
        workflow = case.workflows.get(track.workflow)
        if track.deploy and workflow is not None and not any(work.runs == DEPLOY for work in workflow.works):
            text = f"{track.slug} deploys to {', '.join(track.deploy)}, but {workflow.name} has no stage that deploys"
            yield case.problem(f"{key}.deploy", text, level=WARNING)


def _never_begun(case: Case) -> Iterator[Problem]:
    """Stages that begin when a track has been merged, in a batch that merges nothing."""
    main = case.workflows.get(case.plan.workflow)
    if main is None or main.worktree != NO_WORKTREE:
        return
    named = {case.plan.workflow, *(track.workflow for track in case.plan.tracks)}
    for name, workflow in case.workflows.items():
        stages = zip(workflow.ladder.stages, workflow.works, strict=True)
        left = ", ".join(rule.name for rule, work in stages if work.after_merge)
        if left and name in named:
            text = f"none: nothing is merged, so that {left} of {name} never begins"
            yield case.problem("rules.worktree", text, level=WARNING)
