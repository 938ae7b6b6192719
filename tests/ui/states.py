"""Hand-made states for the tests of the screens: "Checkout hardening" as its pictures are drawn, and odd ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orchestrator_tui.core.event import Event
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import (
    Activity,
    Batch,
    Decision,
    DeliveryStep,
    Gate,
    GateState,
    Liveness,
    Option,
    Question,
    Risk,
    Stage,
    StageStatus,
    State,
    Track,
    TrackState,
)
from orchestrator_tui.core.queries import GateKey, TrackKey
from orchestrator_tui.core.records import Attempt, Check

BATCH = "checkout"
ZONE = UTC
_START = int(datetime(2026, 8, 1, 14, 3, 2, tzinfo=UTC).timestamp() * 1000)
NOW = Instant(_START, 90_000_000, "boot-1")

PRD_TO_PR = (
    "Generate PRD",
    "Shape the Plan",
    "Plan Refinement Counsel",
    "Multi-Agent Implementation",
    "Simplification Pass",
    "Create PR + Codex Review",
    "Copilot Feedback Review",
    "Self-Healing Deploy",
)
BUG_TO_PR = (
    "Bug Report",
    "Root Cause Analysis",
    "Fix Plan Counsel",
    "Implement the Fix",
    "Simplification Pass",
    "Create PR + Codex Review",
    "Copilot Feedback Review",
    "Self-Healing Deploy",
)


def ago(minutes: int = 0, seconds: int = 0, *, hours: int = 0) -> Instant:
    """A moment before :data:`NOW`."""
    return NOW.plus(-1000 * (seconds + 60 * (minutes + 60 * hours)))


def ladder(names: Sequence[str], stage: int, status: StageStatus) -> tuple[Stage, ...]:
    """Stages of which those before ``stage`` are done, and that one has ``status``."""
    done = StageStatus.DONE
    return tuple(
        Stage(index, name, done if index < stage else (status if index == stage else StageStatus.PENDING))
        for index, name in enumerate(names, start=1)
    )


def track(slug: str, stage: int, status: StageStatus, *, kind: str = "feature", **fields: Any) -> Track:
    """A track of the batch; its state follows its stage."""
    names = BUG_TO_PR if kind == "bug" else PRD_TO_PR
    fields.setdefault("state", TrackState.RUNNING)
    return Track(
        batch=BATCH,
        slug=slug,
        title=slug.replace("-", " "),
        kind=kind,
        stages=ladder(names, stage, status),
        stage=stage,
        **fields,
    )


def gate(slug: str, question: str, *, asked: Instant, risk: Risk = Risk.LOW, **fields: Any) -> Gate:
    """An open gate of a track; fields of its question may be given beside its own."""
    named = {name: fields.pop(name) for name in tuple(fields) if name in Question.__dataclass_fields__}
    recommendation = named.pop("recommendation", fields.pop("recommended", None))
    fields.setdefault("routes", ("hook",))
    return Gate(
        batch=BATCH,
        id=fields.pop("id", f"{slug}/gate"),
        revision=fields.pop("revision", 1),
        digest="d" * 64,
        track=slug,
        question=Question(kind=named.pop("kind", "task"), question=question, recommendation=recommendation, **named),
        risk=risk,
        risk_why=fields.pop("risk_why", ""),
        state=fields.pop("state", GateState.OPEN),
        asked_at=asked,
        opened_at=asked,
        source="task",
        recommendation=recommendation,
        **fields,
    )


def options(*labels: str) -> tuple[Option, ...]:
    """Options keyed by a, b, c …"""
    return tuple(Option(chr(ord("a") + place), label) for place, label in enumerate(labels))


DEPLOY = gate(
    "pay-webhook",
    "Deploy 9d1e0b4 to production?",
    asked=ago(6, 40),
    risk=Risk.PRODUCTION,
    revision=2,
    stage=8,
    environment="production",
    context=(
        "Staging has been healthy for 14 min.\n"
        "Migration 0042 adds a column; it cannot be rolled back once rows are written."
    ),
    options=(
        Option("a", "deploy now", "deploy"),
        Option("b", "deploy without the migration", "deploy"),
        Option("c", "stop here and keep staging", "reject"),
    ),
    subject={"head": "9d1e0b4", "diff": {"added": 312, "removed": 40}},
    stale_count=1,
    stale_level=1,
    stale_at=ago(1, 40),
)
COUNSEL = gate(
    "fix-auth-race",
    "Reviewer B rejects the root cause: the lock is a symptom, the cache TTL is the cause.",
    asked=ago(1, 50),
    risk=Risk.FAILURE,
    stage=3,
    context="Reviewers A and C agree with B after round 2. Changing the plan drops requirement R3.",
    options=options("redo the root-cause analysis on the cache TTL", "keep the plan, add a TTL regression test"),
    free_text=True,
    recommendation="a",
    recommendation_why="it changes a requirement",
    confidence="low",
)
PERMISSION = gate(
    "profile-share",
    "Allow Bash: pnpm db:migrate --dev",
    asked=ago(0, 31),
    risk=Risk.UNKNOWN,
    kind="permission",
    options=options("allow once", "allow for this session", "deny"),
    subject={
        "tool": "Bash",
        "input": {"command": "pnpm db:migrate --dev", "description": "Apply the new column to the dev database"},
    },
)


def _pay_webhook() -> Track:
    done = track("pay-webhook", 8, StageStatus.GATE, cost_usd=4.10, pr="#41", progress="prod waits")
    told = (
        (250, 1, "prd.md"),
        (362, 1, "plan.md"),
        (585, 2, "approved, high"),
        (1880, 2, "214 tests ✓"),
        (331, 1, "−84 lines"),
        (492, 1, "PR #41, 2 findings fixed"),
        (120, 0, "none"),
        (727, 0, "dev ✓ staging ✓ prod waits"),
    )
    end = ago()
    stages: list[Stage] = []
    for stage, (seconds, _, detail) in reversed(tuple(zip(done.stages, told, strict=True))):
        start = end.plus(-1000 * seconds)
        running = stage.index == 8
        stages.insert(0, replace(stage, started_at=start, ended_at=None if running else end, detail=detail))
        end = start
    attempts = tuple(
        Attempt(f"{index}.{number}", index, "review" if index == 3 else "stage", (), "", ago(60))
        for index, (_, count, _) in enumerate(told, start=1)
        for number in range(count)
    )
    checks = (
        Check("CI", "pass", "214 checks", ago(20)),
        Check("staging", "pass", "14 min", ago(14)),
        Check("counsel", "pass", "high", ago(50)),
    )
    return replace(done, stages=tuple(stages), attempts=attempts, checks=checks)


def _tracks() -> tuple[Track, ...]:
    running = StageStatus.RUNNING
    return (
        _pay_webhook(),
        track("fix-auth-race", 3, StageStatus.GATE, kind="bug", cost_usd=1.22),
        track("profile-share", 4, running, cost_usd=2.87),
        track("cart-totals", 4, running, kind="bug", cost_usd=0.94, activity=Activity("Edit cart/sum.py", ago(0, 2))),
        track("rate-limit", 3, running, cost_usd=1.05, activity=Activity("reviewer B reads", ago(0, 11))),
        track("search-index", 2, running, cost_usd=0.60, activity=Activity("Bash pytest -q", ago(0, 47))),
        track(
            "legacy-export",
            4,
            running,
            cost_usd=1.31,
            liveness=Liveness.UNKNOWN,
            signs=("process",),
            reported_at=ago(11, 3),
        ),
        track("audit-log", 0, running, state=TrackState.PENDING, depends_on=("rate-limit",), wave=2),
        track(
            "fix-typo",
            9,
            running,
            kind="bug",
            state=TrackState.DONE,
            cost_usd=0.22,
            pr="#38",
            progress="dev 8f31c2e",
        ),
        track(
            "fix-tz",
            9,
            running,
            kind="bug",
            state=TrackState.DONE,
            cost_usd=0.48,
            pr="#39",
            progress="dev 1c0aa97",
        ),
        track("pdf-export", 4, StageStatus.FAILED, state=TrackState.FAILED, cost_usd=3.02, problem="3 builds failed"),
    )


def event(seq: int, at: Instant, event_kind: str, **payload: Any) -> Event:
    """An event of the batch."""
    return Event(BATCH, seq, at, event_kind, "cockpit", 1, payload)


def _cart_gate() -> Gate:
    decided = ago(2, 4)
    return gate(
        "cart-totals",
        "The build fails on a missing import.",
        asked=decided,
        risk=Risk.LOW,
        options=options("apply the import fix", "stop"),
        state=GateState.ACKNOWLEDGED,
        decision=Decision("d1", ("a",), "apply the import fix", "", "", "rules", "policy:build-fix-clear", decided),
        steps=(
            DeliveryStep("claimed", "hook", decided.plus(40), "hook 4711"),
            DeliveryStep("delivered", "hook", decided.plus(90), "printed"),
            DeliveryStep("acknowledged", "hook", decided.plus(200), "tool result taken"),
        ),
        closed_at=decided.plus(200),
    )


def _recent() -> tuple[Event, ...]:
    names = ("gate", "revision", "digest", "track", "kind", "question", "source", "risk")

    def opened(seq: int, at: Instant, one: Gate) -> Event:
        values = (one.id, one.revision, "", one.track, one.question.kind, one.question.question, "task", "low")
        return event(seq, at, "gate_opened", **dict(zip(names, values, strict=True)))

    return (
        event(
            101, ago(4, 42), "track_moved", track="fix-tz", to="merged", why="1c0aa97 into orch/checkout, 214 checks"
        ),
        event(
            102,
            ago(2, 4),
            "gate_decided",
            gate="cart-totals/gate",
            revision=1,
            digest="",
            decision="d1",
            options=["a"],
            label="apply the import fix",
            by="rules",
            origin="policy:build-fix-clear",
        ),
        opened(103, ago(1, 50), COUNSEL),
        opened(104, ago(0, 31), PERMISSION),
    )


def checkout() -> State:
    """The batch "Checkout hardening" at :data:`NOW`: three gates wait, one of them for production."""
    gates = (DEPLOY, COUNSEL, PERMISSION, _cart_gate())
    return State(
        {
            BATCH: Batch(
                id=BATCH,
                title="Checkout hardening",
                kind="run",
                state="running",
                workflow="prd-to-pr",
                started_at=ago(7, 45, hours=1),
                tracks={one.slug: one for one in _fixed(_tracks())},
                gates={one.id: one for one in gates},
                recent=_recent(),
                decided_by_person=7,
                decided_by_rule=5,
            )
        }
    )


def _fixed(tracks: Sequence[Track]) -> Sequence[Track]:
    """Finished tracks stand at their last stage."""
    return tuple(replace(one, stage=min(one.stage, len(one.stages))) for one in tracks)


def empty() -> State:
    """Nothing at all."""
    return State()


def with_gate(state: State, changed: Gate) -> State:
    """``state`` with one gate put in the place of the one with its id."""
    batch = state.batches[changed.batch]
    return State({**state.batches, batch.id: replace(batch, gates={**batch.gates, changed.id: changed})})


def with_track(state: State, changed: Track) -> State:
    """``state`` with one track put in the place of the one with its slug."""
    batch = state.batches[changed.batch]
    return State({**state.batches, batch.id: replace(batch, tracks={**batch.tracks, changed.slug: changed})})


def many(count: int) -> State:
    """A batch of ``count`` tracks, each at work."""
    tracks = tuple(
        track(f"track-{place:04d}", place % 8 + 1, StageStatus.RUNNING, activity=Activity("Bash make", ago(0, place)))
        for place in range(count)
    )
    base = checkout().batches[BATCH]
    return State({BATCH: replace(base, tracks={one.slug: one for one in tracks}, gates={}, recent=())})


def gate_key(one: Gate) -> GateKey:
    """The identity of a gate."""
    return GateKey(one.batch, one.id)


def track_key(slug: str) -> TrackKey:
    """The identity of a track of the batch."""
    return TrackKey(BATCH, slug)
