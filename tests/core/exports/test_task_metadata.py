"""Task files of a run: the source's own keys, and everything a coordinator needs to go on from them alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.exports.task_metadata import task_files
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.report.dashboard import strip
from orchestrator_tui.core.report.summary import batch_summary
from orchestrator_tui.core.rules import Rules
from tests.core.builders import Ledger
from tests.core.pipelines import BUG, BUILT_IN, PRD, Pipelines, at_work, over

GOLDEN = Path(__file__).with_name("golden") / "tasks"


def exported(ledger: Pipelines) -> dict[str, Any]:
    return {one.path: one.content for one in task_files(ledger.batch, ledger.now)}


@pytest.mark.parametrize("name", ["2.json", "4.json"])
def test_the_conflict_matrix_and_a_blocked_pipeline_are_the_sources_own(name: str) -> None:
    """[002-04] [002-06] [002-137] [002-139] [002-52]"""
    made = json.dumps(exported(at_work())[f"tasks/{name}"], ensure_ascii=False, indent=2) + "\n"
    assert made == (GOLDEN / name).read_text("utf-8")


def test_subjects_are_those_of_the_source() -> None:
    """[002-05] [002-156] [002-53] [002-54]"""

    def subjects(ledger: Pipelines) -> list[str]:
        return [one["subject"] for one in exported(ledger).values()]

    assert subjects(Pipelines()) == [
        "Orchestrator: Monitor all pipelines",
        "conflict-matrix",
        "[WF-1] profile-sharing (prd-to-pr) — Stage 0/8",
        "[WF-2] fix-auth-race (bug-to-pr) — Stage 0/8",
        "[WF-3] fix-typo (bug-to-pr) — Stage 0/8",
    ]
    assert subjects(at_work())[2:] == [
        "[WF-1] profile-sharing — Stage 4/8: Multi-Agent Implementation",
        "[WF-2] fix-auth-race — Stage 3/8: Fix Strategy Counsel",
        "[WF-3] fix-typo — Stage 8/8: Self-Healing Deploy",
    ]


def test_every_decision_is_logged_with_who_took_it_and_why() -> None:
    """[002-139] [002-81]"""
    files = exported(over())
    log = files["tasks/1.json"]["metadata"]["decisions"]
    assert [(one["track"], one["by"], one["decision"]) for one in log] == [
        ("fix-auth-race", "user", "redo"),
        ("fix-typo", "auto", "ship"),
        ("fix-typo", "user", "ship"),
    ]
    assert log[0]["rationale"] == "the cache outlives the lock"
    assert files["tasks/4.json"]["metadata"]["decisions"] == [log[0]]


def test_what_is_through_is_completed_and_what_is_lost_says_why() -> None:
    files = exported(over())
    assert [files[f"tasks/{number}.json"]["status"] for number in (3, 4, 5)] == ["pending", "completed", "completed"]
    assert files["tasks/3.json"]["metadata"]["problem"] == "3+ build failures"
    assert files["tasks/5.json"]["metadata"]["pr"] == "#12"
    assert files["tasks/4.json"]["metadata"]["deployed"] == {"dev": "healthy", "staging": "healthy"}


def awareness(files: dict[str, Any]) -> Ledger:
    """What somebody sees who has nothing but the files."""
    ledger = Ledger(rules=Rules({name: BUILT_IN[name].ladder for name in (PRD, BUG)}))
    facts = [
        TaskFact(
            source=f"task:{one['id']}",
            task_id=one["id"],
            subject=one["subject"],
            description=one["description"],
            status=one["status"],
            metadata=one["metadata"],
            mtime_ms=ledger.now.wall_ms,
        )
        for one in files.values()
    ]
    ledger.see(*facts)
    return ledger


def test_awareness_is_rebuilt_from_the_files_alone() -> None:
    """[002-08] [002-106] [002-107]"""
    ledger = at_work()
    seen = awareness(exported(ledger))
    before, after = (
        {one.slug: one for one in batch_summary(which.batch, which.now).tracks} for which in (ledger, seen)
    )
    for slug, track in before.items():
        waits = slug == "fix-auth-race"
        assert strip(after[slug], waits) == strip(track, waits)
        assert (after[slug].stage, after[slug].pr, after[slug].branch) == (track.stage, track.pr, track.branch)
    (asked,) = [one for one in seen.batch.gates.values() if one.state is GateState.OPEN]
    was = ledger.gate("cause")
    assert (asked.track, asked.question.question) == (was.track, was.question.question)
    assert [one.key for one in asked.question.options] == [one.key for one in was.question.options]
