"""A run of three tracks, folded from real events: a planned batch, and short ways to let things happen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Risk, Track
from orchestrator_tui.core.plan import BATCH_TRACK, CheckCommand, Environment, Plan, PlanLimits, PlannedTrack, Scope
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import BATCH_GATE_ITEMS, CHECKS, DEPLOY, TRACK_GATE_ITEMS, StageWork, Workflow
from tests.core.builders import MINUTE, Ledger, on_gate, opened

REPOSITORY = "/home/ann/code/shop"
WORKTREES = "/home/ann/code/shop-worktrees/list-1"
BASE_SHA, HEAD_SHA, MERGED_SHA = "b" * 40, "a" * 40, "c" * 40
SCOUT, DIVIDE = 1, 2
BUILD, REVIEW, PROVE, DEPLOYED = 1, 2, 3, 4

WORKFLOW = Workflow(
    ladder=Ladder(
        "build-and-review",
        "Build and review",
        "feature",
        (
            StageRule(BUILD, "Build", "{spec}/notes.md", "work without tests", "untested work is merged"),
            StageRule(REVIEW, "Review", "", "mistakes that the author does not see", "bugs reach the base branch"),
            StageRule(PROVE, "Prove", "", "what broke elsewhere", "the integration branch breaks"),
            StageRule(DEPLOYED, "Deploy", "", "what works only here", "users find it", Risk.STAGING),
        ),
    ),
    works=(
        StageWork(
            prompt="Build what is asked, in small commits.\nKeep notes in {spec}/notes.md.",
            artefacts=("{spec}/notes.md",),
            checks=("*",),
            verdicts={"DONE": "done", "STUCK": "blocked"},
        ),
        StageWork(
            role="reviewer",
            prompt="Judge the diff against the criteria. Only substantive findings count, no matters of style.",
            reviews=True,
            writes=False,
            commits=False,
            back_to=BUILD,
            verdicts={"APPROVED": "done", "REQUIRES_REWORK": "rework"},
        ),
        StageWork(runs=CHECKS, checks=("*",)),
        StageWork(runs=DEPLOY, after_merge=True, gate="deploy_staging"),
    ),
    batch_ladder=Ladder(
        "build-and-review",
        "Build and review",
        "batch",
        (
            StageRule(SCOUT, "Discover", "{spec}/discovery.md", "work that was done before", "two build the same"),
            StageRule(DIVIDE, "Divide", "{plan}", "tracks that meet in one file", "conflicts at the merge"),
        ),
    ),
    batch_works=(
        StageWork(role="scout", prompt="Look around once for all tracks.", artefacts=("{spec}/discovery.md",)),
        StageWork(role="planner", prompt="Divide the work into tracks.", artefacts=("{plan}",)),
    ),
    concurrency=2,
    track_gate=tuple(TRACK_GATE_ITEMS),
    batch_gate=tuple(BATCH_GATE_ITEMS),
    autonomy="Clear build failures: fix them, up to 3 times. Staging and production: ask.",
    constraints="What is append-only is appended to at its END, and nothing else.",
    adherence="Every stage runs, every time. A small change is no reason to skip one.",
)

LIMITER = PlannedTrack(
    "limiter",
    "Rate limiting of the public API",
    "feature",
    WORKFLOW.name,
    brief="Limit each client to 100 requests a minute.\nAnswer 429 beyond that, with Retry-After.",
    scope=Scope(
        owned=("src/api/limiter.py", "tests/api/**"),
        allowed=("src/api/app.py",),
        read_only=("src/billing/**",),
        append_only=("CHANGELOG.md",),
    ),
    priority=1,
    checks=(CheckCommand("unit", "pytest tests/api -q"),),
    acceptance=("the 101st request within a minute gets 429", "Retry-After is in seconds"),
    deploy=("staging",),
)
DOCS = PlannedTrack(
    "docs",
    "Describe the limits",
    "feature",
    WORKFLOW.name,
    brief="Describe limits and headers.",
    scope=Scope(owned=("docs/**",), append_only=("CHANGELOG.md",)),
    depends_on=("limiter",),
    acceptance=("the headers are described",),
)
CLOCK = PlannedTrack(
    "fix-clock",
    "Clock skew breaks the session",
    "bug",
    WORKFLOW.name,
    brief="Sessions end early when the clock is set back.",
    scope=Scope(owned=("src/session/**", "tests/session/**")),
    checks=(CheckCommand("session-tests", "pytest tests/session -q"),),
    acceptance=("a clock that is set back ends no session",),
)
PLAN = Plan(
    title="Rate limiting batch",
    workflow=WORKFLOW.name,
    base="main",
    integration="orch/list-1/integration",
    repository=REPOSITORY,
    worktrees=WORKTREES,
    tracks=(LIMITER, DOCS, CLOCK),
    base_sha=BASE_SHA,
    limits=PlanLimits(agents=2, cost_usd=20.0),
    checks=(CheckCommand("suite", "make test"),),
    environments=(Environment("staging", "make deploy-staging", "make health", "staging"),),
    file="plans/limits.yaml",
)


def recorded(plan: Plan = PLAN, workflow: Workflow = WORKFLOW) -> tuple[Draft, ...]:
    """The events by which a batch gets its plan, its rules, its own track and the tracks of the plan."""
    own = PlannedTrack(BATCH_TRACK, plan.title, BATCH_TRACK, workflow.name)
    return (
        Draft("plan_recorded", {"plan": to_data(plan)}),
        Draft("workflow_recorded", {"workflow": workflow.name, "rules": to_data(workflow)}),
        *_added(own, [[one.index, one.name] for one in workflow.batch_ladder.stages]),
        *(draft for one in plan.tracks for draft in planned(one, workflow)),
    )


def planned(track: PlannedTrack, workflow: Workflow = WORKFLOW) -> tuple[Draft, ...]:
    """The events by which one track is added to a run."""
    return _added(track, [[one.index, one.name] for one in workflow.ladder.stages])


def _added(track: PlannedTrack, stages: list[list[Any]]) -> tuple[Draft, ...]:
    fields = {"track": track.slug, "title": track.title, "kind": track.kind, "workflow": track.workflow}
    return (
        Draft("track_added", {**fields, "wave": track.wave or 1, "state": "pending", "stages": stages}),
        Draft("track_planned", {"track": track.slug, "planned": to_data(track)}),
    )


@dataclass
class RunLedger(Ledger):
    """A run as its host would record it; every method records what it says and folds it."""

    plan: Plan = PLAN
    workflow: Workflow = WORKFLOW
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        payload = {
            "title": self.plan.title,
            "kind": "run",
            "workflow": self.workflow.name,
            "repository": self.plan.repository,
            "limits": dict(self.limits),
        }
        self.batch = self._fold(None, Draft("batch_opened", payload))
        self.must(*recorded(self.plan, self.workflow))

    def phase(self, to: str, why: str = "") -> None:
        self.must(Draft("batch_moved", {"to": to, "why": why}))

    def move(self, slug: str, to: str, why: str = "") -> None:
        self.must(Draft("track_moved", {"track": slug, "to": to, "why": why}))

    def tree(self, slug: str, path: str = "") -> None:
        """The worktree of a track stands; that of the batch's own is the integration worktree."""
        name = "integration" if slug == BATCH_TRACK else slug
        fields = {"path": path or f"{WORKTREES}/{name}", "branch": f"orch/list-1/{name}", "base_sha": BASE_SHA}
        self.must(Draft("worktree_ready", {"track": slug, **fields}))

    def start(self, slug: str) -> Track:
        """A track with its worktree enters its first stage."""
        self.tree(slug)
        self.move(slug, "preparing")
        self.move(slug, "running")
        return self.enter(slug, 1)

    def enter(self, slug: str, stage: int, why: str = "", from_stage: int = 0) -> Track:
        payload = {"track": slug, "stage": stage, "why": why, **({"from_stage": from_stage} if from_stage else {})}
        self.must(Draft("stage_entered", payload))
        return self.track(slug)

    def begin(self, slug: str, purpose: str = "implement", **fields: Any) -> str:
        """An agent starts on the stage at hand; the id of its attempt."""
        number = self.numbers[slug] = self.numbers.get(slug, 0) + 1
        identifier = f"a-{slug}-{number}"
        payload = {"track": slug, "attempt": identifier, "purpose": purpose, "stage": self.track(slug).stage}
        self.must(Draft("attempt_started", {**payload, "number": number, **fields}))
        return identifier

    def end(self, slug: str, outcome: str = "done", **fields: Any) -> None:
        """The last agent of a track ends."""
        identifier = self.track(slug).attempts[-1].id
        self.tick(MINUTE)
        self.must(Draft("attempt_ended", {"track": slug, "attempt": identifier, "outcome": outcome, **fields}))

    def attempt(self, slug: str, purpose: str = "implement", outcome: str = "done", **fields: Any) -> str:
        """An agent starts, works for a minute, and ends."""
        identifier = self.begin(slug, purpose)
        self.end(slug, outcome, **fields)
        return identifier

    def inspect(self, slug: str, *files: str, **fields: Any) -> None:
        """What git says of a track's work: these files, all committed unless said otherwise."""
        tests = [one for one in files if "test" in one]
        payload = {"track": slug, "inspection": f"i-{slug}-{len(self.events)}", "head": HEAD_SHA}
        self.must(Draft("work_inspected", {**payload, "files": list(files), "tests": tests, "commits": 1, **fields}))

    def check(self, slug: str, name: str, result: str = "pass", detail: str = "", run: str = "r-1") -> None:
        payload = {"track": slug, "name": name, "result": result, "detail": detail, "run": run}
        self.must(Draft("check_recorded", payload))

    def judge(self, slug: str, verdict: str = "accepted", *problems: str) -> None:
        stage = self.track(slug).stage
        payload = {"track": slug, "stage": stage, "verdict": verdict, "problems": list(problems)}
        self.must(Draft("stage_judged", payload))
        if verdict == "accepted":
            self.must(Draft("stage_changed", {"track": slug, "stage": stage, "status": "done"}))

    def find(self, slug: str, finding: str, severity: str = "blocker", title: str = "off by one", **more: Any) -> None:
        payload = {"track": slug, "finding": finding, "severity": severity, "title": title, "by": "agent:reviewer"}
        self.must(Draft("finding_added", {**payload, **more}))

    def close(self, slug: str, finding: str, state: str = "fixed") -> None:
        self.must(Draft("finding_closed", {"track": slug, "finding": finding, "state": state}))

    def rescue(self, slug: str, outcome: str = "resumed") -> None:
        payload = {"track": slug, "trigger": "no progress in 3 checks", "action": "rescue", "outcome": outcome}
        self.must(Draft("rescue_recorded", {**payload, "rationale": "the rest is small", "number": 1}))

    def merge(self, slug: str, result: str = "merged", **fields: Any) -> None:
        sha = {"to_sha": MERGED_SHA} if result == "merged" else {}
        self.must(Draft("merge_recorded", {"track": slug, "result": result, "head": HEAD_SHA, **sha, **fields}))
        if result == "merged":
            self.move(slug, "merged")

    def build(self, slug: str, *files: str) -> None:
        """A track's first stage, done and accepted."""
        self.start(slug)
        self.attempt(slug, cost_usd=0.5, tokens=1_000)
        self.inspect(slug, *(files or ("src/api/limiter.py", "tests/api/test_limiter.py")))
        self.checks(slug)
        self.judge(slug)

    def checks(self, slug: str, result: str = "pass") -> None:
        """Every check of a track's own ran."""
        work = self.track(slug).work
        assert work is not None
        for one in work.planned.checks:
            self.check(slug, one.name, result)

    def review(self, slug: str, verdict: str = "APPROVED") -> None:
        """A track's second stage, done and accepted, or led back to the first."""
        self.enter(slug, REVIEW)
        self.attempt(slug, "review", verdict=verdict, cost_usd=0.25, tokens=500)
        if verdict == "APPROVED":
            self.judge(slug)
            return
        self.judge(slug, "rework")
        self.enter(slug, BUILD, "the review wants rework", from_stage=REVIEW)

    def ship(self, slug: str, *files: str) -> None:
        """A track all the way to its merge, its worktree removed."""
        self.build(slug, *files)
        self.review(slug)
        self.enter(slug, PROVE)
        self.checks(slug)
        self.judge(slug)
        self.merge(slug)
        self.must(Draft("worktree_removed", {"track": slug, "branch_removed": True}))

    def ask(self, slug: str, gate: str = "g", waits_ms: int = 0, **fields: Any) -> None:
        """A question of a track, that then waits so long."""
        self.must(opened(gate, track=slug, **fields))
        self.tick(waits_ms)

    def answer(self, gate: str = "g", **fields: Any) -> None:
        """The answer to it, taken by its agent; a person's unless ``origin`` says that it was a rule's."""
        decision: dict[str, Any] = {"decision": f"d-{gate}"}
        self.must(on_gate("gate_decided", gate, **decision, **fields))
        for kind in ("delivery_claimed", "decision_delivered", "decision_acknowledged"):
            self.must(on_gate(kind, gate, **decision))


def running(**changes: Any) -> RunLedger:
    """A run whose plan was approved, with its integration worktree; ``changes`` are of its workflow."""
    ledger = RunLedger(workflow=replace(WORKFLOW, **changes) if changes else WORKFLOW)
    ledger.phase("approved")
    ledger.phase("running")
    ledger.tree(BATCH_TRACK)
    return ledger


def completed(slugs: Sequence[str] = ("fix-clock", "limiter", "docs"), **changes: Any) -> RunLedger:
    """A run of which these tracks were merged, in this order, whose last checks passed."""
    files: Mapping[str, tuple[str, ...]] = {
        "limiter": ("src/api/limiter.py", "tests/api/test_limiter.py"),
        "docs": ("docs/limits.md",),
        "fix-clock": ("src/session/clock.py", "tests/session/test_clock.py"),
    }
    ledger = running(**changes)
    for slug in slugs:
        ledger.ship(slug, *files[slug])
        ledger.check(BATCH_TRACK, "suite")
    ledger.phase("verifying")
    return ledger
