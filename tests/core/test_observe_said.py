"""Stages that were heard of beside the task file: nothing between two looks is lost, and nothing is told twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.facts import StageSaid
from orchestrator_tui.core.observe_said import observe_said, shown_by
from orchestrator_tui.core.stage_said import payload, read_payload, said_by, said_in
from tests.core.builders import RULES, START, Ledger, fact

SUBJECT = "[WF-1] login (ladder-of-eight) — Stage 0/8"


def task(at: int, stage: int, status: str = "in_progress", **fields: Any) -> Any:
    """The task file as it is written so many milliseconds after the start."""
    return fact("1", START.plus(at), **{"subject": SUBJECT, "stage": stage, "stageStatus": status, **fields})


def update(at: int, stage: int | None, status: str | None = "in_progress", name: str = "") -> StageSaid:
    return StageSaid("task:1", stage, status, name, (), START.plus(at).wall_ms)


def watched(*stages: int) -> Ledger:
    """A track whose file showed these stages, ten milliseconds after one another."""
    ledger = Ledger(rules=RULES)
    ledger.see(fact("1", START, subject=SUBJECT, status="pending"))
    for stage in stages:
        ledger.see(task(10 * stage, stage))
    return ledger


def hear(ledger: Ledger, *heard: StageSaid) -> int:
    drafts = observe_said(ledger.batch, heard, ledger.now)
    ledger.must(*drafts)
    return len(drafts)


def strip(ledger: Ledger) -> str:
    return "".join(stage.status.value[0] for stage in ledger.track("login").stages)


def test_what_was_said_between_two_looks_is_no_jump() -> None:
    ledger = watched(1)
    hear(ledger, update(20, 1, "completed"), update(30, 2), update(40, 2, "completed"), update(50, 3))
    ledger.see(task(50, 3))
    assert strip(ledger) == "ddrppppp"
    assert not ledger.batch.signals


def test_it_is_taken_in_the_order_in_which_it_was_written() -> None:
    ledger = watched(1)
    hear(ledger, update(50, 3), update(30, 2))
    assert strip(ledger) == "ddrppppp"
    assert not ledger.batch.signals


def test_what_an_update_says_nothing_of_is_as_it_was() -> None:
    """Claude Code merges metadata: a status alone is that of the stage before, a stage alone keeps its status."""
    ledger = watched(1)
    hear(ledger, update(20, None, "completed"))
    assert strip(ledger) == "dppppppp"
    hear(ledger, update(30, 2, None))
    assert strip(ledger) == "ddpppppp"


def test_a_stage_that_really_was_jumped_is_signalled() -> None:
    ledger = watched(1)
    hear(ledger, update(20, 2), update(30, 5))
    ledger.see(task(30, 5))
    assert [signal.text for signal in ledger.batch.signals.values()] == [
        "login did not run stage 3, 4: it went from stage 2 to 5"
    ]


def test_a_stage_that_was_run_again_in_between_is_told() -> None:
    ledger = watched(1, 2, 3)
    first = ledger.track("login").stages[1].started_at
    ledger.tick(1_000)
    hear(ledger, update(100, 2), update(110, 3))
    assert strip(ledger) == "ddrppppp"
    again = ledger.track("login").stages[1].started_at
    assert first is not None
    assert again is not None
    assert again.wall_ms > first.wall_ms
    assert not ledger.batch.signals


def test_what_is_heard_after_the_file_has_shown_it_changes_nothing() -> None:
    ledger = watched(1, 2, 3)
    assert hear(ledger, update(10, 1), update(20, 2, "completed"), update(30, 3)) == 0


def test_what_is_heard_twice_changes_nothing() -> None:
    ledger = watched(1)
    said = (update(20, 2), update(30, 3))
    assert hear(ledger, *said) > 0
    assert hear(ledger, *said) == 0


def test_a_stage_that_is_heard_of_late_was_not_jumped() -> None:
    ledger = watched(1, 4)
    assert len(ledger.batch.signals) == 1
    hear(ledger, update(20, 2))
    assert strip(ledger) == "ddprpppp"
    assert ledger.track("login").stage == 4
    assert [signal.text for signal in ledger.batch.signals.values()] == [
        "login did not run stage 3: it went from stage 1 to 4"
    ]
    hear(ledger, update(30, 3))
    assert strip(ledger) == "dddrpppp"
    assert not ledger.batch.signals
    assert hear(ledger, update(20, 2), update(30, 3)) == 0


def test_what_is_heard_late_of_a_stage_that_nobody_missed_changes_nothing() -> None:
    ledger = watched(1, 2, 3)
    ledger.see(task(100, 2))
    assert hear(ledger, update(30, 3), update(35, 5)) == 0


def test_a_task_that_nobody_has_seen_yet_is_left_to_its_first_sight() -> None:
    assert hear(Ledger(rules=RULES), update(10, 2)) == 0


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ((), 0),
        ((update(10, 2), update(20, 3)), 2),
        ((update(10, 2), update(20, 3), update(60, 4)), 2),
        ((update(60, 2), update(70, 3), update(80, 4)), 2),
        ((update(60, 2), update(70, 3, None)), 2),
        ((update(60, 4),), 0),
    ],
)
def test_which_updates_a_file_shows(heard: tuple[StageSaid, ...], shown: int) -> None:
    """By its time; a file system whose clock is behind is known by what the file says."""
    assert shown_by(watched(1).track("login"), heard, task(50, 3)) == shown


@given(st.data())
def test_however_looks_and_updates_fall_nothing_is_called_jumped(data: st.DataObject) -> None:
    """An agent that runs every stage; the holder hears of every update, and sees only some of the files."""
    ledger = Ledger(rules=RULES)
    ledger.see(fact("1", START, subject=SUBJECT, status="pending"))
    updates = [(stage, status) for stage in range(1, 9) for status in ("in_progress", "completed")]
    waiting: list[StageSaid] = []
    for number, (stage, status) in enumerate(updates, 1):
        waiting.append(update(10 * number, stage, status))
        if data.draw(st.booleans(), label=f"look {number}") or number == len(updates):
            # Some of them may be heard of a second time, by another way.
            again = data.draw(st.lists(st.sampled_from(waiting)), label=f"again {number}")
            hear(ledger, *waiting)
            hear(ledger, *again)
            ledger.see(task(10 * number, stage, status))
            waiting = []
    assert strip(ledger) == "dddddddd"
    assert not ledger.batch.signals


# --- what an update says -----------------------------------------------------------------------------------


def test_what_an_update_says() -> None:
    said = said_by(fact("1", START, subject="", stage=3, stageStatus="completed", stageName="Counsel"))
    assert said == StageSaid("task:1", 3, "completed", "Counsel", (), START.wall_ms)
    assert said_by(fact("1", START, subject="", stageStatus=None)) == StageSaid(
        "task:1", None, "", wall_ms=START.wall_ms
    )
    assert said_by(fact("1", START, subject="", progress="at it")) is None
    by_subject = said_by(fact("1", START, subject="[WF-1] login (ladder-of-eight) — Stage 2/8: Plan"))
    assert by_subject == StageSaid("task:1", 2, None, "Plan", (), START.wall_ms)


def test_what_a_whole_task_says() -> None:
    assert said_in(task(0, 3, "gate_blocked")) == StageSaid("task:1", 3, "gate_blocked", "", (), START.wall_ms)
    assert said_in(fact("1", START, subject="", stage=2)) == StageSaid("task:1", 2, "", wall_ms=START.wall_ms)
    assert said_in(fact("1", START)) is None


def test_a_request_tells_what_was_said() -> None:
    said = StageSaid("task:1", 3, None, "Counsel", (1, 2), 7)
    assert read_payload(payload(said)) == said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"source": 7}, "source"),
        ({"wall_ms": True}, "wall_ms"),
        ({"wall_ms": "7"}, "wall_ms"),
        ({"stage": 65}, "stage"),
        ({"stage": "3"}, "stage"),
        ({"status": "asleep"}, "status"),
        ({"skipped": 3}, "skipped"),
        ({"skipped": [True]}, "skipped"),
    ],
)
def test_a_request_that_makes_no_sense(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_payload({**payload(StageSaid("task:1", 3, None)), **changes})
