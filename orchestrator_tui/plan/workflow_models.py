"""The workflow file as people write it; ``orchestrator_tui.core.workflow`` is what becomes of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator_tui.core.exports.registry import EXPORTS
from orchestrator_tui.core.workflow import (
    AGENT,
    ASK,
    BATCH_GATE_ITEMS,
    CARRY,
    CHANGES,
    CHECKS,
    CUT_OFF,
    DEPLOY,
    DESIGN,
    ERRORS,
    FAIL,
    PARALLEL,
    PERSON,
    PLAN_INPUTS,
    SERIAL,
    TRACK_GATE_ITEMS,
)
from orchestrator_tui.plan.answer_models import RISKS, AnswerFile
from orchestrator_tui.plan.fields import (
    NAMED_KEYS,
    Count,
    Dollars,
    Large,
    Length,
    Line,
    Lines,
    Name,
    Names,
    Part,
    Patterns,
    Says,
    Slug,
    Switch,
    Text,
    choice,
    read_choice,
    read_whole,
)
from orchestrator_tui.plan.live_rules_models import (
    BaselineFile,
    BetweenFile,
    BreakerFile,
    FreshnessFile,
    GroundingFile,
    IsolationFile,
    SurenessFile,
)
from orchestrator_tui.plan.problems import Wrong
from orchestrator_tui.plan.rule_groups import (
    BudgetFile,
    ClocksFile,
    ContextFile,
    ConvergenceFile,
    EarlierFile,
    MergingFile,
    StallFile,
)
from orchestrator_tui.plan.session_models import GuardFile, SessionsFile
from orchestrator_tui.plan.sizing_models import SizingFile
from orchestrator_tui.plan.workflow_values import ValuesFile

MAX_STAGES = 64
"""Stages of one ladder."""

MEANINGS = ("done", "rework", "failed", "blocked", "partial", "disputed", "follow_up", "mismatch")
WAVES = ("ready", "barrier")
WORKTREES = ("track", "batch", "pool", "none")
SESSIONS = ("stage", "track")
UNTRACKED = ("off", "warn", "block")
ENDINGS = ("publish", "hard_stop")
GATES = ("plan", "spend", "dispatch", "concerns", "resume", "integration", "publish")
ENDS = (CUT_OFF, ERRORS, CHANGES)
GATE_WORDS = ("question", "approve", "back", "abandon")
MAX_ANGLES = 8
"""Agents at once in one stage."""


def _says(words: tuple[str, ...]) -> Says:
    return Says(" · ".join(f"`{word}`" for word in words if word))


def _chosen(known: tuple[str, ...], value: list[str]) -> list[str]:
    return [read_choice(known, one) for one in value]


def _one_of(known: tuple[str, ...]) -> AfterValidator:
    return AfterValidator(partial(_chosen, known))


def _meanings(value: dict[str, str]) -> dict[str, str]:
    for word, meaning in value.items():
        if not word or " " in word:
            raise Wrong(f'"{word}" is no verdict: agents end with one word on a line of its own')
        read_choice(MEANINGS, meaning)
    return value


def _unsaid(value: dict[str, str]) -> dict[str, str]:
    for end, meaning in value.items():
        read_choice(ENDS, end)
        read_choice(("done", "partial", "failed"), meaning)
    return value


class AngleFile(Part):
    """One part of a stage that several agents do at once."""

    key: Name = Field(description="its name, part of the name of its attempts")
    prompt: Text = Field("", description="what its agent is told beside the stage's own text")
    tier: Name = Field("", description="the tier of models that it asks for; the stage's without it")


def _angles(value: list[AngleFile]) -> list[AngleFile]:
    if len(value) > MAX_ANGLES:
        raise Wrong(f"has more than {MAX_ANGLES} angles")
    keys = [one.key for one in value]
    twice = next((one for place, one in enumerate(keys) if one in keys[:place]), None)
    if twice is not None:
        raise Wrong(f'two angles are called "{twice}"')
    return value


def _gate_words(value: dict[str, str]) -> dict[str, str]:
    for word in value:
        read_choice(GATE_WORDS, word)
    return value


class StageRulesFile(Part):
    """How one stage is done."""

    runs: Annotated[str, choice(AGENT, CHECKS, DEPLOY, PERSON), _says((AGENT, CHECKS, DEPLOY, PERSON))] = Field(
        AGENT, description="who does it: an agent, commands alone, the commands of environments, or a person"
    )
    role: Name = Field("implementer", description="whose model and judgement: `implementer`, `reviewer`, `scout` …")
    prompt: Text = Field(
        "", description="what its agent is told; `{slug}`, `{title}`, `{spec}`, `{plan}`, `{design}` are filled in"
    )
    artefacts: Lines = Field(
        [], description="paths below the worktree that must exist when it is done; with `{slug}`, `{spec}`, `{plan}`"
    )
    checks: Lines = Field([], description="names of checks that must pass when it is done; `*` for all of the track's")
    attempts: Annotated[int, BeforeValidator(partial(read_whole, 1, 20)), Says("whole number from 1 to 20")] = Field(
        3, description="tries before a person is asked, the first included"
    )
    verifications: Count = Field(
        0, description="tries whose claim does not hold, counted apart from those that fail; 0: `attempts` bounds both"
    )
    bump_at: Count = Field(3, description="from which try on the next higher tier of models is used; 0 for never")
    reviews: Switch = Field(False, description="it judges another stage: it is given diff and criteria, no reasoning")
    writes: Switch = Field(True, description="it may change files")
    commits: Switch = Field(True, description="its changes must be committed when it is done")
    back_to: Line = Field("", description="the earlier stage that rework leads to, by number, name or key")
    rounds: Count = Field(2, description="how often it may lead back before a person is asked")
    verdicts: Annotated[dict[str, Line], AfterValidator(_meanings), Says("mapping: word → meaning")] = Field(
        {}, description="words that an agent ends with: " + ", ".join(f"`{one}`" for one in MEANINGS)
    )
    unsaid: Annotated[dict[str, str], AfterValidator(_unsaid), Says("mapping: end → `done`, `partial` or `failed`")] = (
        Field({}, description="what an end without such a word counts as: " + ", ".join(f"`{one}`" for one in ENDS))
    )
    form: Annotated[dict[str, Line], Says("mapping: line → `text`, or choices parted by `|`")] = Field(
        {}, description="lines that its first artefact must hold; one that lacks any is sent back"
    )
    asks: Line = Field("", description="the line of `form` that holds questions for a person: they are asked first")
    narrow: Count = Field(
        0, description="of a stage of the batch: skipped, with the reason kept, where all tracks own no more files"
    )
    gate: Name = Field("", description="the kind of the gate that a person answers before it begins")
    skip_by: Annotated[str, choice("person", "nobody"), _says(("person", "nobody"))] = Field(
        "person", description="who may skip it, after hearing the risk"
    )
    after_merge: Switch = Field(False, description="it begins when its track has been merged")
    together: Switch = Field(False, description="it is first begun when every track that can has come so far")
    resumable: Switch = Field(False, description="where earlier work is found, a batch may go on from here")
    spent: Annotated[str, choice(ASK, FAIL, CARRY), _says((ASK, FAIL, CARRY))] = Field(
        ASK,
        description="what used-up tries make of the track: a person is asked, it has failed, or the next wave goes on",
    )
    undivided: Switch = Field(False, description="of the batch: left out where the tracks are known already")
    over_tracks: Switch = Field(
        False, description="of the batch: it judges all tracks with `deep_review` at once, beside their own reviews"
    )
    angles: Annotated[list[AngleFile], AfterValidator(_angles), Says("list of angles")] = Field(
        [], description="parts that are done at once, each by an agent of its own"
    )
    gate_words: Annotated[dict[str, Line], AfterValidator(_gate_words), Says("mapping: word → text")] = Field(
        {}, description="what its gate says: " + ", ".join(f"`{one}`" for one in GATE_WORDS)
    )
    tier: Name = Field("", description="the tier of models that it asks for; its role's without it")
    adds_only: Switch = Field(False, description="it may change nothing but its own artefacts")
    fresh: Switch = Field(False, description="each try has a fresh copy of the track, set up anew, and a new agent")
    only_areas: Names = Field([], description="it is only for tracks that name one of these areas")
    only_files: Patterns = Field([], description="or that have changed a file under one of these patterns")
    turns: Large = Field(0, description="turns of one attempt; 0 for no bound")
    tokens: Large = Field(0, description="tokens of one attempt from which on it is said, and no more; 0 for never")
    wall: Length = Field(0, description="how long one attempt may take; 0 for no bound")
    cost_usd: Dollars = Field(0.0, description="what one attempt may cost; 0 for no bound")
    of_roles: Names = Field([], description="roles of waves whose tracks go through it; all without it")
    against: Annotated[str, choice("", DESIGN), _says(("", DESIGN))] = Field(
        "", description="what it compares with: the workflow's `design`; no track goes through it where none is named"
    )


class StageFile(StageRulesFile):
    """One stage of a ladder."""

    name: Line = Field(description="its exact name, as it is reported and shown")
    key: Name = Field("", description="a short name for `back_to`")
    catches: Line = Field("", description="what it catches: what a person hears who wants to skip it")
    skip_risk: Line = Field("", description="what may happen without it")
    risk: Annotated[str, choice(*RISKS), _says(RISKS)] = Field("low", description="the least risk of its gates")
    words: Annotated[dict[str, Annotated[str, choice(*RISKS)]], Says("mapping: word → risk")] = Field(
        {}, description="words of a question that raise its risk in this stage"
    )


class RulesFile(Part):
    """The rules of a batch."""

    waves: Annotated[str, choice(*WAVES), _says(WAVES)] = Field(
        "ready", description="a track starts when what it depends on has merged, or wave by wave"
    )
    concurrency: Count = Field(0, description="tracks at work at once; 0 for no bound")
    parallel_from: Count = Field(0, description="fewer tracks that wait for no other than this run one after the other")
    wave_size: Count = Field(0, description="most tracks of one wave, split beyond that; 0 for no bound")
    waves_per_session: Count = Field(
        0, description="waves after which the run is handed over, to go on by `--resume`; 0 for never"
    )
    checkpoints: Switch = Field(False, description="a checkpoint before, after and on failure of each wave")
    context: ContextFile = Field(ContextFile.model_validate({}), description="when a conversation is too full")
    fleet: Count = Field(0, description="more tracks than this at once need a person's leave at a gate; 0 for never")
    worktree: Annotated[str, choice(*WORKTREES), _says(WORKTREES)] = Field(
        "track", description="one each, one for all, slots that are used again, or none"
    )
    worktree_tries: Annotated[int, BeforeValidator(partial(read_whole, 1, 20)), Says("whole number from 1 to 20")] = (
        Field(1, description="how often a worktree is tried to be made before a person is asked")
    )
    pool_size: Annotated[int, BeforeValidator(partial(read_whole, 1, 8)), Says("whole number from 1 to 8")] = Field(
        8, description="slots of a pool, each used by one track after the other"
    )
    cleanup: Switch = Field(True, description="worktrees are removed when their tracks have merged and nothing is lost")
    sharing: Annotated[str, choice(SERIAL, PARALLEL), _says((SERIAL, PARALLEL))] = Field(
        SERIAL, description="tracks use a tree that they share one after the other, or at once, each in its own files"
    )
    session: Annotated[str, choice(*SESSIONS), _says(SESSIONS)] = Field(
        "stage", description="a fresh agent for each stage, or one conversation for the track"
    )
    gates: Annotated[Names, _one_of(GATES), Says("list of " + ", ".join(f"`{one}`" for one in GATES))] = Field(
        ["plan", "spend", "publish"], description="the batch's own gates that a person answers"
    )
    ending: Annotated[str, choice(*ENDINGS), _says(ENDINGS)] = Field(
        "publish", description="ends in a publish gate, or waits for the person's own `orch-tui publish`"
    )
    resends: Count = Field(2, description="how often the same finding is sent back before it is a person's")
    convergence: ConvergenceFile = Field(
        ConvergenceFile.model_validate({}), description="when a revision stops before its rounds are used up"
    )
    sorts: Annotated[dict[str, Names], NAMED_KEYS, Says("mapping: workflow → words")] = Field(
        {}, description="the workflow of a track that names none, by words of its name and title"
    )
    areas: Annotated[dict[str, Patterns], Says("mapping: area → patterns")] = Field(
        {}, description="the areas of a track that names none, by its files"
    )
    clocks: ClocksFile = Field(ClocksFile.model_validate({}), description="how long a question may wait")
    stall: StallFile = Field(StallFile.model_validate({}), description="when an agent counts as stuck")
    budget: BudgetFile = Field(BudgetFile.model_validate({}), description="what one track may use")
    earlier: EarlierFile = Field(EarlierFile.model_validate({}), description="what counts as earlier work")
    in_place_on_branch: Switch = Field(
        False, description="begun on a branch that is not the default one, a batch is worked on in place"
    )
    merging: MergingFile = Field(MergingFile.model_validate({}), description="how tracks come together")
    breaker: BreakerFile = Field(
        BreakerFile.model_validate({}), description="when an agent that goes in circles is stopped"
    )
    freshness: FreshnessFile = Field(
        FreshnessFile.model_validate({}), description="what a base branch that has moved on leads to"
    )
    untracked: Annotated[str, choice(*UNTRACKED), _says(UNTRACKED)] = Field(
        "off", description="what untracked files of the repository's tree lead to that lie where a wave works"
    )
    isolation: IsolationFile = Field(
        IsolationFile.model_validate({}), description="where the agents of a wave work, by their number"
    )
    between: BetweenFile = Field(BetweenFile.model_validate({}), description="what happens between waves")
    baseline: BaselineFile = Field(
        BaselineFile.model_validate({}), description="which results of checks at its start spare those between waves"
    )
    grounding: GroundingFile = Field(
        GroundingFile.model_validate({}), description="which files with a history of failed edits an agent is shown"
    )
    sureness: SurenessFile = Field(
        SurenessFile.model_validate({}), description="how sure a reviewer must be of a finding"
    )
    models: Annotated[dict[str, Line], NAMED_KEYS, Says("mapping: tier → model")] = Field(
        {}, description="the model of each tier, lowest tier first"
    )
    roles: Annotated[dict[str, Name], NAMED_KEYS, Says("mapping: role → tier")] = Field(
        {}, description="the tier of each role"
    )
    track_gate: Annotated[Names, _one_of(tuple(TRACK_GATE_ITEMS)), Says("list of items")] = Field(
        [], description="what must be PASS before a track is merged"
    )
    batch_gate: Annotated[Names, _one_of(tuple(BATCH_GATE_ITEMS)), Says("list of items")] = Field(
        [], description="what must be PASS before the batch is complete"
    )
    tests_first: Switch = Field(True, description="tests are written before what they test: told and checked")
    autonomy: Text = Field("", description="dispatch text F: what an agent decides itself and what it flags")
    constraints: Text = Field("", description="dispatch text G: what belongs to other tracks")
    neighbours: Switch = Field(True, description="agents are told which other tracks there are, and what those own")
    adherence: Text = Field("", description="dispatch text H: all stages, and how to recover from a lost context")
    config: Line = Field("", description="settings of the repository (`auto-context.yaml`) that go before these")
    variables: Line = Field("", description="how variables of the environment begin that go before `config`")
    exports: Annotated[Names, _one_of(tuple(EXPORTS)), Says("list of " + ", ".join(f"`{one}`" for one in EXPORTS))] = (
        Field([], description="files that its users know, kept up to date below `.orch/reports` while a batch runs")
    )
    in_repository: Annotated[Names, _one_of(tuple(EXPORTS)), Says("list of names of exports")] = Field(
        [], description="exports written into the repository itself after each merge; one that fails only warns"
    )
    inputs: Annotated[
        Names, _one_of(tuple(PLAN_INPUTS)), Says("list of " + ", ".join(f"`{one}`" for one in PLAN_INPUTS))
    ] = Field([], description="what a plan must say; without it nothing starts")
    design: Line = Field("", description="the file that stages `against: design` compare with; a session's own first")
    skill: Name = Field("", description="a skill whose text is embedded into prompts where the person has it")
    sessions: SessionsFile = Field(
        SessionsFile.model_validate({}), description="types of sessions and the roles of their waves"
    )
    guard: GuardFile = Field(GuardFile.model_validate({}), description="what watches paths and commands of agents")
    sizing: SizingFile = Field(SizingFile.model_validate({}), description="how big work is, and how it is cut")


def _ladder(stages: list[StageFile]) -> list[StageFile]:
    if len(stages) > MAX_STAGES:
        raise Wrong(f"has more than {MAX_STAGES} stages")
    names = [one.name for one in stages]
    names += [one.key for one in stages if one.key and one.key != one.name]
    twice = next((one for place, one in enumerate(names) if one in names[:place]), None)
    if twice is not None:
        raise Wrong(f'two stages are called "{twice}"')
    return stages


Ladder = Annotated[list[StageFile], AfterValidator(_ladder), Says("list of stages")]


class WorkflowFile(RulesFile):
    """A workflow: the ladder of a track, the stages of its batch, and the rules of both."""

    workflow: Slug = Field(description="its name")
    title: Line = Field(description="what it does, in a few words")
    kind: Name = Field(description="what its tracks are: `feature`, `bug`, `work` …")
    stages: Ladder = Field(min_length=1, description="the stages of a track, in order")
    batch_stages: Ladder = Field([], description="stages of the batch before any track: scout, plan, divide …")
    values: ValuesFile = Field({}, description="what its texts say as `{values.NAME}`; each must be used")
    answers: list[AnswerFile] = Field([], description="rules that may answer gates; they go before the shared ones")


class OverridesFile(RulesFile):
    """What a batch does otherwise than its workflow; only what is written counts."""

    stages: Annotated[dict[str, StageRulesFile], Says("mapping: number or name → rules of a stage")] = Field(
        {}, description="how single stages are done"
    )
