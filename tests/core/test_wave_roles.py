"""Roles of waves: the four maps of seed 004, the session of one wave, and which stages are for whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.session import Session
from orchestrator_tui.core.wave_roles import (
    changes_files,
    is_single,
    of_role,
    phase_of,
    placed,
    roles_in,
    wave_count,
    waves_by_role,
    waves_of_role,
)
from orchestrator_tui.plan.catalogue import load_workflows

WAVES = load_workflows(None, None).workflows["waves"]
RULES = WAVES.sessions
FIVE = ("Discovery", "Impl-Core", "Impl-Polish", "Quality", "Finalization")


def plan(*tracks: PlannedTrack, **session: object) -> Plan:
    made = Plan("t", "waves", "main", "i", "/r", "/w", tuple(tracks))
    return replace(made, session=Session(**session))  # type: ignore[arg-type]


def track(slug: str, role: str = "", **more: object) -> PlannedTrack:
    return PlannedTrack(slug, slug, "work", "waves", role=role, **more)  # type: ignore[arg-type]


def test_the_roles_are_those_of_the_seed() -> None:
    """[004-59]"""
    assert RULES.roles == FIVE


@pytest.mark.parametrize(
    ("count", "waves"),
    [
        (3, (("Discovery", "Impl-Core"), ("Impl-Polish", "Quality"), ("Finalization",))),
        (4, (("Discovery",), ("Impl-Core", "Impl-Polish"), ("Quality",), ("Finalization",))),
        (5, tuple((role,) for role in FIVE)),
    ],
)
def test_so_many_waves_hold_these_roles(count: int, waves: tuple[tuple[str, ...], ...]) -> None:
    """[004-60] [004-61] [004-62]"""
    assert waves_by_role(count, RULES) == waves


@pytest.mark.parametrize("count", [6, 7, 12])
def test_six_and_more_waves_give_implementation_two_each(count: int) -> None:
    """[004-63]"""
    assert [" + ".join(one) for one in waves_by_role(count, RULES)] == [
        "Discovery",
        "Impl-Core",
        "Impl-Core",
        "Impl-Polish",
        "Impl-Polish",
        "Quality + Finalization",
    ]
    assert waves_of_role("Impl-Core", count, RULES) == (2, 3)


def test_the_number_of_waves_is_the_plans_then_the_workflows_and_never_below_three() -> None:
    """[004-62] Just below the fewest, and just at it."""
    assert wave_count(plan(), RULES) == 5
    assert wave_count(plan(waves=4), RULES) == 4
    assert wave_count(plan(waves=3), RULES) == 3
    assert wave_count(plan(waves=2), RULES) == 3


def test_two_roles_of_one_wave_work_one_after_the_other() -> None:
    """[004-60]"""
    discovery, core = placed(plan(track("look", "Discovery"), track("build", "Impl-Core"), waves=3), RULES)
    assert (discovery.wave, core.wave) == (1, 1)
    assert phase_of(discovery, RULES) < phase_of(core, RULES)
    assert roles_in((core, discovery), RULES) == "Discovery+Impl-Core"


def test_what_builds_on_its_own_role_goes_into_that_roles_second_wave() -> None:
    """[004-63]"""
    first, second = track("a", "Impl-Core"), track("b", "Impl-Core", depends_on=("a",))
    assert [one.wave for one in placed(plan(first, second, waves=6), RULES)] == [2, 3]
    assert [one.wave for one in placed(plan(first, second, waves=5), RULES)] == [2, 2]


def test_a_track_without_a_role_implements_and_a_wave_that_the_plan_names_stays() -> None:
    one, two = placed(plan(track("a"), track("b", "Quality", wave=7)), RULES)
    assert (one.role, one.wave) == ("Impl-Core", 2)
    assert two.wave == 7


def test_a_role_without_tracks_keeps_its_number() -> None:
    """[004-64] The wave is left out; those after it are counted as before."""
    one, two = placed(plan(track("a", "Impl-Core"), track("z", "Finalization")), RULES)
    assert (one.wave, two.wave) == (2, 5)


def test_housekeeping_is_one_wave_whatever_the_plan_says() -> None:
    """[004-87]"""
    session = plan(track("a"), track("b", "Quality", wave=3), type="housekeeping", waves=5)
    assert is_single(session, RULES)
    assert wave_count(session, RULES) == 1
    assert [(one.role, one.wave) for one in placed(session, RULES)] == [("housekeeping", 1)] * 2


def test_each_role_goes_through_its_own_stages() -> None:
    """[004-02] Implementation is checked and reviewed; discovery and finalization are not reviewed."""

    def way(role: str) -> list[str]:
        return [one.name for one in WAVES.ladder.stages if of_role(track("a", role), WAVES, one.index)]

    assert way("Discovery") == ["Discover"]
    assert way("Impl-Core") == way("Impl-Polish") == ["Implement", "Check", "Review"]
    assert way("Quality") == ["Test", "Check", "Review"]
    assert way("Finalization") == ["Finalize", "Check"]
    assert way("housekeeping") == ["Tidy", "Check"]


def test_discovery_changes_no_file() -> None:
    """[004-67]"""
    assert not changes_files(track("a", "Discovery"), WAVES)
    assert all(changes_files(track("a", role), WAVES) for role in FIVE[1:])


def test_a_workflow_without_roles_is_left_as_it_is() -> None:
    tracks = load_workflows(None, None).workflows["tracks"]
    one = track("a")
    assert placed(plan(one), tracks.sessions) == (one,)
    assert wave_count(plan(), tracks.sessions) == 0
