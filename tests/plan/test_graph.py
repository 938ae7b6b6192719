"""Dependencies: cycles are named, waves respect what they must, for any graph."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.plan import Plan, PlanLimits, PlannedTrack, Scope
from orchestrator_tui.plan.checked import NONE, SERIALISE, Pair
from orchestrator_tui.plan.conflicts import conflict_matrix
from orchestrator_tui.plan.estimate import estimate_of
from orchestrator_tui.plan.graph import cycles, ordered, reachable
from orchestrator_tui.plan.models_chain import ProjectModels
from orchestrator_tui.plan.tree import Tree
from orchestrator_tui.plan.verdict import verdict_of
from orchestrator_tui.plan.waves import readiness_of, waves_of
from tests.plan.samples import workflows

NAMES = [f"t{number}" for number in range(8)]
graphs = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), unique=True, max_size=4), max_size=8)


@st.composite
def plans(draw: st.DrawFn, *, acyclic: bool = False) -> Plan:
    count = draw(st.integers(0, 7))
    tracks = []
    for number in range(count):
        known = NAMES[:number] if acyclic else NAMES[:count]
        needed = draw(st.lists(st.sampled_from(known), unique=True, max_size=3)) if known else []
        owned = draw(st.lists(st.sampled_from(["a.py", "b.py", "c/**", "c/d.py"]), unique=True, max_size=2))
        track = PlannedTrack(
            NAMES[number],
            NAMES[number],
            "work",
            "small",
            scope=Scope(tuple(owned)),
            depends_on=tuple(one for one in needed if one != NAMES[number]),
            priority=draw(st.integers(0, 2)),
            wave=draw(st.sampled_from([0, 0, 0, 1, 2])),
        )
        tracks.append(track)
    return Plan("t", "small", "main", "", "/r", "", tuple(tracks), limits=PlanLimits(agents=draw(st.integers(0, 3))))


@given(graphs)
def test_a_cycle_is_one_and_every_knot_has_one(graph: dict[str, list[str]]) -> None:
    found = cycles(graph)
    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1 >= 2
        assert all(needed in graph[name] for name, needed in pairwise(cycle))
    without_loops = {name: [one for one in needed if one != name] for name, needed in graph.items()}
    knotted = {name for name in graph if name in reachable(without_loops, name)}
    assert {name for cycle in found for name in cycle} <= knotted
    assert bool(found) == bool(knotted)
    for name in knotted:
        assert any(name in reachable(graph, cycle[0]) for cycle in found)


@given(graphs)
def test_an_order_has_everything_once_and_needs_before_needing(graph: dict[str, list[str]]) -> None:
    order = ordered(graph)
    assert sorted(order) == sorted(graph)
    free = {name for name in graph if name not in reachable(graph, name)}
    clean = {name for name in free if not any(one in reachable(graph, one) for one in reachable(graph, name))}
    for name in clean:
        assert all(order.index(needed) < order.index(name) for needed in graph[name] if needed in graph)


def test_a_cycle_is_as_short_as_it_can_be() -> None:
    graph = {"a": ["b", "c"], "b": ["c"], "c": ["a"], "d": ["a"], "e": ["e"]}
    assert cycles(graph) == (("a", "c", "a"),)


def test_a_deep_chain_is_no_problem() -> None:
    graph = {f"n{number}": [f"n{number + 1}"] for number in range(5_000)}
    assert cycles({"n0": ["n1"], "n1": ["n0"]}) == (("n0", "n1", "n0"),)
    assert len(reachable(graph, "n0")) == 4_999


@given(plans(acyclic=True))
def test_waves_keep_apart_what_must_not_run_together(plan: Plan) -> None:
    matrix = conflict_matrix(plan, Tree(["a.py", "b.py", "c/d.py"]))
    waves = waves_of(plan, matrix)
    place = {slug: one.wave for one in waves for slug in one.tracks}
    assert sorted(place) == sorted(one.slug for one in plan.tracks)
    assert [one.wave for one in waves] == list(range(1, len(waves) + 1))
    for track in plan.tracks:
        assert all(place[needed] < place[track.slug] for needed in track.depends_on)
        if not track.scope.declared:
            assert list(place.values()).count(place[track.slug]) == 1
    for pair in matrix:
        assert pair.consequence != SERIALISE or place[pair.a] != place[pair.b]


@given(plans())
def test_why_a_track_waits_is_always_said(plan: Plan) -> None:
    matrix = conflict_matrix(plan, Tree(["a.py", "b.py", "c/d.py"]))
    waves = waves_of(plan, matrix)
    main = workflows()["small"]
    found = {one.track: one.why for one in readiness_of(plan, main, matrix, waves)}
    started = [slug for slug, why in found.items() if not why]
    tracks = {one.slug: one for one in plan.tracks}
    assert len(started) <= (plan.limits.agents or len(tracks))
    assert all(not [one for one in tracks[slug].depends_on if one in tracks] for slug in started)
    if len(started) > 1:
        assert all(tracks[slug].scope.declared for slug in started)
    apart = {frozenset((one.a, one.b)) for one in matrix if one.consequence == SERIALISE}
    assert not any(frozenset((a, b)) in apart for a in started for b in started if a != b)
    assert verdict_of(plan, main, matrix, waves).why.endswith(".")


def track(slug: str, *needed: str, files: tuple[str, ...] = ("x",), priority: int = 0) -> PlannedTrack:
    owned = tuple(f"{slug}/{one}" for one in files)
    return PlannedTrack(slug, slug, "work", "small", scope=Scope(owned), depends_on=needed, priority=priority)


def plan_of(*tracks: PlannedTrack, agents: int = 0) -> Plan:
    return Plan("t", "small", "main", "", "/r", "", tracks, limits=PlanLimits(agents=agents))


def whys(plan: Plan, workflow: str = "small") -> dict[str, str]:
    matrix = conflict_matrix(plan, Tree([]))
    waves = waves_of(plan, matrix)
    return {one.track: one.why for one in readiness_of(plan, workflows()[workflow], matrix, waves)}


def test_the_reasons_in_words() -> None:
    assert whys(plan_of(track("a"), track("b", "a"), track("c"), track("d"), agents=2)) == {
        "a": "",
        "c": "",
        "d": "over the cap of 2",
        "b": "waits for a to merge",
    }
    assert whys(plan_of(track("a"), track("b", files=()))) == {"a": "", "b": "runs alone: declares no files"}
    assert whys(plan_of(track("a", files=()), track("b"))) == {
        "a": "",
        "b": "waits for a, which runs alone: it declares no files",
    }
    shared = PlannedTrack("z", "z", "work", "small", scope=Scope(("a/x",)))
    assert whys(plan_of(track("a"), shared))["z"] == "waits for a: they change the same files"


def test_a_barrier_holds_back_the_next_wave() -> None:
    from orchestrator_tui.core.frozen import field_names
    from orchestrator_tui.core.workflow import Workflow

    small = workflows()["small"]
    values = {name: getattr(small, name) for name in field_names(Workflow)}
    barrier = Workflow(**{**values, "waves": "barrier"})
    second = PlannedTrack("b", "b", "work", "small", scope=Scope(("b",)), wave=2)
    plan = plan_of(track("a"), second)
    for workflow, why in ((small, ""), (barrier, "waits for wave 1")):
        found = readiness_of(plan, workflow, (), waves_of(plan, ()))
        assert [(one.track, one.wave, one.why) for one in found] == [("a", 1, ""), ("b", 2, why)]


def test_the_verdict_in_words() -> None:
    """[002-39]"""

    def said(plan: Plan) -> tuple[str, str]:
        matrix = conflict_matrix(plan, Tree([]))
        found = verdict_of(plan, workflows()["small"], matrix, waves_of(plan, matrix))
        return found.mode, found.why

    assert said(plan_of()) == ("none", "The batch's own stages divide the work into tracks.")
    assert said(plan_of(track("a"))) == ("single", "Sequential: there is one track.")
    assert said(plan_of(track("a"), track("b"))) == ("parallel", "Parallel: 2 independent tracks of 2.")
    assert said(plan_of(track("a"), track("b"), track("c", "a"), agents=2)) == (
        "parallel",
        "Parallel: 2 independent tracks of 3, at most 2 at a time.",
    )
    assert said(plan_of(track("a"), track("b", "a"), track("c", "a"))) == (
        "parallel",
        "Parallel: 1 independent track of 3, at most 2 at a time.",
    )
    assert said(plan_of(track("a"), track("b", "a"))) == ("sequential", "Sequential: each track waits for another one.")
    assert said(plan_of(track("a"), track("b"), agents=1)) == (
        "sequential",
        "Sequential: one track at a time is allowed.",
    )
    assert said(plan_of(track("a", files=()), track("b"))) == (
        "sequential",
        "Sequential: a declare no files, so each runs alone.",
    )
    shared = PlannedTrack("z", "z", "work", "small", scope=Scope(("a/x",)))
    assert said(plan_of(track("a"), shared)) == ("sequential", "Sequential: the tracks change the same files.")


def test_nothing_shared_is_said() -> None:
    assert conflict_matrix(plan_of(track("a"), track("b")), Tree([])) == (Pair("a", "b", NONE, "nothing shared"),)


@pytest.mark.parametrize(
    ("concurrency", "fleet", "first", "width", "why"),
    [
        (4, 2, 2, 4, "Parallel: 5 independent tracks of 5, 2 at a time, 4 once you allow more (fleet gate)."),
        (0, 2, 2, 5, "Parallel: 5 independent tracks of 5, 2 at a time, 5 once you allow more (fleet gate)."),
        (2, 2, 2, 2, "Parallel: 5 independent tracks of 5, at most 2 at a time."),
        (4, 0, 4, 4, "Parallel: 5 independent tracks of 5, at most 4 at a time."),
    ],
)
def test_the_verdict_says_what_is_at_work_before_a_person_allows_more(
    concurrency: int, fleet: int, first: int, width: int, why: str
) -> None:
    """[000-021]"""
    workflow = replace(workflows()["small"], concurrency=concurrency, fleet=fleet)
    plan = plan_of(*(track(slug) for slug in "abcde"))
    waves = waves_of(plan, ())
    found = verdict_of(plan, workflow, (), waves)
    assert (found.at_first, found.width, found.why) == (first, width, why)
    assert sum(not one.why for one in readiness_of(plan, workflow, (), waves)) == first
    told = estimate_of(plan, {"small": workflow}, waves, ProjectModels({}))
    assert (told.agents_first, told.agents) == (first, width)
