"""A workflow as the engine follows it: its ladders, and every rule that a careful coordinator keeps (DESIGN §2.6).

All of it is data; nothing here or elsewhere asks what a workflow is called. Durations are milliseconds, costs US
dollars. Files are read by ``plan``; what is recorded with a batch is this, so that a batch never depends on files
that have changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orchestrator_tui.core.clocks import Clocks
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.live_rules import (
    BaselineRules,
    Between,
    Breaker,
    Freshness,
    GroundingRules,
    Isolation,
    Sureness,
)
from orchestrator_tui.core.rules import AnswerRule, Ladder
from orchestrator_tui.core.session import GuardRules, SessionRules
from orchestrator_tui.core.sizing import Sizing

AGENT, CHECKS, DEPLOY, PERSON = "agent", "checks", "deploy", "person"
"""What does a stage: an agent, commands alone, the commands of environments, or a person who says when it is done."""

TRACK_GATE_ITEMS: Mapping[str, str] = {
    "stages": "every stage is done, or was skipped by a person",
    "artefacts": "every artefact that a stage promises is there",
    "tests_first": "tests were added or changed, and before what they test",
    "checks": "all checks of the track pass on its head",
    "scope": "no file outside of its scope was changed, and append-only files only grew at their end",
    "findings": "no blocker or concern of a reviewer is open",
    "committed": "everything is committed on its branch",
    "changes": "something else than the documents of its own stages was changed",
    "worktree": "the work was done in the track's own worktree",
    "report": "the track report says how it ended",
}
"""Items of a track gate and what each of them says (seed 000)."""

BATCH_GATE_ITEMS: Mapping[str, str] = {
    "tracks": "every track was merged, or was abandoned or skipped with a reason",
    "checks": "all checks pass on the integration branch",
    "regressions": "no check that passed on the base fails now",
    "scope": "no merged file lies outside of its track's scope",
    "findings": "no blocker is open",
    "gates": "no question waits and no answer is on its way",
    "worktrees": "worktrees are removed, or kept with a reason",
    "summary": "the batch summary is written",
}
"""Items of a batch gate and what each of them says (seed 000)."""

DESIGN = "design"
"""What a stage may compare with: the design file of the project (seed 004, design review)."""


ASK, FAIL, CARRY = "ask", "fail", "carry"
CUT_OFF, ERRORS, CHANGES = "cut_off", "errors", "changes"
"""How an agent may end without a word: stopped or gone, with an error, or well and with changes (seed 004)."""

SERIAL, PARALLEL = "serial", "parallel"
"""How tracks use a tree that they share: one after the other, or at once, each in its own files."""


@frozen
class Angle:
    """One part of a stage that several agents do at once, each of its own tier (seed 001: 2 to 4 of them)."""

    key: str
    prompt: str = ""
    tier: str = ""


PLAN_INPUTS: Mapping[str, str] = {
    "files": "each track declares its files",
    "checks": "each track has a check that proves it, its own or one of the plan",
    "gates": "the plan names the checks that hold for the whole repository",
}
"""What a workflow may want to know before a batch starts (seed 000: missing inputs stop the start)."""


@frozen
class StageWork:
    """How one stage of a ladder is done.

    Attributes:
        runs: one of ``agent``, ``checks``, ``deploy``, ``person``.
        role: whose model and judgement: ``implementer``, ``reviewer``, ``scout``, ``planner`` …
        prompt: the stage's own text for its agent.
        artefacts: paths below the worktree that must exist when the stage is done, with ``{slug}`` and ``{spec}``.
        checks: names of checks that must pass: of the track, of the plan; ``*`` means all of the track's.
        attempts: how often the stage is tried before a person is asked; the first try counts.
        verifications: how many of them may end with a claim that does not hold (checks fail, files are missing), apart
            from those that fail themselves, which ``attempts`` bounds; 0: both count as one (seed 003: 5).
        bump_at: from which attempt on the next higher tier of models is used; 0 never (seed 001: the third).
        reviews: it judges the work of another stage: it is given the diff and the criteria, never the reasoning.
        writes: whether it may change files; what a stage without leave changes is a breach of scope.
        commits: whether its changes must be committed when it is done.
        back_to: the stage to which a rework verdict leads, or 0.
        rounds: how often it may lead back before a person is asked.
        verdicts: words that an agent ends with, in a line of their own, and what they mean: ``done``, ``rework``,
            ``failed``, ``blocked``, ``partial``, ``disputed``, ``follow_up`` (done, what it says is work of the next
            wave) and ``mismatch`` (a person says whether the plan still holds); where none means ``done``, an end
            without a word does.
        unsaid: what an end without such a word means, by how it came: ``cut_off``, ``errors`` or ``changes``; where it
            does not name that, the end is not accepted.
        form: what the first artefact must say: name of a line and ``text``, or the choices parted by ``|``.
        asks: the line of that form that holds questions for a person; what it asks is asked before anything goes on.
        narrow: of a stage of the batch: it is skipped, with the reason, where the tracks change no more files; 0 never.
        gate: the kind of the gate that must be approved before the stage begins, or "".
        skip_by: who may skip it: ``person`` or ``nobody``.
        after_merge: it begins when its track has been merged (deploys).
        together: it is first begun when every track that can has come so far (seed 001: all are built before any is
            reviewed); what comes earlier counts as through for waves and dependencies.
        spent: what its used-up tries make of the track: ``ask`` a person, or ``fail`` it without a question (seed 001).
        resumable: where earlier work is found, a batch may go on from here; what comes before is then left out.
        undivided: a stage of the batch that is left out where the tracks are known already.
        over_tracks: a stage of the batch that judges the tracks marked for it at once, beside their own reviews.
        angles: parts that are done at once, each by an agent of its own (seed 001: exploration).
        gate_words: what its gate says instead of the usual: ``question``, ``approve``, ``back``, ``abandon``.
        tier: the tier that it asks for, or "" for its role's.
        adds_only: whether it may change nothing but its own artefacts: what was approved before stays as it was.
        fresh: whether each try gets a copy of the track at its head, set up anew, and an agent of its own (seed 003).
        only_areas, only_files: it is for tracks alone that name one of these areas, or have changed one of these files;
            both empty: for all.
        turns, wall_ms, cost_usd: budgets of one attempt; 0 for none.
        tokens: from so many of one attempt on it is said that its phase takes more than it should; 0 never (seed 003).
        against: what it compares with (``design``): where the workflow names none, it is no stage of any track.
        of_roles: roles of waves whose tracks go through it; () for all tracks (seed 004).
    """

    runs: str = AGENT
    role: str = "implementer"
    prompt: str = ""
    artefacts: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    attempts: int = 3
    verifications: int = 0
    bump_at: int = 3
    reviews: bool = False
    writes: bool = True
    commits: bool = True
    back_to: int = 0
    rounds: int = 2
    verdicts: Mapping[str, str] = field(default_factory=dict)
    unsaid: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    asks: str = ""
    narrow: int = 0
    gate: str = ""
    skip_by: str = "person"
    after_merge: bool = False
    together: bool = False
    resumable: bool = False
    spent: str = ASK
    undivided: bool = False
    over_tracks: bool = False
    angles: tuple[Angle, ...] = ()
    gate_words: Mapping[str, str] = field(default_factory=dict)
    tier: str = ""
    adds_only: bool = False
    fresh: bool = False
    only_areas: tuple[str, ...] = ()
    only_files: tuple[str, ...] = ()
    turns: int = 0
    tokens: int = 0
    wall_ms: int = 0
    cost_usd: float = 0.0
    of_roles: tuple[str, ...] = ()
    against: str = ""

    @property
    def most_tries(self) -> int:
        """How often it is tried at most before a person is asked, of whichever kind its tries are."""
        return self.attempts + max(0, self.verifications - 1)


@frozen
class Stall:
    """When an agent at work counts as stuck (seed 000: three checks without an indicator, a nudge before a rescue)."""

    checks: int = 3
    interval_ms: int = 60_000
    reply_ms: int = 120_000
    rescues: int = 1
    lower_concurrency: bool = True


@frozen
class Budget:
    """Budgets of one track; 0 for none. At ``soft`` of each (0.8) it is said, at the whole it acts."""

    turns: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    wall_ms: int = 0
    attempts: int = 0
    soft: float = 0.8


@frozen
class Convergence:
    """When a revision stops before its rounds are used up (seed 000, convergence rules); 0 for never.

    ``exchanges`` is how often in a row the author may end by disagreeing and be sent back all the same, before a person
    decides; ``growth`` how many files a revision may not touch anew: with one outside of the scope it stops at once.
    """

    exchanges: int = 0
    growth: int = 0


@frozen
class Earlier:
    """What counts as earlier work of the same kind (seed 001): a branch that is called so, commits since the default
    branch, and subjects of commits that speak of it. ``commits`` is from how many on they are a sign."""

    prefixes: tuple[str, ...] = ()
    commits: int = 2
    words: tuple[str, ...] = ()


@frozen
class Merging:
    """How tracks come together.

    ``first`` are the kinds that are merged before others (seed 002: bugs); then what others depend on, then by
    priority, then by slug. ``checks`` are the names of the plan's checks that run after each merge, ``*`` for all;
    ``resolve`` is how many attempts an agent gets at a conflict before a person is asked.
    """

    into: str = "integration"
    first: tuple[str, ...] = ("bug",)
    checks: tuple[str, ...] = ("*",)
    resolve: int = 1


@frozen
class Context:
    """How full the conversation of one agent may be before a checkpoint is forced (seed 003: 80 %); 0 tokens: never."""

    tokens: int = 0
    checkpoint: float = 0.8


@frozen
class StatedValue:
    """A number, a length of time or a few words that texts of a workflow were filled in with, and what it means."""

    name: str
    value: str
    meaning: str


@frozen
class Workflow:
    """One workflow: the ladder of a track, the ladder of its batch, and the rules of both.

    Attributes:
        ladder, works: the stages of a track, as judged and as done; equally long.
        batch_ladder, batch_works: stages of the batch that come before any track is started (scout, plan, divide);
            one whose ``runs`` is ``agent`` and whose artefacts hold ``{plan}`` divides: that file is the track list.
        waves: ``ready`` (a track starts when what it depends on has merged) or ``barrier`` (wave by wave).
        concurrency: tracks at work at once; 0 for no bound.
        parallel_from: fewer tracks that wait for no other one than this run one after the other (seed 003: 3).
        wave_size: most tracks of one wave, which is split beyond that; 0 for no bound (seed 003: max_agents).
        waves_per_session: after so many waves the run is handed over to its next session; 0 never (seed 003: 1).
        checkpoints: whether each wave leaves a checkpoint before, after, and before a failed try is made again.
        context: how full an agent's conversation may be before a checkpoint is forced.
        fleet: more tracks than this at once need a person's leave, whatever the plan says; 0 for no such gate.
        worktree: ``track`` (one each), ``batch`` (all in one), ``pool`` (slots that are used again), ``none``.
        worktree_tries: how often a worktree is tried to be made before a person is asked.
        pool_size: slots of a pool (seed 003: 8).
        cleanup: whether worktrees are removed when their tracks have merged (seed 003).
        sharing: how tracks use a tree that they share: ``serial``, or ``parallel`` where nothing is committed.
        session: ``stage`` (a fresh agent each) or ``track`` (one conversation that is resumed).
        gates: the batch's own gates that a person answers: ``plan``, ``spend``, ``integration``, ``publish``;
            ``dispatch`` is the spend gate asked once, when the tracks are known, ``concerns`` what is to become of the
            concerns of reviewers when everything is built, ``resume`` where to go on when earlier work is found.
        ending: ``publish`` (a gate) or ``hard_stop`` (no gate: ``awaiting_user`` until ``orch-tui publish``).
        resends: how often the same finding is sent back before it is a person's (seed 000: 2).
        convergence: when a revision stops before its rounds are used up.
        sorts: of a track that names no workflow: the workflow that it takes, by words of its name and title.
        areas: of a track that names none: the parts of the product that it touches, by patterns of its files.
        earlier: what counts as earlier work, for the gate ``resume``.
        in_place_on_branch: begun on a branch that is not the default one, its work is done in place.
        sureness: how sure a reviewer must be of a finding.
        models: model by tier; ``tiers`` are their names, lowest first; ``roles`` gives each role its tier.
        track_gate, batch_gate: names of the checklist's items that must pass.
        autonomy, constraints, adherence: texts of the dispatch prompt (seed 002, sections F to H).
        neighbours: whether agents are told what other tracks own (seed 002: yes; seed 004: never of others' work).
        variables: how variables of the environment begin that go before that file, or "".
        config: a file below the repository with settings of seed 003 that go before these, or "".
        exports: names of the files that its users know, kept up to date while a batch runs (``core.exports``).
        in_repository: names of exports that are written into the repository itself whenever a track has been merged.
        inputs: what a plan must say before its batch can start, of :data:`PLAN_INPUTS`.
        untracked: what untracked files of the person's tree lead to that lie where a wave works: ``off``, ``warn``
            (it is said) or ``block`` (a person is asked).
        values: what its texts were filled in with by name, as ``check --explain`` shows it.
        design: the file that stages ``against: design`` compare with; the setting ``pencil`` goes before it.
        skill: name of the skill whose text is embedded into prompts where a person has it, or "".
        sessions: types of sessions and roles of waves (seed 004); ``guard`` watches paths and commands of agents.
        sizing: how big work is, how many agents it is given, and which tracks had better be cut otherwise.
    """

    ladder: Ladder
    works: tuple[StageWork, ...]
    batch_ladder: Ladder
    batch_works: tuple[StageWork, ...] = ()
    waves: str = "ready"
    concurrency: int = 0
    fleet: int = 0
    parallel_from: int = 0
    wave_size: int = 0
    waves_per_session: int = 0
    checkpoints: bool = False
    context: Context = field(default_factory=Context)
    worktree: str = "track"
    worktree_tries: int = 1
    sharing: str = SERIAL
    pool_size: int = 8
    cleanup: bool = True
    session: str = "stage"
    gates: tuple[str, ...] = ("plan", "spend", "publish")
    ending: str = "publish"
    resends: int = 2
    convergence: Convergence = field(default_factory=Convergence)
    sorts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    areas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clocks: Clocks = field(default_factory=Clocks)
    stall: Stall = field(default_factory=Stall)
    budget: Budget = field(default_factory=Budget)
    earlier: Earlier = field(default_factory=Earlier)
    in_place_on_branch: bool = False
    merging: Merging = field(default_factory=Merging)
    breaker: Breaker = field(default_factory=Breaker)
    freshness: Freshness = field(default_factory=Freshness)
    between: Between = field(default_factory=Between)
    baseline: BaselineRules = field(default_factory=BaselineRules)
    grounding: GroundingRules = field(default_factory=GroundingRules)
    sureness: Sureness = field(default_factory=Sureness)
    isolation: Isolation = field(default_factory=Isolation)
    untracked: str = "off"
    models: Mapping[str, str] = field(default_factory=dict)
    tiers: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[AnswerRule, ...] = ()
    track_gate: tuple[str, ...] = ()
    batch_gate: tuple[str, ...] = ()
    tests_first: bool = True
    autonomy: str = ""
    constraints: str = ""
    neighbours: bool = True
    adherence: str = ""
    config: str = ""
    variables: str = ""
    exports: tuple[str, ...] = ()
    in_repository: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    values: tuple[StatedValue, ...] = ()
    design: str = ""
    skill: str = ""
    sessions: SessionRules = field(default_factory=SessionRules)
    guard: GuardRules = field(default_factory=GuardRules)
    sizing: Sizing = field(default_factory=Sizing)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.ladder.workflow

    @property
    def commits_nothing(self) -> bool:
        """Whether no stage of its tracks commits: what they have done lies in their tree at the end."""
        return not any(work.commits for work in self.works if work.runs == AGENT)

    @property
    def resolving_role(self) -> str:
        """Who resolves conflicts: a ``resolver`` where it has one (seed 000), else its implementer."""
        return "resolver" if "resolver" in self.roles else "implementer"

    def work(self, index: int) -> StageWork | None:
        """How the stage of this number is done, or None where there is no such stage."""
        return self.works[index - 1] if 1 <= index <= len(self.works) else None

    def batch_work(self, index: int) -> StageWork | None:
        """How the batch stage of this number is done, or None where there is no such stage."""
        return self.batch_works[index - 1] if 1 <= index <= len(self.batch_works) else None
