"""When a batch is worth running in parallel, and how large its waves may be: just below and just at each threshold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.plan import Plan, PlannedTrack, Scope
from orchestrator_tui.core.schedule.readiness import cap
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.conflicts import conflict_matrix
from orchestrator_tui.plan.tree import Tree
from orchestrator_tui.plan.verdict import verdict_of
from orchestrator_tui.plan.waves import waves_of
from tests.runtime.run.scene import WORKFLOW, Scene, track

FROM_THREE = replace(WORKFLOW, parallel_from=3, concurrency=5, waves="barrier")


def said(tracks: list[PlannedTrack], workflow: Workflow) -> tuple[str, str, int]:
    """The verdict of the check on these tracks."""
    plan = Plan("t", "w", "main", "", "/r", "/w", tuple(tracks))
    matrix = conflict_matrix(plan, Tree(()))
    verdict = verdict_of(plan, workflow, matrix, waves_of(plan, matrix, workflow.wave_size))
    return verdict.mode, verdict.why, verdict.width


def test_below_three_independent_tracks_it_is_sequential_and_says_why_and_in_which_order() -> None:
    """[003-004] [003-008] [003-011] [003-012] [003-106]"""
    two = [track("types"), track("view"), track("page", depends_on=("types",))]
    kind, why, width = said(two, FROM_THREE)
    assert (kind, width) == ("sequential", 1)
    assert why == "Sequential: only 2 of 3 tracks are independent, fewer than 3; order: types → view → page."
    assert cap(Scene(*two, workflow=FROM_THREE).ledger.batch) == 1


def test_at_three_independent_tracks_it_is_parallel_and_says_how_many_at_a_time() -> None:
    """[003-001] [003-008] [003-010] [003-014]"""
    five = [track(slug) for slug in "abcde"]
    bounded = replace(FROM_THREE, concurrency=3)
    assert said(five[:3], FROM_THREE) == ("parallel", "Parallel: 3 independent tracks of 3.", 3)
    assert said(five, bounded) == ("parallel", "Parallel: 5 independent tracks of 5, at most 3 at a time.", 3)
    assert cap(Scene(*five[:3], workflow=FROM_THREE).ledger.batch) == 5


def test_what_waits_for_one_another_or_writes_the_same_files_is_sequential() -> None:
    """[003-003] [003-102] [003-103]"""
    line = [track("a"), track("b", depends_on=("a",)), track("c", depends_on=("b",))]
    assert said(line, FROM_THREE)[0] == "sequential"
    assert said(line, WORKFLOW)[1] == "Sequential: each track waits for another one."
    same = [track(slug, scope=Scope(owned=("same.txt",))) for slug in "abc"]
    assert said(same, FROM_THREE)[1] == "Sequential: the tracks change the same files."
    assert said([track("a")], FROM_THREE)[1] == "Sequential: there is one track."


@pytest.mark.parametrize(("count", "sizes"), [(4, [4]), (5, [5]), (6, [5, 1]), (11, [5, 5, 1])])
def test_a_wave_of_more_than_five_is_split_into_sub_groups(count: int, sizes: list[int]) -> None:
    """[003-009] [003-013] [003-088] [003-107]"""
    plan = Plan("t", "w", "main", "", "/r", "/w", tuple(track(f"t{number:02}") for number in range(count)))
    assert [len(wave.tracks) for wave in waves_of(plan, (), 5)] == sizes


def test_never_more_agents_at_work_than_the_cap() -> None:
    """[003-107]"""
    scene = Scene(*(track(slug) for slug in "abcdefg"), workflow=replace(WORKFLOW, concurrency=5, parallel_from=3))
    most = 0
    for _ in range(80):
        scene.world.settle()
        running = scene.world.jobs.running()
        most = max(most, len(running))
        if not running:
            break
        scene.world.jobs.let(running[0])
    assert most == 5
    assert len(scene.ledger.batch.merged) == 7
