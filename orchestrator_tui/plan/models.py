"""The plan file as people write it; ``orchestrator_tui.core.plan`` is what becomes of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator_tui.plan.fields import (
    NAMED_KEYS,
    Command,
    Count,
    Counted,
    Dollars,
    Large,
    Length,
    Line,
    Name,
    Names,
    Part,
    Patterns,
    Place,
    Says,
    Slug,
    Slugs,
    Switch,
    Text,
    Variables,
    Words,
    choice,
    keyed,
    listed,
    names_as_mapping,
    read_switch,
    read_whole,
)
from orchestrator_tui.plan.problems import Wrong
from orchestrator_tui.plan.session_models import SessionFile
from orchestrator_tui.plan.workflow_models import OverridesFile

MAX_TRACKS = 200
"""Tracks of one plan."""

RUNNERS = ("claude", "command", "scripted")
PERMISSION_MODES = ("manual", "default", "acceptEdits", "auto", "plan", "dontAsk", "bypassPermissions")
ENVIRONMENT_RISKS = ("dev", "staging", "production")


class CheckFile(Part):
    """A deterministic command; it passes by its exit code 0."""

    command: Command = Field(description="what is run, by a shell, in the worktree")
    wall: Length = Field(900_000, description="it fails after this long")


Check = Annotated[CheckFile, BeforeValidator(partial(keyed, "command"))]


def _few(tracks: list[TrackFile]) -> list[TrackFile]:
    if len(tracks) > MAX_TRACKS:
        raise Wrong(f"has more than {MAX_TRACKS} tracks")
    return tracks


class LimitsFile(Part):
    """Bounds of the whole batch; without one there is none."""

    agents: Annotated[int, BeforeValidator(partial(read_whole, 1, 64)), Says("whole number from 1 to 64")] = Field(
        0, description="agents at work at once"
    )
    cost_usd: Dollars = Field(0.0, description="what the batch may cost; at this much nothing new begins")
    track_cost_usd: Dollars = Field(0.0, description="what each track may cost")
    turns: Large = Field(0, description="turns of all agents of a track together")
    tokens: Large = Field(0, description="tokens of all agents of a track together")
    wall: Length = Field(0, description="how long the batch may take")


class AgentFile(Part):
    """Which agents do the work."""

    runner: Annotated[str, choice(*RUNNERS), Says("`claude`, `command` or `scripted`")] = Field(
        "claude", description="Claude Code without a screen, any command, or scripts (for demos and tests)"
    )
    command: Words = Field(
        [],
        description="of `command`: the program with its arguments; `{prompt_file}`, `{worktree}`, `{model}`, `{track}` "
        "and `{stage}` stand for what they say",
    )
    scripts: Place = Field("", description="of `scripted`: the folder of one YAML file a track, beside the plan")
    permission_mode: Annotated[str, choice("", *PERMISSION_MODES), Says("a mode of Claude Code")] = Field(
        "", description="of `claude`: its permission mode"
    )
    environment: Variables = Field([], description="variables that agents get beside the allow-list; never recorded")
    max_turns: Count = Field(0, description="turns of one attempt")
    models: Annotated[dict[str, Line], NAMED_KEYS, Says("mapping: role → model")] = Field(
        {}, description="goes before every other choice of a role's model"
    )


class EnvironmentFile(Part):
    """A place that tracks are deployed to, one at a time."""

    deploy: Command = Field("", description="the command that deploys what has been merged")
    health: Command = Field("", description="the command that proves it healthy, after each deploy")
    risk: Annotated[str, choice(*ENVIRONMENT_RISKS), Says("`dev`, `staging` or `production`")] = Field(
        "dev", description="staging asks with a recommendation; production asks without one, always"
    )
    wall: Length = Field(1_800_000, description="a deploy with its health check may take this long")


class ProvisionFile(Part):
    """What a fresh worktree gets."""

    copy_files: Patterns = Field([], alias="copy", description="ignored files that are copied, such as `.env`")
    link: Patterns = Field([], description="heavy ignored folders that are linked, such as `node_modules`")
    setup: Command = Field("", description="a command that is run once in each fresh worktree")


class TrackFile(Part):
    """One unit of work with scope, branch and worktree."""

    slug: Slug = Field(description="its name: branch, worktree and task are called by it")
    title: Line = Field("", description="what it is in a few words; the brief's first line without it")
    kind: Name = Field("", description="`feature`, `bug` …; without it, what its workflow is for")
    workflow: Slug = Field("", description="its ladder of stages; the batch's without it")
    brief: Text = Field("", description="what is to be done, for its agents")
    tasks: Names = Field(
        [], description="what it does of the task list that the plan is from, by id, such as `task-12`"
    )
    files: Patterns = Field([], description="short for `owned`")
    owned: Patterns = Field([], description="what it may change and no other track may")
    allowed: Patterns = Field([], description="what it may change too")
    read_only: Patterns = Field([], description="what it must leave alone")
    append_only: Patterns = Field(
        [], description="what it may only add to, at the end; where no track may do more, what several add all stays"
    )
    depends_on: Slugs = Field([], description="tracks that are merged before it starts")
    priority: Count = Field(0, description="the higher one owns a shared file and is merged first")
    wave: Counted = Field(0, description="its wave; without it, what its dependencies say")
    checks: Annotated[
        dict[str, Check],
        BeforeValidator(names_as_mapping),
        NAMED_KEYS,
        Says("list of names, or mapping: name → command"),
    ] = Field({}, description="what must pass before it is merged; all checks of the plan without it")
    acceptance: Annotated[list[Text], BeforeValidator(listed), Says("list of texts")] = Field(
        [], description="criteria that its reviewer judges by"
    )
    tier: Name = Field("", description="tier of models of its implementer, such as `deep`; without it, its role's")
    deploy: Annotated[list[Name] | None, Says("list of names")] = Field(
        None, description="environments; without it all of the plan, where its workflow has a stage that deploys"
    )
    areas: Names = Field([], description="parts of the product that it touches, such as `backend` or `migrations`")
    tests: Switch = Field(False, description="tests are part of it")
    test_scope: Line = Field("", description="what its tests cover, in a few words")
    deep_review: Switch = Field(False, description="the senior reviewer of its workflow looks at it, too")
    role: Name = Field("", description="its role of waves, where the workflow has them: they say its wave and stages")


class PlanFile(Part):
    """What a person wants done."""

    title: Line = Field(description="what the batch is for; the reports and the branches are named after it")
    workflow: Slug = Field(description="the workflow whose rules hold for the batch; the ladder of its tracks")
    base: Line = Field("", description="the branch that all starts from and, published, returns to; the current one")
    integration: Line = Field("", description="the branch on which tracks come together; `orch/<batch>/integration`")
    worktrees: Place = Field("", description="the folder of the worktrees; without it one beside the repository")
    describe: Text = Field("", description="what is wanted, where the workflow's own stages divide it into tracks")
    outline: Text = Field("", description="the agreed plan in Markdown: what its agents and reports are told of it")
    tests_required: Annotated[bool | None, BeforeValidator(read_switch), Says("`true` or `false`")] = Field(
        None, description="new work joins tests that are there; without it, what the repository's files say"
    )
    limits: LimitsFile = Field(LimitsFile.model_validate({}), description="bounds of the batch")
    agent: Annotated[AgentFile, BeforeValidator(partial(keyed, "runner"))] = Field(
        AgentFile.model_validate({}), description="which agents do the work; a word alone is the runner"
    )
    checks: Annotated[dict[str, Check], NAMED_KEYS, Says("mapping: name → command")] = Field(
        {}, description="deterministic commands, run for tracks and after each merge"
    )
    environments: Annotated[dict[str, EnvironmentFile], NAMED_KEYS, Says("mapping: name → environment")] = Field(
        {}, description="where tracks are deployed to, in the order dev, staging, production"
    )
    provision: ProvisionFile = Field(ProvisionFile.model_validate({}), description="what a fresh worktree gets")
    rules: OverridesFile = Field(
        OverridesFile.model_validate({}), description="what this batch does otherwise than its workflow"
    )
    session: SessionFile = Field(
        SessionFile.model_validate({}), description="the session, where the workflow has types"
    )
    tracks: Annotated[list[TrackFile], AfterValidator(_few), Says("list of tracks")] = Field(
        [], description="the work; may be left out where the workflow divides"
    )


class TracksFile(Part):
    """A track list that a stage of a batch wrote."""

    outline: Text = Field("", description="the agreed plan in Markdown")
    tracks: Annotated[list[TrackFile], AfterValidator(_few), Says("list of tracks")] = Field(description="the work")
