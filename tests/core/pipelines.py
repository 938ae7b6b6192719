"""Three pipelines of seed 002 in one run, folded from real events with the rules that ship."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.plan import BATCH_TRACK, CheckCommand, Environment, Plan, PlannedTrack, Scope
from orchestrator_tui.core.schedule.opening import planned, run_batch
from orchestrator_tui.plan.catalogue import load_workflows
from tests.core.builders import MINUTE
from tests.core.run_builders import RunLedger

REPOSITORY = "/home/ann/code/shop"
WORKTREES = "/home/ann/code/wt"
PRD, BUG = "prd-to-pr", "bug-to-pr"
BUILT_IN = load_workflows(None, None).workflows

SHARING = PlannedTrack(
    "profile-sharing",
    "Add user profile sharing",
    "feature",
    PRD,
    brief="People can share their profile by a link.",
    scope=Scope(owned=("src/profile/**",), append_only=("src/startup.cs",)),
    areas=("SCOPE_IOS", "SCOPE_BACKEND"),
    deploy=("dev", "staging"),
)
RACE = PlannedTrack(
    "fix-auth-race",
    "Auth token race condition on cold start",
    "bug",
    BUG,
    brief="Two requests refresh the token at once.",
    scope=Scope(owned=("src/auth/**", "src/startup.cs")),
    priority=1,
    areas=("SCOPE_BACKEND",),
    deploy=("dev", "staging"),
)
TYPO = PlannedTrack(
    "fix-typo",
    "Correct the sign-up page",
    "bug",
    BUG,
    brief="recieve is receive.",
    scope=Scope(owned=("src/signup/**",)),
    deploy=("dev",),
)
PLAN = Plan(
    title="Release 7",
    workflow=PRD,
    base="main",
    integration="release-7",
    repository=REPOSITORY,
    worktrees=WORKTREES,
    tracks=(SHARING, RACE, TYPO),
    base_sha="b" * 40,
    checks=(CheckCommand("unit", "make test"),),
    environments=(
        Environment("dev", "make dev", "make health"),
        Environment("staging", "make staging", "make health", "staging"),
    ),
)
CHECKED = {
    "waves": [{"wave": 1, "tracks": ["profile-sharing", "fix-auth-race", "fix-typo"]}],
    "matrix": [
        {
            "a": "profile-sharing",
            "b": "fix-auth-race",
            "consequence": "append-only",
            "why": "src/startup.cs: fix-auth-race owns, profile-sharing appends at the end",
            "files": ["src/startup.cs"],
            "more": 0,
            "also": [
                {
                    "consequence": "order",
                    "why": "both touch SCOPE_BACKEND: merged one after the other",
                }
            ],
        },
    ],
}


@dataclass
class Pipelines(RunLedger):
    """The run as its host would record it."""

    plan: Plan = PLAN

    def __post_init__(self) -> None:
        self.batch = self._fold(None, run_batch(self.plan, ""))
        self.must(*planned(self.plan, {name: BUILT_IN[name] for name in (PRD, BUG)}, CHECKED))
        self.phase("approved")
        self.phase("running")
        self.tree(BATCH_TRACK, f"{WORKTREES}/integration")

    def begin_at(self, slug: str, stage: int) -> None:
        """A track whose stages before this one are done, and that is at work in it."""
        self.tree(slug, f"{WORKTREES}/{slug}")
        self.move(slug, "preparing")
        self.move(slug, "running")
        for index in range(1, stage):
            self.enter(slug, index)
            self.judge(slug)
        self.enter(slug, stage)

    def ship_to(self, slug: str, pr: int, *environments: str) -> None:
        """A track at work, through all of its stages, merged, deployed, and its worktree removed."""
        for index in range(self.track(slug).stage, 8):
            self.enter(slug, index)
            self.judge(slug)
        self.must(Draft("track_changed", {"track": slug, "changes": {"pr": f"#{pr}"}}))
        self.must(Draft("merge_recorded", {"track": slug, "result": "merged", "head": "a" * 40, "to_sha": "c" * 40}))
        self.enter(slug, 8)
        for name in environments:
            self.must(Draft("deploy_recorded", {"track": slug, "environment": name, "result": "healthy"}))
        self.judge(slug)
        self.move(slug, "merged")
        self.must(Draft("worktree_removed", {"track": slug, "branch_removed": True}))


def at_work() -> Pipelines:
    """One builds, one waits for its person, one is shipped; 41 minutes in, two questions are answered."""
    ledger = Pipelines()
    ledger.begin_at("fix-typo", 7)
    ledger.ask("fix-typo", "dev", kind="deploy_dev", question="Deploy fix-typo to dev?")
    ledger.answer("dev", origin="policy:dev-environment", by="dev-environment")
    ledger.ask("fix-typo", "scope", question="Take the suggestion?")
    ledger.answer("scope")
    ledger.ship_to("fix-typo", 12, "dev")
    ledger.begin_at("profile-sharing", 4)
    ledger.begin_at("fix-auth-race", 3)
    options = [
        {"key": "redo", "label": "redo RCA on cache TTL", "role": ""},
        {"key": "keep", "label": "keep plan, add TTL test", "role": ""},
    ]
    ledger.ask("fix-auth-race", "cause", question="counsel says the lock is a symptom", stage=3, options=options)
    ledger.tick(41 * MINUTE - ledger.now.wall_ms + ledger.events[0].at.wall_ms)
    return ledger


def over() -> Pipelines:
    """The same at its end: two are shipped, one could not be built."""
    ledger = at_work()
    ledger.answer("cause", options=["redo"], label="redo RCA on cache TTL", reason="the cache outlives the lock")
    ledger.ship_to("fix-auth-race", 13, "dev", "staging")
    ledger.move("profile-sharing", "failed", "3+ build failures")
    ledger.must(Draft("worktree_kept", {"track": "profile-sharing", "why": "it was not merged"}))
    ledger.tick(68 * MINUTE - ledger.now.wall_ms + ledger.events[0].at.wall_ms)
    ledger.phase("verifying")
    ledger.phase("awaiting_user")
    return ledger
