"""The checklists: each item passes on good work, fails on one fault, and says what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.report.checklists import (
    FAIL,
    KNOWN_BATCH_ITEMS,
    KNOWN_TRACK_ITEMS,
    PASS,
    batch_checklist,
    track_checklist,
)
from orchestrator_tui.core.workflow import BATCH_GATE_ITEMS, TRACK_GATE_ITEMS
from tests.core.builders import MINUTE
from tests.core.run_builders import MERGED_SHA, PROVE, REVIEW, WORKFLOW, RunLedger, completed, running

NOTES = "agent-os/specs/2026-09-21-1413-limiter/notes.md"
"""A document of the track's own."""


def ready() -> RunLedger:
    """A track that has come to its gate, with nothing wrong."""
    ledger = running()
    ledger.build("limiter")
    ledger.review("limiter")
    ledger.enter("limiter", PROVE)
    ledger.checks("limiter")
    ledger.check("limiter", "suite")
    ledger.judge("limiter")
    return ledger


def of_track(ledger: RunLedger, slug: str = "limiter", **changes: Any) -> dict[str, tuple[str, str]]:
    workflow = replace(WORKFLOW, **changes) if changes else WORKFLOW
    return {
        name: (result, detail) for name, result, detail in track_checklist(ledger.batch, ledger.track(slug), workflow)
    }


def of_batch(ledger: RunLedger) -> dict[str, tuple[str, str]]:
    return {name: (result, detail) for name, result, detail in batch_checklist(ledger.batch)}


def failing(items: dict[str, tuple[str, str]]) -> list[str]:
    return [name for name, (result, _) in items.items() if result == FAIL]


def test_every_item_that_a_workflow_may_name_is_known() -> None:
    assert frozenset(TRACK_GATE_ITEMS) == KNOWN_TRACK_ITEMS
    assert frozenset(BATCH_GATE_ITEMS) == KNOWN_BATCH_ITEMS


def test_good_work_passes_every_item_in_the_order_of_the_workflow() -> None:
    items = of_track(ready())
    assert list(items) == list(WORKFLOW.track_gate)
    assert failing(items) == []
    assert all(detail for _, detail in items.values()), "every item says what it rests on"


def _inspect(**fields: Any) -> Callable[[RunLedger], None]:
    return lambda ledger: ledger.inspect("limiter", "src/api/limiter.py", "tests/api/test_it.py", **fields)


@pytest.mark.parametrize(
    ("item", "fault", "told"),
    [
        ("stages", lambda ledger: ledger.enter("limiter", REVIEW), "not done: 2 Review, 3 Prove: run them"),
        ("artefacts", _inspect(missing=["notes.md"]), "not found: notes.md: run the stage that makes them again"),
        ("tests_first", lambda ledger: ledger.inspect("limiter", "src/a.py"), "no test was added or changed: write"),
        ("checks", lambda ledger: ledger.check("limiter", "unit", "fail"), "unit (fail): fix what fails"),
        ("scope", _inspect(outside=["src/billing/x.py: is read-only"]), "src/billing/x.py: is read-only: take these"),
        ("findings", lambda ledger: ledger.find("limiter", "f-1", "concern", "slow"), "f-1 slow: settle them"),
        ("committed", _inspect(uncommitted=["src/api/app.py"]), "not committed: src/api/app.py: commit them"),
        ("committed", _inspect(commits=0), "no commit holds anything: look at the worktree and the log"),
        ("changes", lambda ledger: ledger.inspect("limiter", NOTES), "nothing but its own documents has changed: look"),
        ("worktree", lambda ledger: ledger.tree("docs", ledger.track("limiter").worktree), "shared with docs"),
        ("worktree", lambda ledger: ledger.tree("limiter", ledger.plan.repository), "it has no worktree of its own"),
        ("report", lambda ledger: ledger.begin("limiter"), "at work: a-limiter-3: wait for its end"),
    ],
)
def test_one_fault_fails_one_item_and_says_what_to_do(item: str, fault: Callable[[RunLedger], None], told: str) -> None:
    """[004-130] [000-032] [000-033] [000-034] [000-089] [000-104] [000-106]"""
    ledger = ready()
    fault(ledger)
    items = of_track(ledger)
    assert failing(items) == [item]
    assert items[item][1].startswith(told)


def test_a_stage_that_a_person_skipped_is_no_fault_and_neither_are_its_checks() -> None:
    ledger = running()
    ledger.build("limiter")
    ledger.must(Draft("stages_skipped", {"track": "limiter", "stages": [REVIEW, PROVE], "by": "ann"}))
    ledger.check("limiter", "suite")
    items = of_track(ledger)
    assert items["stages"] == (PASS, "skipped by a person: 2, 3")


def test_a_track_of_documents_needs_no_test() -> None:
    ledger = running()
    ledger.build("docs", "docs/limits.md", "docs/a.png")
    assert of_track(ledger, "docs")["tests_first"] == (PASS, "nothing but documents has changed")


def test_what_a_workflow_does_not_ask_for_passes() -> None:
    ledger = ready()
    ledger.inspect("limiter", "src/a.py")
    ledger.tree("docs", ledger.track("limiter").worktree)
    items = of_track(ledger, tests_first=False, worktree="batch")
    assert failing(items) == []


def test_nothing_is_taken_for_granted_before_anybody_has_looked() -> None:
    ledger = running()
    ledger.start("limiter")
    assert {"artefacts", "tests_first", "scope", "committed", "stages", "checks"} <= set(failing(of_track(ledger)))


def test_an_item_of_a_newer_version_fails_instead_of_passing_unseen() -> None:
    items = of_track(ready(), track_gate=("stages", "signed_off"))
    assert items["signed_off"][0] == FAIL
    ledger = running(batch_gate=("signed_off",))
    assert of_batch(ledger)["signed_off"][0] == FAIL


# --- the batch ---------------------------------------------------------------------------------------------


def finished() -> RunLedger:
    ledger = completed()
    ledger.must(Draft("report_written", {"path": "report.md"}))
    return ledger


def test_a_batch_that_came_through_passes_every_item() -> None:
    """[000-102] [000-105]"""
    items = of_batch(finished())
    assert list(items) == list(WORKFLOW.batch_gate)
    assert failing(items) == []
    assert items["tracks"][1] == "3 merged"
    assert items["worktrees"][1] == "3 are removed"


@pytest.mark.parametrize(
    ("item", "fault", "told"),
    [
        ("checks", lambda ledger: ledger.check(BATCH_TRACK, "suite", "fail", run="x"), "suite (fail): put it right"),
        ("scope", _inspect(outside=["src/billing/x.py"]), "limiter: src/billing/x.py: take these changes back"),
        ("findings", lambda ledger: ledger.find("limiter", "f-1"), "limiter f-1: settle them"),
        ("gates", lambda ledger: ledger.ask("docs"), "docs: Ship it or fix it?: answer them"),
        ("worktrees", lambda ledger: ledger.tree("docs"), "neither removed nor kept with a reason: docs"),
        ("summary", None, "is not written yet"),
    ],
)
def test_one_fault_of_a_batch_fails_its_item(item: str, fault: Callable[[RunLedger], None] | None, told: str) -> None:
    """[000-082] [000-102] [000-103] [000-105] [000-106]"""
    ledger = finished() if fault is not None else completed()
    if fault is not None:
        fault(ledger)
    items = of_batch(ledger)
    assert failing(items) == [item]
    assert items[item][1].startswith(told)


def test_an_open_blocker_of_a_track_that_is_done_without_a_merge_stands_like_any_other() -> None:
    """[000-105]"""
    ledger = completed(("fix-clock", "limiter"))
    ledger.must(Draft("report_written", {"path": "report.md"}))
    ledger.start("docs")
    ledger.find("docs", "f-1", "concern", "slow")
    ledger.find("docs", "f-2", "blocker", "anybody may read the keys")
    ledger.move("docs", "done")
    ledger.must(Draft("worktree_removed", {"track": "docs", "branch_removed": True}))
    assert of_batch(ledger)["findings"] == (FAIL, "docs f-2: settle them, or let a person accept them")
    ledger.close("docs", "f-2", "accepted")
    assert of_batch(ledger)["findings"] == (PASS, "none is open")


def test_a_check_that_passed_after_a_merge_and_fails_now_is_a_regression() -> None:
    """[000-105]"""
    ledger = finished()
    ledger.check("limiter", "merged: suite", run=MERGED_SHA)
    ledger.check(BATCH_TRACK, "suite", "fail")
    items = of_batch(ledger)
    assert failing(items) == ["checks", "regressions"]
    assert items["regressions"][1].startswith("passed before and fails now: suite: find the merge")


def test_the_check_after_the_last_merge_counts_until_the_batch_runs_its_own() -> None:
    ledger = running()
    ledger.ship("fix-clock")
    ledger.check("fix-clock", "merged: suite", "fail", run=MERGED_SHA)
    ledger.tick(MINUTE)
    ledger.check("limiter", "merged: suite", "pass", run=MERGED_SHA)
    assert of_batch(ledger)["checks"] == (PASS, "1 pass on the integration branch")


def test_a_track_that_was_not_merged_needs_a_reason() -> None:
    ledger = completed(("fix-clock", "limiter"))
    assert of_batch(ledger)["tracks"] == (FAIL, "docs (pending): finish them, or give them up with a reason")
    ledger.move("docs", "skipped")
    assert of_batch(ledger)["tracks"][1].startswith("ended without a reason: docs")
    other = completed(("fix-clock", "limiter"))
    other.move("docs", "skipped", "limiter was given up")
    assert of_batch(other)["tracks"] == (PASS, "2 merged, 1 ended otherwise with a reason")


def test_the_gate_that_asks_with_the_checklist_in_hand_is_no_open_question() -> None:
    ledger = finished()
    ledger.ask(BATCH_TRACK, kind="publish")
    assert of_batch(ledger)["gates"][0] == PASS


def test_a_worktree_that_is_kept_with_a_reason_is_settled() -> None:
    """[000-039]"""
    ledger = finished()
    ledger.tree("docs")
    ledger.must(Draft("worktree_kept", {"track": "docs", "why": "2 files are not committed"}))
    assert of_batch(ledger)["worktrees"] == (PASS, "kept with a reason: docs")
