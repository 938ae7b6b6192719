"""The conflict matrix: what two tracks share, and what follows from it (seed 002, conflict scan)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.core.plan import Plan, PlannedTrack, Scope
from orchestrator_tui.plan.checked import (
    APPEND_ONLY,
    DEPLOY_QUEUE,
    JOURNALLED_BYTES,
    NONE,
    ORDER,
    SERIALISE,
    checked_data,
    journalled,
)
from orchestrator_tui.plan.conflicts import conflict_matrix, settled
from orchestrator_tui.plan.tree import Tree
from tests.plan.samples import FILES, checked


def track(slug: str, **scope: str) -> PlannedTrack:
    return PlannedTrack(
        slug, slug, "work", "small", scope=Scope(**{name: tuple(text.split()) for name, text in scope.items()})
    )


def pair(a: PlannedTrack, b: PlannedTrack) -> tuple[str, str]:
    (found,) = conflict_matrix(Plan("t", "small", "main", "", "/r", "", (a, b)), Tree(FILES))
    return found.consequence, found.why


A = track("a", owned="src/billing/dates.py")

CASES = [
    (A, track("b", owned="src/signup/**"), (NONE, "nothing shared")),
    (
        A,
        track("b", owned="src/billing/**"),
        (SERIALISE, "both change src/billing/dates.py, and no priority says whose it is"),
    ),
    (
        replace(A, priority=2),
        track("b", owned="src/billing/**"),
        (APPEND_ONLY, "src/billing/dates.py: a owns, b appends at the end"),
    ),
    (
        A,
        replace(track("b", owned="src/billing/**"), priority=1),
        (APPEND_ONLY, "src/billing/dates.py: b owns, a appends at the end"),
    ),
    (
        replace(track("a", owned="src/limits/**"), priority=2),
        track("b", owned="src/limits/**"),
        (
            SERIALISE,
            "both change src/limits/keys.py, src/limits/rates.py, src/limits/store.py and 1 more: too much to share",
        ),
    ),
    (
        replace(track("a", owned="new/**"), priority=2),
        track("b", owned="new/x.py"),
        (SERIALISE, "both change new/** ∩ new/x.py: too much to share"),
    ),
    (
        A,
        track("b", allowed="src/billing/dates.py"),
        (SERIALISE, "both change src/billing/dates.py, and no priority says whose it is"),
    ),
    (A, track("b", owned="*.md **/*.txt"), (NONE, "nothing shared")),
    (track("a", owned="src/new.py"), track("b", owned="src/*.md test_*.py"), (NONE, "nothing shared")),
    (
        track("a", owned="src/new"),
        track("b", owned="test_*.py"),
        (SERIALISE, "both change src/new ∩ test_*.py, and no priority says whose it is"),
    ),
    (
        track("a", owned="src/new.py"),
        track("b", owned="*.py"),
        (SERIALISE, "both change src/new.py ∩ *.py, and no priority says whose it is"),
    ),
    (A, track("b", owned="src/signup/**", read_only="src/billing/**"), (NONE, "nothing shared")),
    (
        track("a", owned="src/signup/**", append_only="CHANGELOG.md"),
        track("b", append_only="CHANGELOG.md"),
        (APPEND_ONLY, "CHANGELOG.md: both append at the end"),
    ),
    (
        track("a", owned="CHANGELOG.md"),
        track("b", append_only="CHANGELOG.md"),
        (APPEND_ONLY, "CHANGELOG.md: b appends at the end"),
    ),
    (A, replace(A, slug="b", depends_on=("a",)), (ORDER, "both change src/billing/dates.py, one after the other")),
    (
        A,
        replace(track("b", owned="src/signup/**"), depends_on=("a",)),
        (ORDER, "b starts when a is merged"),
    ),
    (
        replace(A, areas=("backend", "web")),
        replace(track("b", owned="src/signup/**"), areas=("backend",), priority=3),
        (ORDER, "both touch backend: merged one after the other"),
    ),
    (
        replace(A, deploy=("dev", "live")),
        replace(track("b", owned="src/signup/**"), deploy=("live",)),
        (DEPLOY_QUEUE, "both deploy to live: one at a time"),
    ),
]


@pytest.mark.parametrize(("a", "b", "expected"), CASES, ids=[why for _, _, (_, why) in CASES])
def test_what_two_tracks_share_and_what_follows(a: PlannedTrack, b: PlannedTrack, expected: tuple[str, str]) -> None:
    """[002-46] [002-47] [002-48]"""
    assert pair(a, b) == expected


def test_a_dependency_through_another_track_orders_too() -> None:
    """[002-48]"""
    tracks = (A, replace(track("b", owned="x"), depends_on=("a",)), replace(A, slug="c", depends_on=("b",)))
    matrix = conflict_matrix(Plan("t", "small", "main", "", "/r", "", tracks), Tree(FILES))
    assert [(one.a, one.b, one.consequence) for one in matrix] == [
        ("a", "b", ORDER),
        ("a", "c", ORDER),
        ("b", "c", ORDER),
    ]


def test_who_does_not_own_a_shared_file_may_only_append_to_it() -> None:
    """[002-137] [002-49]"""
    plan = Plan("t", "small", "main", "", "/r", "", (replace(A, priority=2), track("b", owned="src/billing/**")))
    found = settled(plan, conflict_matrix(plan, Tree(FILES)))
    assert found.tracks[0] == plan.tracks[0]
    assert found.tracks[1].scope == Scope(("src/billing/**",), append_only=("src/billing/dates.py",))
    assert settled(found, conflict_matrix(found, Tree(FILES))) == found


def test_everything_that_a_pair_shares_is_kept() -> None:
    a = replace(A, priority=1, deploy=("dev",), areas=("web",))
    b = replace(track("b", owned="src/billing/**"), deploy=("dev",), areas=("web",))
    (found,) = conflict_matrix(Plan("t", "small", "main", "", "/r", "", (a, b)), Tree(FILES))
    assert [one.consequence for one in found.clashes] == [APPEND_ONLY, ORDER, DEPLOY_QUEUE]
    assert found.files == ("src/billing/dates.py",)


def many(count: int, scope: str) -> str:
    tracks = "".join(f"  - {{slug: track-number-{n:03}, brief: x, priority: {n}, {scope % n}}}\n" for n in range(count))
    return f"title: t\nworkflow: small\nchecks: {{unit: make}}\ntracks:\n{tracks}"


def test_two_hundred_tracks_are_checked_and_fit_into_one_event(tmp_path: Path) -> None:
    found = checked(tmp_path, many(200, "files: ['src/%d/**'], append_only: [CHANGELOG.md], deploy: []"))
    data = journalled(found)
    assert data["left_out"]
    assert len(str(data).encode()) < JOURNALLED_BYTES * 1.1
    assert data["waves"] == checked_data(found)["waves"]
    assert data["verdict"] == checked_data(found)["verdict"]


def test_too_many_tracks_on_the_same_files_are_refused(tmp_path: Path) -> None:
    found = checked(tmp_path, many(24, "files: [src/limits/**], deploy: []%.0s"))
    text = "276 pairs of tracks change the same files; put what belongs together into one track"
    assert text in [one.message for one in found.problems]
    assert len([one for one in journalled(found)["matrix"] if one["consequence"] == SERIALISE]) == 276


def test_a_small_result_is_journalled_whole(tmp_path: Path) -> None:
    found = checked(tmp_path, many(3, "files: ['src/%d/**']"))
    assert journalled(found) == checked_data(found)


def test_a_track_that_is_there_already_is_never_made_to_append() -> None:
    """Its scope stands: by its agent it would never be heard of."""
    there, new = track("a", owned="README.md"), replace(track("b", owned="README.md"), priority=2)
    tracks = (there, new)
    plan = Plan("t", "small", "main", "", "/r", "", tracks)
    (found,) = conflict_matrix(plan, Tree(FILES), 1)
    assert found.consequence == SERIALISE
    assert found.why == "both change README.md, and a is there with leave to do so"
    (found,) = conflict_matrix(replace(plan, tracks=(replace(there, priority=3), new)), Tree(FILES), 1)
    assert found.consequence == APPEND_ONLY
    told = track("a", owned="README.md", append_only="README.md")
    (found,) = conflict_matrix(replace(plan, tracks=(told, new)), Tree(FILES), 2)
    assert found.consequence == APPEND_ONLY
