"""Random plans, workflows and agents, all from one seed: whatever a person may write, and whatever agents may do."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Risk
from orchestrator_tui.core.plan import CheckCommand, Environment, Plan, PlanLimits, PlannedTrack, Provision, Scope
from orchestrator_tui.core.rules import AnswerRule, Ladder, StageRule
from orchestrator_tui.core.schedule.opening import planned
from orchestrator_tui.core.workflow import (
    AGENT,
    BATCH_GATE_ITEMS,
    CHECKS,
    DEPLOY,
    PERSON,
    Budget,
    Convergence,
    Merging,
    StageWork,
    Stall,
    Workflow,
)
from tests.core.builders import START, Ledger
from tests.runtime.run.memory_git import MemoryGit, Tree
from tests.runtime.run.memory_world import Agent, MemoryWorld
from tests.runtime.run.scene import Scene

NAME = "chance"
SHARED = "shared.txt"
CHECK, TEST = CheckCommand("spelling", "spell"), CheckCommand("tests", "test")
PLACES = (
    Environment("dev", "put dev", "see dev", "dev"),
    Environment("staging", "put staging", "", "staging"),
    Environment("live", "put live", "see live", "production"),
)


class Story(Scene):
    """A scene whose plan, rules and agents are what ``chance`` makes them."""

    def __init__(self, chance: random.Random, workflow: Workflow | None = None) -> None:
        self.chance = chance
        self.calm = False
        self.badness = chance.choice((0.1, 0.4, 0.8))
        self.ledger = Ledger(rules=replace(Ledger().rules, answers=()))
        self.workflow = random_workflow(chance) if workflow is None else workflow
        slugs = "abcdef"[: chance.randint(1, 6)]
        tracks = tuple(self.random_track(slug, slugs[:place]) for place, slug in enumerate(slugs))
        self.git = MemoryGit({**{f"{one}.txt": f"{one}\n" for one in "abcdefgh"}, SHARED: "line\n"}, START)
        self.git.trees["/repository"] = Tree("main")
        self.plan = replace(random_plan(chance, tracks, self.git.branches["main"]), workflow=self.workflow.name)
        checked = {"matrix": matrix(chance, tracks), "waves": waves(tracks)}
        self.ledger.must(*planned(self.plan, {self.workflow.name: self.workflow}, checked))
        self.world = MemoryWorld(self.ledger, self.git)
        self.world.acts = {"*/" + str(stage): self.act for stage in range(12)}
        self.world.checks = dict.fromkeys(("spell", "test", "set up"), self.check)
        for place in PLACES:
            self.world.checks |= {place.deploy: self.check, place.health: self.check}

    def random_track(self, slug: str, earlier: str) -> PlannedTrack:
        """A track on the story's ladder, for one of its roles of waves."""
        track = random_track(self.chance, slug, earlier)
        roles = self.workflow.sessions.roles
        return replace(track, workflow=self.workflow.name, role=self.chance.choice(roles) if roles else "")

    def check(self, cwd: str) -> int:
        """How a command ends."""
        return int(not self.calm and self.chance.random() < self.badness / 2)

    def act(self, agent: Agent) -> tuple[int, str]:
        """What an agent does in one attempt."""
        slug, stage = agent.attempt.track, agent.attempt.stage
        if self.calm or self.chance.random() > self.badness:
            return self._well(agent)
        deed = self.chance.choice(_DEEDS)
        if deed == "fail":
            return 1, "it does not work"
        if deed == "stray":
            agent.write(self.chance.choice("abcdef") + ".txt", f"{slug} was here\n")
        if deed == "forget":
            agent.write(f"{slug}.txt", f"{slug} {self.chance.random()}\n", commit=False)
        if deed == "finding":
            number = len(self.ledger.events)
            told = {"severity": self.chance.choice(("blocker", "concern", "nit")), "title": "clock", "file": "x"}
            self.ledger.must(Draft("finding_added", {"track": slug, "finding": f"f-{number}", **told}))
            return 0, "REWORK"
        if deed == "shared":
            agent.write(SHARED, f"{slug} {stage}\n")
        return 0, {"blocked": "BLOCKED", "disagree": "DISAGREE", "mute": ""}.get(deed, "APPROVED")

    def _well(self, agent: Agent) -> tuple[int, str]:
        """Undo what strayed, resolve what conflicts, and add a line to one's own file."""
        attempt, tree = agent.attempt, self.git.trees[agent.attempt.worktree]
        if not attempt.writes:
            tree.changed = {}
            return 0, "fine\nAPPROVED"
        own = self.ledger.batch.tracks[attempt.track].work
        assert own is not None
        base = self.git.commits[own.base_sha].files
        mine = set(own.planned.scope.owned) | {f"{attempt.track}.txt"}
        for name, text in self.git.read(attempt.worktree).items():
            if name not in mine and base.get(name) != text and not tree.merging:
                self.git.write(attempt.worktree, name, base.get(name, ""))
            elif "<<<" in text:
                self.git.write(attempt.worktree, name, f"resolved by {attempt.track}\n")
        if SHARED in mine and not tree.merging and attempt.stage:
            self.git.write(attempt.worktree, SHARED, f"{attempt.track} was here\n")
        if attempt.track != "batch":
            agent.write(f"{attempt.track}.txt", f"{attempt.track}\n{attempt.id}\n")
        return 0, "fine\nAPPROVED"


def random_track(chance: random.Random, slug: str, earlier: str) -> PlannedTrack:
    """A track that may depend on those before it."""
    owned = (f"{slug}.txt", *((SHARED,) if chance.random() < 0.5 else ()))
    return PlannedTrack(
        slug,
        f"Letter {slug}",
        chance.choice(("bug", "feature", "feature")),
        NAME,
        scope=Scope() if chance.random() < 0.15 else Scope(owned=owned),
        depends_on=tuple(one for one in earlier if chance.random() < 0.25),
        priority=chance.randint(0, 2),
        checks=(CHECK,) if chance.random() < 0.4 else (),
        deploy=tuple(place.name for place in PLACES if chance.random() < 0.5),
        tier=chance.choice(("", "", "deep")),
    )


def random_plan(chance: random.Random, tracks: tuple[PlannedTrack, ...], base: str) -> Plan:
    """A plan of these tracks."""
    return Plan(
        title="Chance",
        workflow=NAME,
        base="main",
        integration="orch/integration",
        repository="/repository",
        worktrees="/trees",
        tracks=tracks,
        base_sha=base,
        checks=(TEST,) if chance.random() < 0.5 else (),
        environments=PLACES,
        fingerprint="[]",
        limits=PlanLimits(agents=chance.choice((0, 0, 1, 2, 3)), cost_usd=chance.choice((0.0, 0.0, 5.0))),
        provision=Provision(setup=chance.choice(("", "", "set up"))),
    )


def random_workflow(chance: random.Random) -> Workflow:
    """A ladder of one to seven stages with all kinds of rules, and a batch ladder of up to two."""
    rungs = [_write(chance)]
    if chance.random() < 0.5:
        rungs.append(StageWork(runs=CHECKS, checks=("*",), back_to=chance.choice((0, 1)), skip_by=_skip(chance)))
    if chance.random() < 0.6:
        rungs.append(_review(chance))
    if chance.random() < 0.3:
        rungs.append(StageWork(runs=PERSON, gate=chance.choice(("", "stage")), skip_by=_skip(chance)))
    if chance.random() < 0.3:
        rungs.append(_write(chance))
    if chance.random() < 0.5:
        rungs.append(StageWork(runs=DEPLOY, after_merge=True, gate=chance.choice(("", "stage")), skip_by=_skip(chance)))
    if chance.random() < 0.2:
        rungs.append(StageWork(runs=AGENT, after_merge=True, writes=False, commits=False))
    batch = [_batch_stage(chance) for _ in range(chance.choice((0, 0, 1, 2)))]
    return Workflow(
        ladder=_ladder("feature", rungs),
        works=tuple(rungs),
        batch_ladder=_ladder("batch", batch),
        batch_works=tuple(batch),
        waves=chance.choice(("ready", "barrier")),
        concurrency=chance.choice((0, 1, 2, 3)),
        worktree=chance.choice(MODES),
        session=chance.choice(("stage", "track")),
        gates=tuple(one for one in ("plan", "spend", "integration", "publish") if chance.random() < 0.6),
        ending=chance.choice(("publish", "hard_stop")),
        resends=chance.choice((1, 2)),
        convergence=Convergence(chance.choice((0, 1, 2)), chance.choice((0, 1, 3))),
        fleet=chance.choice((0, 0, 1, 2)),
        in_repository=chance.choice(((), ("session",))),
        stall=Stall(rescues=chance.choice((0, 1)), lower_concurrency=chance.random() < 0.5),
        budget=Budget(
            cost_usd=chance.choice((0.0, 2.0)), wall_ms=chance.choice((0, 900_000)), attempts=chance.choice((0, 8))
        ),
        merging=Merging(resolve=chance.choice((0, 1, 2)), first=chance.choice((("bug",), ()))),
        models={"fast": "f", "deep": "d"},
        roles={"implementer": "fast", "reviewer": "deep"},
        answers=(AnswerRule("everything", frozenset({"", "low", "medium", "high"}), Risk.PRODUCTION, KINDS),),
        track_gate=tuple(one for one in ("stages", "scope", "findings", "checks") if chance.random() < 0.3),
        batch_gate=tuple(BATCH_GATE_ITEMS) if chance.random() < 0.5 else (),
        tests_first=chance.random() < 0.3,
    )


_DEEDS = ("fail", "stray", "forget", "finding", "blocked", "disagree", "mute", "shared", "shared", "nothing")
MODES = ("track", "track", "batch", "none")
KINDS = frozenset(
    {
        "stage",
        "cap",
        "review",
        "disagreement",
        "scope",
        "fleet",
        "deploy_dev",
        "deploy_staging",
        "deploy_production",
        "publish",
    }
)


def _skip(chance: random.Random) -> str:
    return chance.choice(("person", "nobody"))


def _write(chance: random.Random) -> StageWork:
    return StageWork(
        prompt="write",
        checks=chance.choice((("*",), ())),
        attempts=chance.randint(1, 3),
        bump_at=chance.choice((0, 2, 3)),
        gate=chance.choice(("", "", "", "stage")),
        skip_by=_skip(chance),
        verdicts=chance.choice(({}, {"DISAGREE": "disputed", "BLOCKED": "blocked"})),
    )


def _review(chance: random.Random) -> StageWork:
    return StageWork(
        role="reviewer",
        prompt="review",
        reviews=True,
        writes=False,
        commits=False,
        back_to=chance.choice((1, 1, 1, 0)),
        rounds=chance.randint(0, 2),
        verdicts={"APPROVED": "done", "REWORK": "rework", "BLOCKED": "blocked"},
        skip_by=_skip(chance),
    )


def _batch_stage(chance: random.Random) -> StageWork:
    runs = chance.choice((AGENT, AGENT, PERSON))
    return StageWork(
        runs=runs, role="scout", attempts=2, commits=False, writes=chance.random() < 0.5, narrow=chance.choice((0, 2))
    )


def _ladder(kind: str, rungs: list[StageWork]) -> Ladder:
    return Ladder(NAME, "Chance", kind, tuple(StageRule(index, f"Stage {index}") for index in range(1, len(rungs) + 1)))


def waves(tracks: tuple[PlannedTrack, ...]) -> list[dict[str, object]]:
    """The tracks by how deep their dependencies go."""
    depth: dict[str, int] = {}
    for track in tracks:
        depth[track.slug] = 1 + max((depth[one] for one in track.depends_on), default=0)
    return [{"wave": one, "tracks": [slug for slug in depth if depth[slug] == one]} for one in set(depth.values())]


def matrix(chance: random.Random, tracks: tuple[PlannedTrack, ...]) -> list[Mapping[str, str]]:
    """Pairs that must not run beside each other; what two of them share is sometimes found out only at the merge."""
    pairs = [(one, other) for place, one in enumerate(tracks) for other in tracks[place + 1 :]]
    shared = [(one.slug, other.slug) for one, other in pairs if set(one.scope.owned) & set(other.scope.owned)]
    return [{"a": one, "b": other, "consequence": "serialise"} for one, other in shared if chance.random() < 0.5]
