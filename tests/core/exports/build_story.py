"""A small build as a journal would tell it: one chunk done at the second try, one failed, one that waited for it."""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.plan import Plan, PlannedTrack, Scope
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.schedule.opening import planned
from orchestrator_tui.core.workflow import StageWork, Workflow
from tests.core.builders import Ledger

EXECUTE, REVIEW = 1, 2

WORKFLOW = Workflow(
    ladder=Ladder("build", "Build", "chunk", (StageRule(EXECUTE, "Execute"), StageRule(REVIEW, "Review"))),
    works=(
        StageWork(commits=False),
        StageWork(role="reviewer", reviews=True, writes=False, commits=False, back_to=EXECUTE),
    ),
    batch_ladder=Ladder("build", "Build", "batch", ()),
    models={"haiku": "haiku", "sonnet": "sonnet", "opus": "opus"},
    tiers=("haiku", "sonnet", "opus"),
    roles={"implementer": "sonnet", "reviewer": "sonnet"},
)

CHUNKS = (
    PlannedTrack(
        "c1",
        "csv writer",
        "chunk",
        "build",
        scope=Scope(owned=("src/csv.py",)),
        wave=1,
        tests=True,
        test_scope="quoting, empty set",
    ),
    PlannedTrack(
        "c2",
        "endpoint",
        "chunk",
        "build",
        scope=Scope(owned=("src/api/export.py",)),
        wave=2,
        depends_on=("c1",),
        tier="opus",
        tests=True,
        deep_review=True,
    ),
    PlannedTrack(
        "c3",
        "release note",
        "chunk",
        "build",
        scope=Scope(owned=("CHANGES.md",)),
        wave=2,
        depends_on=("c2",),
        tier="haiku",
    ),
)

PLAN = Plan(
    title="CSV export",
    workflow="build",
    base="main",
    integration="orch/b/integration",
    repository="/repository",
    worktrees="/trees",
    tracks=CHUNKS,
    describe="CSV export for invoices",
    outline="## Plan\n1. writer …",
    tests_required=True,
)


def begun() -> Ledger:
    """The build before anything was tried."""
    ledger = Ledger()
    ledger.must(*planned(PLAN, {"build": WORKFLOW}, {}))
    return ledger


def moved(ledger: Ledger, slug: str, *states: str) -> None:
    for state in states:
        ledger.must(Draft("track_moved", {"track": slug, "to": state}))


def entered(ledger: Ledger, slug: str, stage: int, **more: Any) -> None:
    ledger.must(Draft("stage_entered", {"track": slug, "stage": stage, **more}))


def tried(ledger: Ledger, slug: str, stage: int, number: int, outcome: str, summary: str, tier: str) -> None:
    """One attempt, begun and ended."""
    name = f"a-{slug}-{stage}-{len(ledger.track(slug).attempts) + 1}"
    told = {"track": slug, "attempt": name, "purpose": "implement", "argv": [], "cwd": "/trees/integration"}
    ledger.must(Draft("attempt_started", {**told, "stage": stage, "number": number, "tier": tier, "model": tier}))
    ledger.must(Draft("attempt_ended", {"track": slug, "attempt": name, "outcome": outcome, "summary": summary}))


def judged(ledger: Ledger, slug: str, stage: int, verdict: str, *problems: str) -> None:
    ledger.must(Draft("stage_judged", {"track": slug, "stage": stage, "verdict": verdict, "problems": list(problems)}))


def done(ledger: Ledger, slug: str, stage: int) -> None:
    ledger.must(Draft("stage_changed", {"track": slug, "stage": stage, "status": "done"}))


def found(ledger: Ledger, slug: str, severity: str, title: str, **more: Any) -> None:
    number = sum(len(one.findings) for one in ledger.batch.tracks.values()) + 1
    told = {"track": slug, "finding": f"f-{number}", "severity": severity, "title": title}
    ledger.must(Draft("finding_added", {**told, **more}))


def played() -> Ledger:
    """The build at its end."""
    ledger = begun()
    moved(ledger, "c1", "preparing", "running")
    entered(ledger, "c1", EXECUTE)
    tried(ledger, "c1", EXECUTE, 1, "done", "writer", "sonnet")
    done(ledger, "c1", EXECUTE)
    entered(ledger, "c1", REVIEW)
    tried(ledger, "c1", REVIEW, 1, "done", "", "sonnet")
    found(ledger, "c1", "blocker", "quotes are lost")
    entered(ledger, "c1", EXECUTE, from_stage=REVIEW, problems=["quotes are lost"])
    tried(ledger, "c1", EXECUTE, 1, "failed", "cannot", "sonnet")
    tried(ledger, "c1", EXECUTE, 2, "done", "writer + 7 tests", "sonnet")
    seen = {"track": "c1", "inspection": "i-1", "head": "abc", "files": ["src/csv.py"]}
    ledger.must(Draft("work_inspected", seen))
    ledger.must(Draft("check_recorded", {"track": "c1", "name": "unit", "result": "pass", "run": "a-c1-1-4"}))
    done(ledger, "c1", EXECUTE)
    entered(ledger, "c1", REVIEW)
    ledger.must(Draft("finding_closed", {"track": "c1", "finding": "f-1", "state": "fixed"}))
    where = {"detail": "a large invoice needs a stream", "file": "src/csv.py", "line": 12}
    found(ledger, "c1", "concern", "reads the whole file", **where)
    found(ledger, "c1", "nit", "a name of one letter")
    done(ledger, "c1", REVIEW)
    moved(ledger, "c1", "approved", "done")
    moved(ledger, "c2", "preparing", "running")
    entered(ledger, "c2", EXECUTE)
    for number, tier in ((1, "opus"), (2, "opus"), (3, "opus")):
        tried(ledger, "c2", EXECUTE, number, "failed", "no way to sign in", tier)
    judged(ledger, "c2", EXECUTE, "rejected", "auth helper missing")
    moved(ledger, "c2", "failed")
    moved(ledger, "c3", "skipped")
    found(ledger, "batch", "concern", "two ways to quote", about="c9")
    return ledger
