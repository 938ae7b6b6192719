"""Stages as task files show them: what moved, what was jumped, what was skipped (DESIGN §4.1, seed 002)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import StageStatus
from tests.core.builders import LADDER, RULES, Ledger, fact, kinds

SUBJECT = "[WF-1] login (ladder-of-eight) — Stage 0/8"


def at(stage: Any, status: str = "in_progress", **fields: Any) -> Any:
    return fact("1", **{"subject": SUBJECT, "stage": stage, "stageStatus": status, **fields})


def watched(*stages: int) -> Ledger:
    """A track whose agent reported these stages, one after the other."""
    ledger = Ledger(rules=RULES)
    ledger.see(fact("1", subject=SUBJECT, status="pending"))
    for stage in stages:
        ledger.see(at(stage))
    return ledger


def strip(ledger: Ledger) -> str:
    return "".join(stage.status.value[0] for stage in ledger.track("login").stages)


def signals(ledger: Ledger) -> list[str]:
    return [signal.text for signal in ledger.batch.signals.values()]


def test_stages_run_one_after_the_other() -> None:
    """[002-04]"""
    ledger = watched()
    assert strip(ledger) == "pppppppp"
    for stage in range(1, 9):
        ledger.see(at(stage))
        assert strip(ledger) == "d" * (stage - 1) + "r" + "p" * (8 - stage)
        ledger.see(at(stage, "completed"))
        assert strip(ledger) == "d" * stage + "p" * (8 - stage)
    assert not ledger.batch.signals
    assert ledger.track("login").state.value == "done"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("in_progress", StageStatus.RUNNING),
        ("completed", StageStatus.DONE),
        ("gate_blocked", StageStatus.GATE),
        ("of a newer version", StageStatus.RUNNING),
        (None, StageStatus.RUNNING),
    ],
)
def test_the_status_of_a_stage(status: Any, shown: StageStatus) -> None:
    """[002-04]"""
    ledger = watched(1)
    ledger.see(at(1, status))
    assert ledger.track("login").stages[0].status is shown


@pytest.mark.parametrize(("first", "then", "jumped"), [(1, 3, "2"), (1, 5, "2, 3, 4"), (0, 2, "1"), (5, 8, "6, 7")])
def test_a_jump_without_a_persons_leave_is_recorded_and_signalled(first: int, then: int, jumped: str) -> None:
    """[002-03] What is observed is recorded, never refused; a jump raises ``stage_jumped``."""
    ledger = watched(*range(1, first + 1))
    ledger.see(at(then))
    assert ledger.track("login").stage == then
    (signal,) = ledger.batch.signals.values()
    assert (signal.kind, signal.track) == ("stage_jumped", "login")
    assert signal.text == f"login did not run stage {jumped}: it went from stage {first} to {then}"
    assert ledger.see(at(then)) == ()


def test_a_stage_that_a_person_let_it_skip_is_no_jump() -> None:
    ledger = watched(1, 2)
    ledger.must(Draft("stages_skipped", {"track": "login", "stages": [3], "by": "ann", "reason": "one line"}))
    ledger.see(at(4, skippedStages=[3]))
    assert strip(ledger) == "ddsrpppp"
    assert not ledger.batch.signals


def test_skipped_stages_without_a_persons_leave_are_recorded_and_signalled_once() -> None:
    """[002-25]"""
    ledger = watched(1, 2)
    ledger.see(at(4, skippedStages=[3]))
    assert strip(ledger) == "ddsrpppp"
    assert signals(ledger) == ["login did not run stage 3: its agent says that a person allowed it; we know of none"]
    assert ledger.see(at(4, skippedStages=[3])) == ()
    ledger.see(at(5, skippedStages=[3]))
    assert len(ledger.batch.signals) == 1


@pytest.mark.parametrize("stage", [None, 0, 4])
def test_what_was_skipped_before_it_was_watched_is_taken_as_told(stage: Any) -> None:
    ledger = Ledger(rules=RULES)
    ledger.see(at(stage, skippedStages=[3]))
    assert ledger.track("login").skipped_stages == (3,)
    assert ledger.see(at(stage, skippedStages=[3])) == ()
    assert not ledger.batch.signals


def test_what_plain_work_says_it_skipped_is_signalled() -> None:
    ledger = Ledger()
    ledger.see(fact("1"))
    ledger.see(fact("1", stage=4, skippedStages=[3]))
    assert ledger.track("task-1").skipped_stages == (3,)
    assert len(signals(ledger)) == 1
    assert ledger.see(fact("1", stage=4, skippedStages=[3])) == ()


def test_going_back_makes_the_later_stages_pending_again() -> None:
    """Seed 002: 3 → 2 after a rejected root cause."""
    ledger = watched(1, 2, 3)
    ledger.see(at(2))
    assert strip(ledger) == "drpppppp"
    ledger.see(at(3))
    assert strip(ledger) == "ddrppppp"
    assert not ledger.batch.signals


def test_earlier_stages_count_as_done_at_first_sight() -> None:
    ledger = Ledger(rules=RULES)
    ledger.see(at(4, "gate_blocked", skippedStages=[2]))
    assert strip(ledger) == "dsdgpppp"
    assert [stage.detail for stage in ledger.track("login").stages[:3]] == [
        "before it was watched",
        "",
        "before it was watched",
    ]
    assert not ledger.batch.signals


def test_a_stage_is_called_what_its_agent_calls_it() -> None:
    ledger = watched(1)
    ledger.see(at(1, stageName="Scope, really"))
    assert ledger.track("login").stages[0].name == "Scope, really"
    assert ledger.see(at(1, stageName="Scope, really")) == ()
    ledger.see(at(2))
    assert [stage.name for stage in ledger.track("login").stages[:2]] == ["Scope, really", "Plan"]


def test_stages_of_an_unknown_workflow_grow_as_they_are_told() -> None:
    ledger = Ledger()
    for stage in (1, 2, 3):
        ledger.see(fact("1", stage=stage, stageName=f"Step {stage}", stageStatus="in_progress"))
    assert [(stage.name, stage.status.value) for stage in ledger.track("task-1").stages] == [
        ("Step 1", "done"),
        ("Step 2", "done"),
        ("Step 3", "running"),
    ]


@pytest.mark.parametrize(
    ("given", "stage"),
    [
        (3, 3),
        ("3", 3),
        (3.0, 3),
        (True, 0),
        (-1, 0),
        (65, 0),
        ("three", 0),
        ("٣", 0),
        (3.5, 0),
        (10**30, 0),
        ([3], 0),
        ({"n": 3}, 0),
        (None, 0),
    ],
)
def test_a_stage_that_is_no_number_counts_as_not_told(given: object, stage: int) -> None:
    ledger = Ledger()
    ledger.see(fact("1", stage=given))
    assert ledger.track("task-1").stage == stage


def test_a_huge_subject_does_not_make_a_huge_ladder() -> None:
    ledger = Ledger()
    drafts = ledger.see(fact("1", subject="[WF-1] login — Stage 900/999: Last"))
    assert (len(drafts), ledger.track("login").stages) == (1, ())


def test_a_stage_moves_in_few_events() -> None:
    ledger = watched(1)
    assert kinds(ledger.see(at(2))) == ["stage_changed", "stage_changed", "track_reported"]


def test_the_ladder_is_taken_from_the_rules() -> None:
    assert [stage.name for stage in watched().track("login").stages] == [rule.name for rule in LADDER.stages]
