"""The five-minute clock of gates, with a clock moved by hand (seed 002, reliability A-7)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.commands import Snooze
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.queries import is_stale, stale_gates
from orchestrator_tui.core.silence import Sight
from tests.core.builders import BATCH, HOUR, MINUTE, NO_RULES, SECOND, START, Ledger, kinds, on_gate, opened


def waiting(**fields: Any) -> Ledger:
    ledger = Ledger()
    ledger.must(opened(**fields))
    return ledger


def stale(drafts: tuple[Draft, ...]) -> list[tuple[int, int]]:
    """Count and level of each warning."""
    assert set(kinds(drafts)) <= {"gate_stale"}
    return [(draft.payload["count"], draft.payload["level"]) for draft in drafts]


def warnings(ledger: Ledger, minutes: int) -> list[tuple[int, int, int]]:
    """The warnings of the next minutes, second by second: after how many seconds, count, level."""
    found = []
    for second in range(1, minutes * 60 + 1):
        ledger.tick(SECOND)
        found += [(second, count, level) for count, level in stale(ledger.due())]
    return found


def test_a_gate_is_stale_at_five_minutes_and_not_a_second_before() -> None:
    """[002-17] A-7: 5:00 ± 1 s."""
    ledger = waiting()
    ledger.tick(5 * MINUTE - SECOND)
    assert stale(ledger.due()) == []
    assert not is_stale(ledger.gate("g"), ledger.now, ledger.batch)
    ledger.tick(SECOND)
    assert stale_gates(ledger.state, ledger.now) == (ledger.gate("g"),)
    assert stale(ledger.due()) == [(1, 1)]
    assert stale(ledger.due()) == []
    gate = ledger.gate("g")
    assert (gate.stale_count, gate.stale_level, gate.stale_at) == (1, 1, ledger.now)


def test_a_gate_that_waited_before_it_was_seen_is_stale_at_once() -> None:
    """[002-20]"""
    ledger = Ledger(now=START.plus(6 * MINUTE))
    ledger.must(opened(asked_wall_ms=START.wall_ms))
    assert stale(ledger.due()) == [(1, 1)]
    assert stale(ledger.due()) == []


def test_warnings_repeat_every_five_minutes_and_rise_every_fifteen() -> None:
    """[002-93]"""
    assert warnings(waiting(), 40) == [
        (300, 1, 1),
        (600, 2, 1),
        (900, 3, 1),
        (1200, 4, 2),
        (1500, 5, 2),
        (1800, 6, 2),
        (2100, 7, 3),
        (2400, 8, 3),
    ]


def test_after_nine_repeats_one_warning_an_hour_is_enough() -> None:
    """[002-20]"""
    ledger = waiting()
    assert [second for second, _, _ in warnings(ledger, 50)] == [300 * number for number in range(1, 11)]
    assert [second for second, _, _ in warnings(ledger, 150)] == [3600, 7200]
    assert ledger.gate("g").stale_count == 12


@pytest.mark.parametrize("minutes", [5, 20, 60])
def test_a_snooze_restarts_the_clock(minutes: int) -> None:
    ledger = waiting()
    warnings(ledger, 30)
    assert ledger.carry_out(Snooze(BATCH, "g", minutes * MINUTE)) is None
    assert not is_stale(ledger.gate("g"), ledger.now, ledger.batch)
    again = warnings(ledger, minutes + 16)
    assert again == [
        (minutes * 60, 1, 1),
        (minutes * 60 + 300, 2, 1),
        (minutes * 60 + 600, 3, 1),
        (minutes * 60 + 900, 4, 2),
    ]


def test_a_gate_snoozed_before_it_was_stale_is_stale_when_the_snooze_ends() -> None:
    ledger = waiting()
    ledger.tick(4 * MINUTE)
    assert ledger.carry_out(Snooze(BATCH, "g", 10 * MINUTE)) is None
    assert [second for second, _, _ in warnings(ledger, 11)] == [600]


def test_a_second_snooze_replaces_the_first() -> None:
    ledger = waiting()
    ledger.tick(5 * MINUTE)
    assert ledger.carry_out(Snooze(BATCH, "g", 60 * MINUTE)) is None
    ledger.tick(MINUTE)
    assert ledger.carry_out(Snooze(BATCH, "g", 5 * MINUTE)) is None
    assert [second for second, _, _ in warnings(ledger, 6)] == [300]


@pytest.mark.parametrize("minutes", [0, 4, 61, 10_000])
def test_a_snooze_lasts_five_to_sixty_minutes(minutes: int) -> None:
    assert waiting().carry_out(Snooze(BATCH, "g", minutes * MINUTE)) == "snooze for 5 to 60 minutes"


def test_a_changed_question_begins_its_own_five_minutes() -> None:
    ledger = waiting()
    ledger.tick(6 * MINUTE)
    ledger.due()
    ledger.must(opened(revision=2, digest="digest-2"))
    assert [second for second, _, _ in warnings(ledger, 6)] == [300]


@pytest.mark.parametrize("ending", ["gate_decided", "gate_withdrawn", "gate_cancelled", "gate_answered_elsewhere"])
def test_only_an_open_gate_is_stale(ending: str) -> None:
    ledger = waiting()
    ledger.tick(5 * MINUTE)
    ledger.due()
    ledger.must(on_gate(ending))
    ledger.tick(HOUR)
    assert "gate_stale" not in kinds(policy(ledger.batch, Sight(), NO_RULES, ledger.now))
    assert stale_gates(ledger.state, ledger.now) == ()


def test_a_production_gate_is_warned_of_and_never_ends_by_itself() -> None:
    """[002-16]"""
    ledger = waiting(risk="production")
    found = warnings(ledger, 70)
    assert found[0] == (300, 1, 1)
    ledger.tick(30 * 24 * HOUR)
    assert kinds(ledger.due()) == ["gate_stale"]
    assert ledger.gate("g").state.value == "open"


def test_one_gate_does_not_wait_for_another() -> None:
    """[002-01]"""
    ledger = waiting()
    ledger.tick(2 * MINUTE)
    ledger.must(opened("h"))
    found = []
    for second in range(1, 400):
        ledger.tick(SECOND)
        found += [(second, draft.payload["gate"]) for draft in ledger.due()]
    assert found == [(180, "g"), (300, "h")]


def test_limits_come_from_the_batch() -> None:
    ledger = Ledger(limits={"gate_stale_ms": 60_000, "gate_repeat_ms": 30_000, "gate_level_ms": 30_000})
    ledger.must(opened())
    assert warnings(ledger, 2) == [(60, 1, 1), (90, 2, 2), (120, 3, 3)]


# --- clocks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [-HOUR, HOUR, 365 * 24 * HOUR, -START.wall_ms])
def test_a_step_of_the_wall_clock_does_not_count(step: int) -> None:
    ledger = waiting()
    ledger.now = Instant(START.wall_ms + step, START.boot_ms + 5 * MINUTE - SECOND, START.boot_id)
    assert ledger.due() == ()
    ledger.now = Instant(START.wall_ms + step, START.boot_ms + 5 * MINUTE, START.boot_id)
    assert stale(ledger.due()) == [(1, 1)]


def test_time_in_suspend_counts() -> None:
    """The boot clock counts suspended time; one warning tells of it, not one for every five minutes slept."""
    ledger = waiting()
    ledger.tick(8 * HOUR)
    assert stale(ledger.due()) == [(1, 32)]
    assert stale(ledger.due()) == []


def test_after_a_reboot_the_wall_clock_is_all_there_is() -> None:
    ledger = waiting()
    ledger.now = Instant(START.wall_ms + 5 * MINUTE - SECOND, 20_000, "boot-2")
    assert ledger.due() == ()
    ledger.now = Instant(START.wall_ms + 5 * MINUTE, 21_000, "boot-2")
    assert stale(ledger.due()) == [(1, 1)]
    ledger.now = ledger.now.plus(5 * MINUTE)
    assert stale(ledger.due()) == [(2, 1)]


def test_a_wall_clock_that_went_back_over_a_reboot_makes_nothing_younger_than_new() -> None:
    ledger = waiting()
    ledger.now = Instant(START.wall_ms - HOUR, 20_000, "boot-2")
    assert ledger.due() == ()
