"""How big work is by the figures of seed 004: its points, levels and agents, each just below and at its edge."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.sizing import (
    Sizing,
    agents_of,
    are_one,
    level_of,
    modules,
    parents,
    points,
    shared_percent,
    too_wide,
    total,
)
from orchestrator_tui.plan.catalogue import load_workflows

WAVES = load_workflows(None, None).workflows["waves"]
RULES = WAVES.sizing
ROLES = WAVES.sessions.roles

TABLE = {
    "feature simple": "2-3/3-4/2-3/2/1",
    "feature moderate": "4-5/5-6/4-5/3-4/2",
    "feature complex": "5-6/6/5-6/4/2",
    "deep simple": "3-4/4-6/3-4/3/2",
    "deep moderate": "5-6/6-8/5-6/4-5/2-3",
    "deep complex": "6-8/8-10/6-8/6/3-4",
}
"""Seed 004's table, from discovery to finalization."""


def named(count: int, directories: int = 1) -> frozenset[str]:
    """So many files in so many directories."""
    return frozenset(f"src/d{number % directories}/f{number}.py" for number in range(count))


@pytest.mark.parametrize(
    ("bounds", "one", "two"), [(RULES.files, 6, 16), (RULES.directories, 2, 4), (RULES.issues, 2, 4)]
)
def test_each_measure_gives_a_point_at_its_first_bound_and_a_second_at_the_next(
    bounds: tuple[int, ...], one: int, two: int
) -> None:
    """[004-151]"""
    assert [points(count, bounds) for count in (0, 1, one - 1, one, two - 1, two, 99)] == [0, 0, 0, 1, 1, 2, 2]


def test_the_points_of_all_measures_are_added() -> None:
    """[004-151]"""
    assert total(RULES, 5, 1, 1) == 0
    assert total(RULES, 6, 1, 1) == total(RULES, 5, 2, 1) == total(RULES, 5, 1, 2) == 1
    assert total(RULES, 16, 4, 4) == 6


def test_work_is_moderate_from_two_points_on_and_complex_from_four() -> None:
    """[004-151]"""
    levels = [level_of(RULES, score) for score in range(7)]
    assert levels == ["simple", "simple", "moderate", "moderate", "complex", "complex", "complex"]
    assert level_of(Sizing(), 6) == ""


def test_directories_are_told_apart_by_their_first_parts() -> None:
    """[004-151] What is nested below one of them is of that one."""
    files = ("src/auth/a.py", "src/auth/deep/b.py", "src/api/c.py", "src/d.py", "e.py")
    assert modules(files, RULES.depth) == (".", "src", "src/api", "src/auth")
    assert parents(files) == (".", "src", "src/api", "src/auth", "src/auth/deep")


@pytest.mark.parametrize(
    ("depth", "apart"),
    [(0, (".",)), (1, ("src",)), (2, ("src/api", "src/auth")), (3, ("src/api/v1", "src/api/v2", "src/auth"))],
)
def test_so_many_parts_tell_directories_apart_and_not_one_more(depth: int, apart: tuple[str, ...]) -> None:
    """[004-151] The depth of the workflow is 2: just below it two parts of the product are one, just above three."""
    files = ("src/api/v1/a.py", "src/api/v2/b.py", "src/auth/c.py")
    assert modules(files, depth) == apart
    assert (modules(files, RULES.depth) == apart) is (depth == 2)


@pytest.mark.parametrize("row", TABLE)
def test_each_wave_has_the_agents_of_the_table(row: str) -> None:
    """[004-152]"""
    kind, level = row.split()
    found = [agents_of(RULES, kind, level, ROLES, role, 0) for role in ROLES]
    told = [f"{one[0]}-{one[1]}" if one[0] < one[1] else f"{one[1]}" for one in found if one is not None]
    assert "/".join(told) == TABLE[row]


def test_no_wave_has_more_agents_than_the_session_allows_whatever_the_table_says() -> None:
    """[004-152] Just above the cap, at it, and below it."""
    caps = (11, 10, 9, 8, 7)
    given = [agents_of(RULES, "deep", "complex", ROLES, "Impl-Core", cap) for cap in caps]
    assert given == [(8, 10), (8, 10), (8, 9), (8, 8), (7, 7)]


def test_what_is_not_in_the_table_is_nobodys_word() -> None:
    assert agents_of(RULES, "housekeeping", "simple", ROLES, "Impl-Core", 0) is None
    assert agents_of(RULES, "feature", "simple", ROLES, "housekeeping", 0) is None


@pytest.mark.parametrize(
    ("files", "directories", "wide"), [(6, 3, True), (5, 3, False), (6, 2, False), (7, 4, True), (5, 5, False)]
)
def test_a_track_is_too_wide_at_six_files_in_three_directories(files: int, directories: int, wide: bool) -> None:
    """[004-153]"""
    assert too_wide(RULES, named(files, directories)) is wide


@pytest.mark.parametrize(("both", "of", "one"), [(5, 10, False), (6, 10, True), (51, 100, True), (50, 100, False)])
def test_two_tracks_are_one_when_they_share_more_than_half_of_their_files(both: int, of: int, one: bool) -> None:
    """[004-154]"""
    a = frozenset(f"f{number}" for number in range(of))
    b = frozenset(f"f{number}" for number in range(both))
    c = b | {f"g{number}" for number in range(of - both)}
    assert are_one(RULES, a, c) is one
    assert are_one(RULES, c, a) is one
    assert shared_percent(a, c) == 100 * both // of


def test_sharing_counts_for_both_of_them() -> None:
    """[004-154] A small track that lies within a large one is not the large one's work."""
    assert not are_one(RULES, named(10), named(5))
    assert are_one(RULES, named(10), named(6))


def test_without_rules_nothing_is_too_wide_and_nothing_is_one() -> None:
    assert not too_wide(Sizing(), named(20, 9))
    assert not too_wide(Sizing(split_files=6), named(20, 9))
    assert not are_one(Sizing(), named(3), named(3))
    assert shared_percent((), ()) == 0
