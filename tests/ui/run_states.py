"""States of runs for the tests of the screens, each a fold of the events that a real run records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import State
from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.queries import GateKey, TrackKey
from orchestrator_tui.core.schedule.turn import ask_spend
from orchestrator_tui.plan.checked import Checked, checked_data
from tests.ui.run_plan import BATCH as BATCH
from tests.ui.run_plan import CHECKED as CHECKED
from tests.ui.run_plan import PLAN, STAGES, WORKFLOW
from tests.ui.run_plan import TITLE as TITLE
from tests.ui.run_plan import TRACKS as TRACKS
from tests.ui.run_plan import planned as planned
from tests.ui.states import ago


class Story:
    """What happens to one run, event by event; each may be told with the moment at which it happened."""

    def __init__(self, batch: str = BATCH) -> None:
        self.batch = batch
        self.events: list[Event] = []
        self.at = ago(hours=1, minutes=7)

    def happen(self, kind: str, at: Instant | None = None, /, **payload: Any) -> None:
        """One more event; without a moment, at that of the one before."""
        self.at = at or self.at
        self.events.append(Event(self.batch, len(self.events) + 1, self.at, kind, "host", 1, payload))

    def state(self) -> State:
        """What all of it has led to."""
        return fold(self.events)

    def begin(self, plan: Plan = PLAN, *, checked: Checked = CHECKED) -> Story:
        """The batch is opened and its plan recorded and checked."""
        self.happen("batch_opened", title=plan.title, kind="run", workflow=plan.workflow, repository=plan.repository)
        self.happen("plan_recorded", plan=to_data(plan))
        self.happen("workflow_recorded", workflow=WORKFLOW.name, rules=to_data(WORKFLOW))
        self.happen("plan_checked", checked=checked_data(checked))
        chosen = checked.estimate.models
        models, sources = ({role: getattr(one, name) for role, one in chosen.items()} for name in ("model", "source"))
        self.happen("models_chosen", models=models, sources=sources)
        self.add(PlannedTrack("batch", plan.title, "batch", plan.workflow), stages=[])
        for one in plan.tracks:
            self.add(one, wave=2 if one.depends_on else 1)
        return self

    def add(self, one: PlannedTrack, *, wave: int = 1, stages: list[Any] | None = None) -> None:
        """A track of the plan is added."""
        ladder = [[stage.index, stage.name] for stage in STAGES] if stages is None else stages
        told = {"track": one.slug, "title": one.title, "kind": one.kind, "workflow": one.workflow}
        self.happen("track_added", **told, wave=wave, stages=ladder)
        self.happen("track_planned", track=one.slug, planned=to_data(one))

    def start(self, at: Instant) -> Story:
        """Plan and cost are approved, and the batch runs."""
        self.happen("batch_moved", at, to="approved", by="ada")
        self.happen("batch_moved", to="running")
        self.ready("batch", branch="orch/checkout")
        return self

    def ready(self, slug: str, *, branch: str = "") -> None:
        """A track gets its worktree."""
        path = f"/shop-worktrees/checkout/{slug}"
        named = branch or f"orch/{self.batch}/{slug}"
        self.happen("worktree_ready", track=slug, path=path, branch=named, base_sha="4f2c1aa9d04e")

    def move(self, slug: str, *states: str, why: str = "") -> None:
        """A track goes through states."""
        for to in states:
            self.happen("track_moved", track=slug, to=to, why=why)

    def stage(self, slug: str, stage: int, at: Instant | None = None, **fields: Any) -> None:
        """A track enters a stage, after those before it are done."""
        self.happen("stage_entered", at, track=slug, stage=stage, **fields)

    def done(self, slug: str, stage: int, at: Instant | None = None, detail: str = "") -> None:
        """A stage is done."""
        self.happen("stage_changed", at, track=slug, stage=stage, status="done", detail=detail)

    def attempt(self, slug: str, stage: int, number: int, at: Instant | None = None, **fields: Any) -> str:
        """An attempt starts; its id."""
        name = f"a-{slug}-{stage}-1-{number}"
        fields.setdefault("purpose", "implement")
        fields.setdefault("role", "implementer")
        fields.setdefault("model", "claude-opus-4-1-20250805")
        fields.setdefault("tier", "deep")
        self.happen("attempt_started", at, track=slug, attempt=name, stage=stage, number=number, **fields)
        return name

    def ended(self, slug: str, attempt: str, at: Instant | None = None, **fields: Any) -> None:
        """An attempt ends."""
        fields.setdefault("outcome", "done")
        fields.setdefault("exit_code", 0)
        self.happen("attempt_ended", at, track=slug, attempt=attempt, **fields)

    def cost(self, slug: str, dollars: float) -> None:
        """What a track cost so far."""
        self.happen("cost_recorded", track=slug, cost_usd=dollars)

    def ask(self, gate: str, track: str, kind: str, question: str, at: Instant | None = None, **fields: Any) -> None:
        """A gate of the engine opens."""
        fields.setdefault("risk", "low")
        listed = [{"key": key, "label": label, "role": role} for key, label, role in fields.pop("options", ())]
        told = {"gate": gate, "revision": 1, "digest": "d" * 64, "track": track, "kind": kind, "question": question}
        self.happen("gate_opened", at, **told, source="engine", routes=["engine"], options=listed, **fields)


@cache
def waiting_plan() -> State:
    """The plan is checked; the gate of what it costs waits, as the engine asks it."""
    story = Story().begin()
    for draft in ask_spend(story.state().batches[BATCH]):
        story.happen(draft.kind, ago(0, 42), **draft.payload)
    return story.state()


@cache
def running() -> State:
    """Half way: two tracks are merged, others are in every state that a run knows, and three gates wait."""
    story = Story().begin().start(ago(62))
    for one in TRACKS[:6]:
        story.move(one.slug, "preparing")
        story.ready(one.slug)
        story.move(one.slug, "running")
        story.stage(one.slug, 1, ago(62))
        story.ended(one.slug, story.attempt(one.slug, 1, 1, role="tester", purpose="tests"), ago(58), cost_usd=0.2)
        story.done(one.slug, 1, detail="tests first")
        story.stage(one.slug, 2)
    _merged(story)
    _working(story)
    _conflicting(story)
    _failing(story)
    _waiting(story)
    return story.state()


def _merged(story: Story) -> None:
    story.ended("fix-typo", story.attempt("fix-typo", 2, 1), ago(52), cost_usd=0.3)
    for stage in (2, 3, 4, 5):
        story.done("fix-typo", stage)
    story.cost("fix-typo", 0.62)
    items = [["tests pass", "PASS", ""], ["nothing outside of its scope", "PASS", ""]]
    story.happen("checklist_recorded", track="fix-typo", items=items)
    story.move("fix-typo", "verifying", "approved", "merging")
    story.happen("merge_recorded", track="fix-typo", result="merged", head="11aa22bb33", to_sha="8f31c2e90b11")
    story.move("fix-typo", "merged")
    story.happen("worktree_removed", track="fix-typo", branch_removed=True)


def _working(story: Story) -> None:
    """cart-totals is at its second try, rate-limit in review, fix-auth-race revises for the second time."""
    first = story.attempt("cart-totals", 2, 1, ago(20))
    story.ended("cart-totals", first, ago(9), cost_usd=1.4, turns=31, summary="totals are rounded per line")
    story.happen("check_recorded", track="cart-totals", name="tests", result="fail", detail="2 of 41 fail", run="c-1")
    story.happen(
        "stage_judged", track="cart-totals", stage=2, verdict="rejected", problems=["tests fail: 2 of 41", "lint fails"]
    )
    story.attempt("cart-totals", 2, 2, ago(8))
    story.cost("cart-totals", 2.15)
    story.happen("activity_seen", ago(0, 2), track="cart-totals", text="Edit cart/sum.py")

    story.ended("rate-limit", story.attempt("rate-limit", 2, 1, ago(30)), ago(12), cost_usd=1.1)
    story.happen("check_recorded", track="rate-limit", name="tests", result="pass", detail="214 pass", run="c-2")
    story.done("rate-limit", 2, ago(11), detail="214 tests")
    story.move("rate-limit", "verifying", "in_review")
    story.stage("rate-limit", 3)
    story.attempt("rate-limit", 3, 1, ago(4), purpose="review", role="reviewer", model="claude-sonnet-4-5-20250929")
    story.cost("rate-limit", 1.31)
    story.happen("activity_seen", ago(0, 11), track="rate-limit", text="Read limits/bucket.py")

    slug = "fix-auth-race"
    for round_number, minutes in ((1, 40), (2, 18)):
        story.ended(slug, story.attempt(slug, 2, round_number, ago(minutes)), ago(minutes - 6), cost_usd=0.9)
        story.move(slug, "verifying", "in_review")
        story.stage(slug, 3)
        review = story.attempt(slug, 3, round_number, purpose="review", role="reviewer")
        finding = {"severity": "blocker", "title": "the lock is a symptom, the cache is the cause"}
        place = {"file": "src/session/refresh.py", "line": 41, "by": "reviewer"}
        story.happen("finding_added", track=slug, finding=f"f{round_number}", **finding, **place)
        story.ended(slug, review, ago(minutes - 9), verdict="REQUIRES_REWORK", cost_usd=0.4)
        story.happen("stage_judged", track=slug, stage=3, verdict="rework", problems=["the cache is the cause"])
        story.move(slug, "revising")
        story.stage(slug, 2, from_stage=3, why="the review wants rework")
    story.attempt(slug, 2, 3, ago(5), tier="deep")
    story.cost(slug, 3.48)
    story.happen("activity_seen", ago(0, 47), track=slug, text="Bash make test")


def _conflicting(story: Story) -> None:
    slug = "pay-webhook"
    story.ended(slug, story.attempt(slug, 2, 1, ago(44)), ago(31), cost_usd=2.6)
    for stage in (2, 3, 4):
        story.done(slug, stage, ago(30 - stage))
    story.move(slug, "verifying", "approved", "merging")
    story.cost(slug, 4.10)
    files = ["src/routes.py"]
    story.happen("merge_recorded", ago(7), track=slug, result="conflict", head="9d1e0b4c55aa", files=files)
    story.ask(
        f"conflict-{slug}-4-1",
        slug,
        "conflict",
        "pay-webhook and fix-typo change the same line of src/routes.py. How shall it go on?",
        ago(6, 40),
        risk="check",
        stage=4,
        subject=CONFLICT,
        context="An agent tried once to bring both together; the tests failed afterwards.",
        options=(
            ("retry", "let an agent try once more", ""),
            ("fix", "I have resolved it in the worktree by hand", "approve"),
            ("abandon", "give pay-webhook up", "reject"),
        ),
        recommendation="retry",
    )


CONFLICT: Mapping[str, Any] = {
    "files": ["src/routes.py"],
    "head": "9d1e0b4c55aa",
    "tip": "8f31c2e90b11",
    "sides": {
        "src/routes.py": (
            "<<<<<<< orch/checkout\n"
            'add("/pay", handlers.pay, limit=10)\n'
            "=======\n"
            'add("/pay", webhook.pay)\n'
            ">>>>>>> pay-webhook\n"
        )
    },
}


def _failing(story: Story) -> None:
    slug = "pdf-export"
    for number, minutes in ((1, 50), (2, 38), (3, 26)):
        model = "claude-opus-4-1-20250805" if number == 3 else "claude-sonnet-4-5-20250929"
        name = story.attempt(slug, 2, number, ago(minutes), tier="deep" if number == 3 else "standard", model=model)
        story.ended(slug, name, ago(minutes - 10), outcome="failed", exit_code=1, cost_usd=0.9, summary="fonts missing")
        ran = {"command": "make test", "duration_ms": 41_000, "run": f"p{number}"}
        story.happen("check_recorded", track=slug, name="tests", result="fail", detail="fonts missing", **ran)
        story.happen("stage_judged", track=slug, stage=2, verdict="rejected", problems=["tests fail: fonts missing"])
    story.cost(slug, 3.02)
    story.happen("stage_changed", track=slug, stage=2, status="failed", detail="3 tries failed")
    told = {"trigger": "no progress in 3 looks", "action": "a fresh agent", "outcome": "failed again"}
    story.happen("rescue_recorded", ago(20), track=slug, number=1, rationale="its tests were red for 20 min", **told)
    files = {"files": ["src/pdf/out.py", "setup.cfg"], "outside": ["setup.cfg"], "added": 210, "removed": 12}
    story.happen("work_inspected", track=slug, inspection="i-1", head="77fe01ab", commits=2, **files)
    story.move(slug, "escalated")
    story.ask(
        f"cap-{slug}-2-1",
        slug,
        "cap",
        "pdf-export failed 3 times at Implement. How shall it go on?",
        ago(1, 50),
        risk="failure",
        stage=2,
        context="Each try ended with the same failure: fonts missing.",
        options=(
            ("retry", "try again with an instruction", ""),
            ("skip", "skip this stage", "skip"),
            ("abandon", "give pdf-export up", "reject"),
        ),
        recommendation="retry",
    )
    story.happen("worktree_kept", track=slug, why="2 commits are merged nowhere", disk_bytes=48_000_000)


def _waiting(story: Story) -> None:
    story.move("search-index", "queued", why="3 of 3 agents are at work")
    story.happen("track_paused", ago(3), track="audit-log", why="by you", by="ada")


@cache
def ended() -> State:
    """Everything is integrated; whether it goes onto the base branch is asked."""
    story = Story().begin().start(ago(62))
    for one in TRACKS:
        if one.slug == "pdf-mail":
            story.move(one.slug, "skipped", why="pdf-export failed")
            continue
        story.move(one.slug, "preparing", "running")
        story.ready(one.slug)
        failed = one.slug == "pdf-export"
        for stage in range(1, 2 if failed else 6):
            story.done(one.slug, stage)
        story.cost(one.slug, 2.0)
        if failed:
            story.happen("stage_changed", track=one.slug, stage=2, status="failed", detail="3 tries failed")
            story.move(one.slug, "failed", why="3 tries failed")
        else:
            story.happen("merge_recorded", track=one.slug, result="merged", to_sha="8f31c2e90b11")
            story.move(one.slug, "merged")
    items = [["all checks pass", "PASS", ""], ["every track is merged", "FAIL", "pdf-export: retry it or leave it out"]]
    story.happen("checklist_recorded", ago(2), track="batch", items=items)
    story.happen("batch_moved", to="awaiting_user")
    story.happen("report_written", path="/shop/.orch/report.md")
    story.ask(
        "publish-batch-0-1",
        "batch",
        "publish",
        "Bring 7 merged tracks onto main?",
        ago(1),
        risk="check",
        subject={"head": "8f31c2e90b11", "base": "4f2c1aa9d04e", "onto": "main"},
        options=(("approve", "publish onto main", "publish"), ("reject", "leave main as it is", "reject")),
    )
    return story.state()


def track_key(slug: str) -> TrackKey:
    """The identity of a track of the run."""
    return TrackKey(BATCH, slug)


def gate_key(gate: str) -> GateKey:
    """The identity of a gate of the run."""
    return GateKey(BATCH, gate)
