"""The silence clock beside everything else: other clocks, other agents, other limits, time that jumps (DESIGN §2.3)."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.silence import Sight, sign_words
from tests.core.builders import HOUR, MINUTE, NO_RULES, SECOND, START, Ledger, asking, fact, kinds, sign

NOTHING = Sight(signs={"task-1": ()})


def working() -> Ledger:
    """A track in stage 2 that has just reported."""
    ledger = Ledger()
    ledger.see(fact(stage=2, stageStatus="in_progress"))
    return ledger


def test_neither_clock_waits_for_the_other() -> None:
    """[002-01]"""
    ledger = Ledger()
    ledger.see(asking())
    found = []
    for second in range(1, 13 * 60):
        ledger.tick(SECOND)
        found += [(second, kind) for kind in kinds(ledger.due(NOTHING))]
    assert found == [
        (300, "gate_stale"),
        (600, "agent_asked"),
        (600, "message_sent"),
        (600, "gate_stale"),
        (720, "agent_liveness"),
    ]


def test_one_silent_agent_does_not_hide_another() -> None:
    ledger = working()
    ledger.tick(MINUTE)
    ledger.see(fact("2", stage=1, mtime=ledger.now))
    found = []
    for second in range(1, 601):
        ledger.tick(SECOND)
        found += [(second, one.payload["track"]) for one in ledger.due() if one.kind == "agent_asked"]
    assert found == [(540, "task-1"), (600, "task-2")]


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_step_of_the_wall_clock_asks_nobody(step: int) -> None:
    ledger = working()
    ledger.now = Instant(START.wall_ms + step, START.boot_ms + 10 * MINUTE - SECOND, START.boot_id)
    assert ledger.due(NOTHING) == ()
    ledger.now = ledger.now.plus(SECOND)
    assert kinds(ledger.due(NOTHING)) == ["agent_asked", "message_sent"]


def test_after_a_reboot_an_agent_is_asked_by_the_wall_clock() -> None:
    ledger = working()
    ledger.now = Instant(START.wall_ms + 10 * MINUTE, 1_000, "boot-2")
    assert kinds(policy(ledger.batch, NOTHING, NO_RULES, ledger.now)) == ["agent_asked", "message_sent"]


def test_limits_come_from_the_batch() -> None:
    ledger = Ledger(limits={"silent_ms": 30_000, "reply_ms": 5_000})
    ledger.see(fact(stage=1))
    ledger.tick(30 * SECOND)
    assert kinds(ledger.due(NOTHING)) == ["agent_asked", "message_sent"]
    ledger.tick(5 * SECOND)
    assert kinds(ledger.due(NOTHING)) == ["agent_liveness", "gate_opened"]


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (0, "process 0 s ago"),
        (119_999, "process 119 s ago"),
        (120_000, "process 2 min ago"),
        (HOUR, "process 60 min ago"),
    ],
)
def test_a_sign_in_words(age: int, words: str) -> None:
    assert sign_words(sign("process", age)) == words
