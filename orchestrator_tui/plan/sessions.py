"""A plan settled as a session: the person's settings, the gate before everything, and the wave of every track.

What the plan says goes before the project's ``## Session Config``, and that before the workflow; ``persistence`` and
``pencil`` always come from the project (seed 004). A workflow without sessions leaves all as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from orchestrator_tui.core.plan import Plan
from orchestrator_tui.core.session import OFF, STRICT, Session, SessionRules
from orchestrator_tui.core.text import plural, sanitise
from orchestrator_tui.core.wave_roles import is_single, placed, session_type
from orchestrator_tui.core.workflow import DESIGN, Workflow
from orchestrator_tui.plan.continuity import left_open
from orchestrator_tui.plan.load import Loaded
from orchestrator_tui.plan.problems import ERROR, WARNING, Problem, nearest_of, shown
from orchestrator_tui.plan.session_config import SessionConfig, read_session_config

TREES = {"worktree": "track", "none": "batch"}
"""Isolation as people say it → the workflow's rule for worktrees; ``auto`` leaves that rule."""

MAX_FOCUS = 4_000


def settle(loaded: Loaded, repository: Path, focus: str = "") -> Loaded:
    """The plan as a session of its workflow; ``focus`` goes before what the plan says of it."""
    plan = loaded.plan
    workflow = loaded.workflows.get(plan.workflow) if plan is not None else None
    if plan is None or workflow is None:
        return loaded
    if focus:
        plan = replace(plan, session=replace(plan.session, focus=sanitise(focus, MAX_FOCUS)))
    rules = workflow.sessions
    config = read_session_config(repository, rules.settings, rules.agents_least)
    design, faults = _design(workflow, config, repository)
    session, sources = _merged(plan.session, config, session_type(plan, rules))
    plan = replace(plan, session=replace(session, sources=sources))
    workflow = replace(_effective(workflow, plan, config), design=design)
    plan = replace(plan, tracks=placed(plan, rules))
    found = [*loaded.problems, *faults, *_strictly(config, workflow), *_bootstrap(rules, repository)]
    found += _wrong(plan, workflow, loaded)
    found += left_open(repository, rules.state, plan.base, loaded.file)
    workflows = {**loaded.workflows, workflow.name: workflow}
    return replace(loaded, plan=plan, workflows=workflows, problems=tuple(found))


# --- settings -------------------------------------------------------------------------------------------------


def _merged(said: Session, config: SessionConfig, kind: str) -> tuple[Session, Mapping[str, str]]:
    """The plan's word before the project's, and where each setting was said."""
    agents = config.agents.get(kind, config.agents.get("", 0))
    project: dict[str, Any] = {
        "agents": agents,
        "enforcement": config.enforcement,
        "isolation": config.isolation,
        "waves": config.waves,
        "turns": config.turns,
    }
    chosen = {name: getattr(said, name) or value for name, value in project.items()}
    always: dict[str, Any] = {"persistence": config.persistence is not False, "pencil": config.pencil}
    sources = {name: "the plan" for name in (*project, "type", "focus", "platform") if getattr(said, name)}
    sources |= {name: config.file for name, value in project.items() if value and name not in sources}
    sources |= {
        name: config.file for name in ("persistence", "pencil", "docs") if getattr(config, name) not in (None, "")
    }
    # Documents are planned where the project has switched them on, and nowhere else.
    docs = said.docs if config.docs else ()
    return replace(said, **chosen, **always, docs=docs, guards=dict(config.guards)), sources


def _effective(workflow: Workflow, plan: Plan, config: SessionConfig) -> Workflow:
    """The workflow with what the session does otherwise: its rules are recorded as they hold."""
    session, rules = plan.session, workflow.sessions
    guard = replace(
        workflow.guard,
        enforcement=session.enforcement or workflow.guard.enforcement,
        gates={**workflow.guard.gates, **session.guards},
    )
    single = is_single(plan, rules)
    files = workflow.grounding.files if config.grounding is None else config.grounding
    return replace(
        workflow,
        grounding=replace(workflow.grounding, files=files if session.persistence else 0),
        inputs=() if single else workflow.inputs,
        concurrency=1 if single else session.agents or workflow.concurrency,
        guard=replace(guard, enforcement=OFF) if single else guard,
        worktree=TREES.get(session.isolation, workflow.worktree),
        exports=workflow.exports if session.persistence else (),
    )


def _design(workflow: Workflow, config: SessionConfig, repository: Path) -> tuple[str, list[Problem]]:
    """The design file that stages compare with: the project's, else the workflow's; one that is not there is told."""
    design = config.pencil or workflow.design
    if not design or not any(one.against == DESIGN for one in workflow.works):
        return design, []
    inside = (repository / design).resolve().is_relative_to(repository.resolve())
    if inside and (repository / design).is_file():
        return design, []
    text = f"{shown(design)} is no file of the repository: design reviews are skipped"
    return "", [Problem(config.file or workflow.name, 0, "pencil", text, level=WARNING)]


def _strictly(config: SessionConfig, workflow: Workflow) -> Iterator[Problem]:
    """What is wrong with the settings: told, and where the session is strict it does not start (vocabulary G)."""
    for one in config.problems:
        yield replace(one, level=ERROR) if workflow.guard.enforcement == STRICT else one


def _bootstrap(rules: SessionRules, repository: Path) -> Iterator[Problem]:
    """The gate before everything: asked once, here, and there is no way past it (seed 004, phase 0)."""
    for name in rules.bootstrap:
        if not (repository / name).is_file():
            folder = PurePosixPath(name).parent
            made = f"mkdir -p {folder} &&" if folder.name else ""
            text = "is missing: the bootstrap gate is CLOSED, and nothing starts before the project is set up"
            text += f"; its set-up writes this file, or you do when all is ready: {made} touch {name}"
            yield Problem(name, 0, "", text)


# --- waves ----------------------------------------------------------------------------------------------------


def _wrong(plan: Plan, workflow: Workflow, loaded: Loaded) -> Iterator[Problem]:
    """What no session of this workflow can be."""
    rules, session = workflow.sessions, plan.session
    if rules.types and session.type and session.type not in rules.types:
        meant = nearest_of(session.type, rules.types)
        yield _problem(loaded, "session.type", f"{shown(session.type)} is none of {', '.join(rules.types)}", meant)
    if rules.roles and session.waves and session.waves < rules.least and not is_single(plan, rules):
        text = f"{session.waves} waves are fewer than the {rules.least} that a session is cut into"
        yield _problem(loaded, "session.waves", text)
    if rules.roles and session.agents and session.agents < rules.agents_least and not is_single(plan, rules):
        many = plural(session.agents, "agent is", "agents are")
        text = f"{many} fewer than the {rules.agents_least} that a wave can be held to"
        yield _problem(loaded, "session.agents", text)
    if session.platform and session.platform not in rules.state:
        meant = nearest_of(session.platform, rules.state)
        yield _problem(loaded, "session.platform", f"{shown(session.platform)} has no state directory", meant)
    if not rules.roles:
        return
    for place, track in enumerate(plan.tracks):
        if track.role not in (*rules.roles, *rules.single):
            text = f"{shown(track.role)} is no role of waves; there are {', '.join(rules.roles)}"
            yield _problem(loaded, f"tracks[{place}].role", text, nearest_of(track.role, rules.roles))
    most = workflow.concurrency
    for wave, count in sorted(Counter(one.wave for one in plan.tracks).items()):
        if most and count > most and not is_single(plan, rules):
            text = f"wave {wave} has {count} tracks, more than the {most} agents a wave may have: revise the plan"
            yield _problem(loaded, "tracks", text)


def _problem(loaded: Loaded, place: str, text: str, meant: str = "") -> Problem:
    return Problem(loaded.file, loaded.lines.get(place, 0), place, text, meant)
